//! [`ServerTls`]: what of a server is under TLS, and the certificate that it shows: the operator's, or one that it made for
//! itself and keeps.

use crate::cli::{ClientCertificateMode, ServeOptions, TlsMode};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::state;
use ftp_core::server::TlsPolicy;
use ftp_host::tls::{AskClients, Certificates, Fingerprint, SelfSigned, TlsServer};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The TLS of `ftpkit serve`.
pub(crate) struct ServerTls {
    /// What has to be under TLS.
    pub(crate) policy: TlsPolicy,
    /// Of the certificate that the server made for itself: whoever compares it knows the server.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// What its sessions are told.
    pub(crate) server: Arc<TlsServer>,
    files: Files,
}

/// Where certificates and keys are.
#[derive(Clone)]
struct Files {
    pairs: Vec<Pair>,
    clients: Option<Clients>,
}

/// A certificate and its key.
#[derive(Clone)]
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

/// What is in the files of a pair.
type Read = (Vec<u8>, Vec<u8>);

/// Who certifies clients.
#[derive(Clone)]
struct Clients {
    authorities: PathBuf,
    ask: AskClients,
}

impl ServerTls {
    /// As the options have it. Where nothing is said, passwords that cross a network are what decides.
    ///
    /// # Errors
    /// [`Failure`], if there is no certificate to be had.
    pub(crate) fn new(options: &ServeOptions) -> Result<Option<Self>, Failure> {
        let policy = policy(options);
        if policy == TlsPolicy::Off {
            return Ok(None);
        }
        let clients = options.tls_client_ca.clone().map(|authorities| Clients {
            authorities,
            ask: match options.tls_client {
                ClientCertificateMode::Offer => AskClients::Offer,
                ClientCertificateMode::Require => AskClients::Require,
            },
        });
        let own = options.tls_cert.is_empty();
        let pairs = if own { vec![Pair::kept(&options.listen)?] } else { pairs(&options.tls_cert, &options.tls_key)? };
        let files = Files { pairs, clients };
        let server = files.load()?;
        let fingerprint = server.certificates().fingerprint().filter(|_| own);
        let server = Arc::new(if options.tls_lenient_end { server.trusting_ends() } else { server });
        Ok(Some(Self { policy, fingerprint, server, files }))
    }

    /// As it is written on the command line.
    pub(crate) const fn mode(&self) -> &'static str {
        match self.policy {
            TlsPolicy::Off => "off",
            TlsPolicy::Offer => "offer",
            TlsPolicy::RequireLogin => "require",
            TlsPolicy::RequireData => "require-data",
        }
    }

    /// The same as a sentence.
    pub(crate) const fn promise(&self) -> &'static str {
        match self.policy {
            TlsPolicy::Off => "There is no TLS.",
            TlsPolicy::Offer => "Clients may use TLS.",
            TlsPolicy::RequireLogin => "Nobody logs in without TLS.",
            TlsPolicy::RequireData => "Nobody logs in and nothing is moved without TLS.",
        }
    }

    /// Reads the certificate anew. Sessions that run keep theirs; if the new one is of no use, the old one stays.
    pub(crate) fn reload(&self, console: Console) {
        self.files.reload(&self.server, console);
    }

    /// Reads it anew whenever its files change, as long as the program runs.
    pub(crate) fn watch(&self, console: Console) {
        let (files, server) = (self.files.clone(), Arc::clone(&self.server));
        let look = move || {
            let mut seen = files.changed();
            loop {
                thread::sleep(LOOK);
                let now = files.changed();
                // Twice the same: whoever writes them is done.
                if now != seen && now.is_some() {
                    thread::sleep(LOOK / 10);
                    if files.changed() == now {
                        files.reload(&server, console);
                        seen = now;
                    }
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("certificate".into()).spawn(look) {
            console.warning(&format!("the certificate is read anew on SIGHUP only: {error}"));
        }
    }
}

/// Which key belongs to which certificate: as they stand in order. Some keep both in one file.
fn pairs(certificates: &[PathBuf], keys: &[PathBuf]) -> Result<Vec<Pair>, Failure> {
    if !keys.is_empty() && keys.len() != certificates.len() {
        let why = format!("there are {} certificates and {} keys", certificates.len(), keys.len());
        return Err(Failure::new(Exit::Usage, "cannot use the certificates", why)
            .with_remedy("give --tls-key once for each --tls-cert, in the same order, or not at all"));
    }
    let keys = if keys.is_empty() { certificates } else { keys };
    let pairs = certificates.iter().zip(keys);
    Ok(pairs.map(|(certificate, key)| Pair { certificate: certificate.clone(), key: key.clone() }).collect())
}

impl Pair {
    /// That of the certificate that the server made for itself, which it does if they are not there.
    fn kept(listen: &[SocketAddr]) -> Result<Self, Failure> {
        let dir = state::directory("tls")?;
        let files = Self { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
        if !files.certificate.exists() || !files.key.exists() {
            files.make(listen).map_err(|error| {
                Failure::new(Exit::Disk, format!("cannot keep a certificate in {}", dir.display()), error)
            })?;
        }
        Ok(files)
    }

    fn make(&self, listen: &[SocketAddr]) -> Result<(), Box<dyn std::error::Error>> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        names
            .extend(rustix::system::uname().nodename().to_str().ok().filter(|name| is_host_name(name)).map(Into::into));
        names.extend(listen.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()));
        names.sort_unstable();
        names.dedup();
        let made = SelfSigned::new(&names)?;
        write_private(&self.key, made.key.as_bytes())?;
        write_private(&self.certificate, made.certificate.as_bytes())?;
        Ok(())
    }
}

impl Files {
    fn load(&self) -> Result<TlsServer, Failure> {
        let read = self.read()?;
        let certificates = Certificates::of(&borrowed(&read)).map_err(|error| self.unusable(&error))?;
        let server =
            TlsServer::new(certificates).map_err(|error| Failure::new(Exit::Internal, "cannot do TLS", error))?;
        self.ask_clients(&server)?;
        Ok(server)
    }

    fn read(&self) -> Result<Vec<Read>, Failure> {
        self.pairs.iter().map(|pair| Ok((read(&pair.certificate)?, read(&pair.key)?))).collect()
    }

    fn ask_clients(&self, server: &TlsServer) -> Result<(), Failure> {
        let Some(Clients { authorities, ask }) = &self.clients else { return Ok(()) };
        server.ask_clients(&read(authorities)?, *ask).map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot use {}", authorities.display()), error)
                .with_remedy("--tls-client-ca names certificates of authorities (PEM)")
        })
    }

    fn unusable(&self, error: &dyn std::fmt::Display) -> Failure {
        let names: Vec<_> = self.pairs.iter().map(|pair| pair.certificate.display().to_string()).collect();
        Failure::new(Exit::Usage, format!("cannot use the certificate {}", names.join(" or ")), error)
            .with_remedy("--tls-cert names the certificate and its chain, --tls-key its private key, both as PEM")
    }

    fn reload(&self, server: &TlsServer, console: Console) {
        let exchanged = self.read().and_then(|read| {
            server.certificates().exchange(&borrowed(&read)).map_err(|error| self.unusable(&error))?;
            self.ask_clients(server)
        });
        match (exchanged, server.certificates().fingerprint()) {
            (Ok(()), Some(fingerprint)) => {
                console.note(&format!("The certificate was read anew: SHA-256 {fingerprint}."));
            }
            (Ok(()), None) => {}
            (Err(failure), _) => console.warning(&format!("{failure}; what cannot be used stays as it was")),
        }
    }

    /// When the files were changed; `None` while one of them is missing.
    fn changed(&self) -> Option<Vec<(SystemTime, u64)>> {
        let pairs = self.pairs.iter().flat_map(|pair| [&pair.certificate, &pair.key]);
        let all = pairs.chain(self.clients.as_ref().map(|clients| &clients.authorities));
        let facts = |path: &PathBuf| fs::metadata(path).and_then(|facts| Ok((facts.modified()?, facts.len()))).ok();
        all.map(facts).collect()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", path.display()), error))
}

fn borrowed(read: &[Read]) -> Vec<(&[u8], &[u8])> {
    read.iter().map(|(certificate, key)| (certificate.as_slice(), key.as_slice())).collect()
}

fn policy(options: &ServeOptions) -> TlsPolicy {
    let reached = options.listen.iter().any(|address| !address.ip().is_loopback());
    match options.tls {
        Some(TlsMode::Offer) => TlsPolicy::Offer,
        Some(TlsMode::Require | TlsMode::SelfSigned) => TlsPolicy::RequireLogin,
        Some(TlsMode::RequireData) => TlsPolicy::RequireData,
        None if options.accounts.is_some() && reached => TlsPolicy::RequireLogin,
        None if !options.tls_cert.is_empty() || !options.tls_listen.is_empty() || options.tls_client_ca.is_some() => {
            TlsPolicy::Offer
        }
        None | Some(TlsMode::Off) => TlsPolicy::Off,
    }
}

/// A key is nobody else's to read, not even while it is written.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn policy_of(arguments: &[&str]) -> TlsPolicy {
        match Cli::parse_from(["ftpkit", "serve"].iter().chain(arguments)).command {
            Command::Serve(options) => policy(&options),
            _ => unreachable!("serve is serve"),
        }
    }

    #[test]
    fn passwords_that_cross_a_network_need_tls() {
        assert_eq!(policy_of(&[]), TlsPolicy::Off);
        assert_eq!(policy_of(&["--listen", "0.0.0.0:2121"]), TlsPolicy::Off, "there are no passwords");
        assert_eq!(policy_of(&["--accounts", "a"]), TlsPolicy::Off, "nobody else hears them");
        assert_eq!(policy_of(&["--accounts", "a", "--listen", "0.0.0.0:2121"]), TlsPolicy::RequireLogin);
        assert_eq!(policy_of(&["--accounts", "a", "--listen", "0.0.0.0:2121", "--tls", "off"]), TlsPolicy::Off);
        assert_eq!(policy_of(&["--tls-cert", "a"]), TlsPolicy::Offer);
        assert_eq!(policy_of(&["--tls-listen", "127.0.0.1:2990"]), TlsPolicy::Offer);
        assert_eq!(policy_of(&["--tls-client-ca", "a"]), TlsPolicy::Offer);
        assert_eq!(policy_of(&["--tls", "self-signed"]), TlsPolicy::RequireLogin);
    }
}
