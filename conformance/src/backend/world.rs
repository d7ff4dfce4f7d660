//! [`World`]: a transcript's setup as one of our own servers takes it: storage, accounts, settings. Every backend that runs
//! such a server begins with it, so that all of them show the same names, sizes and dates.

use crate::transcript::{Setting, Setup};
use ftp_core::action::StorageError;
use ftp_core::codec::Level;
use ftp_core::path::VirtualPath;
use ftp_core::server::{ServerConfig, VirtualHost};
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::storage::{Memory, Storage};
use ftp_host::tls::{AskClients, CertificateName};
use std::sync::Arc;
use std::time::Duration;

/// When everything was made: 2026-01-02T03:04:05Z.
pub const MADE: WallTime = WallTime { seconds: 1_767_323_045, nanos: 0 };

/// What a server of a transcript is made of.
pub struct World {
    /// The files.
    pub storage: Memory,
    /// Who may log in; all see the same files.
    pub accounts: FixedAccounts,
    /// The settings.
    pub config: ServerConfig,
    /// Connections begin with TLS.
    pub implicit_tls: bool,
    /// What is wanted of clients' certificates; `None`: nothing.
    pub ask_clients: Option<AskClients>,
}

impl World {
    /// Makes what the setup names.
    ///
    /// # Panics
    /// If the setup cannot be made: a path that is none, or a file where a directory is needed.
    pub fn new(setup: &Setup) -> Self {
        // A failed login is answered at once, so that transcripts need no `@advance` for it.
        let mut config = ServerConfig { failed_login_delay: Duration::ZERO, ..ServerConfig::default() };
        let mut storage = Memory::with_clock(|| MADE);
        let mut implicit_tls = false;
        let mut ask_clients = None;
        for setting in &setup.settings {
            match *setting {
                Setting::LoginTimeout(time) => config.login_timeout = time,
                Setting::IdleTimeout(time) => config.idle_timeout = time,
                Setting::AcceptTimeout(time) => config.accept_timeout = time,
                Setting::StallTimeout(time) => config.stall_timeout = time,
                Setting::FailedLoginDelay(time) => config.failed_login_delay = time,
                Setting::LoginAttempts(count) => config.login_attempts = count,
                Setting::LineLimit(bytes) => config.line_limit = bytes,
                Setting::Disabled(verb) => config.disabled.push(verb),
                Setting::MarkerInterval(bytes) => config.marker_interval = bytes,
                Setting::Deflate => config.deflate = Some(Level::default()),
                Setting::ProveUploads => config.prove_uploads = true,
                Setting::Capacity(bytes) => storage = storage.with_capacity(bytes),
                Setting::Tls(policy) => config.tls = policy,
                Setting::ImplicitTls => implicit_tls = true,
                Setting::DataResumption(resumption) => config.data_resumption = resumption,
                Setting::ClientCertificates(ask) => ask_clients = Some(ask),
                Setting::ClearControl => config.clear_control = true,
                Setting::HandshakeRefused425 => config.handshake_refused_425 = true,
            }
        }
        for name in &setup.hosts {
            config.hosts.push(VirtualHost { name: name.clone(), greeting: Some(format!("{name} ready.")) });
        }
        for node in &setup.tree {
            let made = VirtualPath::parse(&node.path).map_err(|_| StorageError::NameNotAllowed).and_then(|path| {
                match &node.content {
                    Some(content) => storage.put(&path, content, MADE),
                    None => storage.make_dir(&path),
                }
            });
            assert!(made.is_ok(), "{} cannot be made: {made:?}", node.path.escape_ascii());
        }
        for (call, error) in &setup.faults {
            storage.fail(*call, *error);
        }
        let mut accounts = FixedAccounts::new();
        for user in &setup.users {
            accounts = accounts.with(&user.name, &user.password, user.rights, Arc::new(storage.clone()));
            if let Some(host) = &user.host {
                accounts = accounts.on_host(host);
            }
            if let Some(name) = &user.certificate {
                accounts = accounts.certified(CertificateName::Name(name.clone()));
            }
            if let Some(account) = &user.account {
                accounts = accounts.requiring_account(account);
            }
        }
        Self { storage, accounts, config, implicit_tls, ask_clients }
    }
}
