//! [`ServerConfig`]: what an operator sets for every session.

use super::greet::VirtualHost;
use super::security::TlsPolicy;
use crate::action::Resumption;
use crate::codec::Level;
use crate::command::{Mode, Verb};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::time::Duration;

/// The settings of a server's sessions. One is shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// The text of the 220 greeting.
    pub greeting: String,
    /// The names that HOST may choose (RFC 7151). Where there is none, HOST is not served.
    pub hosts: Vec<VirtualHost>,
    /// The address that 227 names instead of the listener's own: the one the world sees before a NAT.
    pub public_address: Option<Ipv4Addr>,
    /// From the connection to a login.
    pub login_timeout: Duration,
    /// Without a command, once logged in; RFC 1123 4.1.3.2 asks for at least five minutes.
    pub idle_timeout: Duration,
    /// From a transfer command to its data connection.
    pub accept_timeout: Duration,
    /// A transfer that moves no byte for so long is broken; noticed within twice this time.
    pub stall_timeout: Duration,
    /// For the last reply to leave, and then for the peer to close its side.
    pub linger: Duration,
    /// Failed logins before the connection is closed (RFC 2577 5).
    pub login_attempts: u32,
    /// The wait before a failed login is answered (RFC 2577 5).
    pub failed_login_delay: Duration,
    /// The longest command line in bytes.
    pub line_limit: usize,
    /// The bytes past `line_limit` that one line may have before the connection is closed.
    pub overrun_limit: u64,
    /// Commands in a row that nobody understands before the connection is closed.
    pub bad_commands: u32,
    /// In MODE B and C a restart marker goes out after so many bytes of a file (RFC 959 3.5); 0: never.
    pub marker_interval: u64,
    /// MODE Z is served, and tries so hard unless a client sets another level (draft-preston-ftpext-deflate-04). Some clients
    /// choose it wherever FEAT has it, and any network but a slow one moves more bytes than a compressor makes.
    pub deflate: Option<Level>,
    /// An upload counts only if its end can be told from a cut: by its MODE or STRU, or by the size that ALLO announced. In
    /// MODE S and STRU F a connection that is closed in good order is otherwise the end of the file (RFC 959 3.4.1).
    pub prove_uploads: bool,
    /// What has to be under TLS.
    pub tls: TlsPolicy,
    /// Whether a private data connection has to belong to the TLS session of the control connection.
    pub data_resumption: Resumption,
    /// CCC is served: a client may go on in the clear once it is logged in. Whoever is on the way can then give commands
    /// in its name, which only a firewall that has to read them is worth.
    pub clear_control: bool,
    /// A private data connection that does not come to be is answered 425 rather than 522 (RFC 4217 10.2), which some
    /// clients do not know.
    pub handshake_refused_425: bool,
    /// For a handshake on the control connection.
    pub handshake_timeout: Duration,
    /// Commands that this server does not carry out although it could: they are answered 502, and neither FEAT nor HELP
    /// names them.
    pub disabled: Vec<Verb>,
}

impl ServerConfig {
    /// Is this command carried out?
    pub fn serves(&self, verb: Verb) -> bool {
        let on = match verb {
            Verb::Host => !self.hosts.is_empty(),
            Verb::Auth | Verb::Pbsz | Verb::Prot => self.tls != TlsPolicy::Off,
            Verb::Ccc => self.tls != TlsPolicy::Off && self.clear_control,
            _ => verb.row().served,
        };
        on && !self.disabled.contains(&verb)
    }

    /// Is this MODE served, where that command is?
    pub fn serves_mode(&self, mode: Mode) -> bool {
        mode != Mode::Deflate || self.deflate.is_some()
    }

    /// How the command is written, with what of its arguments is served.
    pub fn syntax(&self, verb: Verb) -> &'static str {
        match verb {
            Verb::Mode if !self.serves_mode(Mode::Deflate) => "MODE <sp> S|B|C",
            verb => verb.row().syntax,
        }
    }

    /// What FEAT says of the command (RFC 2389 3), if it is served and worth a line.
    pub fn feature(&self, verb: Verb) -> Option<&'static str> {
        let promised = self.serves(verb) && (verb != Verb::Mode || self.serves_mode(Mode::Deflate));
        verb.row().feature.filter(|_| promised)
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            greeting: String::from("ftpkit ready."),
            hosts: Vec::new(),
            public_address: None,
            login_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_mins(15),
            accept_timeout: Duration::from_mins(1),
            stall_timeout: Duration::from_mins(5),
            linger: Duration::from_secs(2),
            login_attempts: 5,
            failed_login_delay: Duration::from_secs(1),
            line_limit: 8192,
            overrun_limit: 1 << 16,
            bad_commands: 50,
            marker_interval: 8 << 20,
            deflate: None,
            prove_uploads: false,
            tls: TlsPolicy::Off,
            data_resumption: Resumption::Require,
            clear_control: false,
            handshake_refused_425: false,
            handshake_timeout: Duration::from_secs(30),
            disabled: Vec::new(),
        }
    }
}
