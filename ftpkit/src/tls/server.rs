//! [`ServerTls`]: what of a server is under TLS, and the certificate that it shows: the operator's, or one that it made for
//! itself and keeps.

use crate::cli::{ServeOptions, TlsMode};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::state;
use ftp_core::server::TlsPolicy;
use ftp_host::tls::{Certificates, Fingerprint, SelfSigned, TlsServer};
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
    files: Files,
    certificates: Arc<Certificates>,
}

/// Where certificate and key are.
#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl ServerTls {
    /// As the options have it. Where nothing is said, passwords that cross a network are what decides.
    ///
    /// # Errors
    /// [`Failure`], if there is no certificate to be had.
    pub(crate) fn new(options: &ServeOptions) -> Result<Option<(Self, TlsServer)>, Failure> {
        let policy = policy(options);
        if policy == TlsPolicy::Off {
            return Ok(None);
        }
        let (files, made) = match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), key) => {
                // Some keep both in one file.
                let key = key.as_ref().unwrap_or(certificate).clone();
                (Files { certificate: certificate.clone(), key }, false)
            }
            (None, _) => (Files::kept(&options.listen)?, true),
        };
        let certificates = files.load()?;
        let fingerprint = certificates.fingerprint().filter(|_| made);
        let server =
            TlsServer::new(certificates).map_err(|error| Failure::new(Exit::Internal, "cannot do TLS", error))?;
        let certificates = Arc::clone(server.certificates());
        Ok(Some((Self { policy, fingerprint, files, certificates }, server)))
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
        self.files.reload(&self.certificates, console);
    }

    /// Reads it anew whenever its files change, as long as the program runs.
    pub(crate) fn watch(&self, console: Console) {
        let (files, certificates) = (self.files.clone(), Arc::clone(&self.certificates));
        let look = move || {
            let mut seen = files.changed();
            loop {
                thread::sleep(LOOK);
                let now = files.changed();
                // Twice the same: whoever writes them is done.
                if now != seen && now.is_some() {
                    thread::sleep(LOOK / 10);
                    if files.changed() == now {
                        files.reload(&certificates, console);
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

impl Files {
    /// Those of the certificate that the server made for itself, which it does if they are not there.
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

    fn load(&self) -> Result<Certificates, Failure> {
        let (certificate, key) = self.read()?;
        Certificates::new(&certificate, &key).map_err(|error| self.unusable(&error))
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", path.display()), error))
        };
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    fn unusable(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Exit::Usage, format!("cannot use the certificate {}", self.certificate.display()), error)
            .with_remedy("--tls-cert names the certificate and its chain, --tls-key its private key, both as PEM")
    }

    fn reload(&self, certificates: &Certificates, console: Console) {
        let read = self.read();
        let set = read.and_then(|(certificate, key)| {
            certificates.set_default(&certificate, &key).map_err(|error| self.unusable(&error))
        });
        match set {
            Ok(fingerprint) => console.note(&format!("The certificate was read anew: SHA-256 {fingerprint}.")),
            Err(failure) => console.warning(&format!("{failure}; the certificate stays as it was")),
        }
    }

    /// When the files were changed; `None` while one of them is missing.
    fn changed(&self) -> Option<[(SystemTime, u64); 2]> {
        let facts = |path: &Path| fs::metadata(path).and_then(|facts| Ok((facts.modified()?, facts.len()))).ok();
        Some([facts(&self.certificate)?, facts(&self.key)?])
    }
}

fn policy(options: &ServeOptions) -> TlsPolicy {
    let reached = options.listen.iter().any(|address| !address.ip().is_loopback());
    match options.tls {
        Some(TlsMode::Offer) => TlsPolicy::Offer,
        Some(TlsMode::Require | TlsMode::SelfSigned) => TlsPolicy::RequireLogin,
        Some(TlsMode::RequireData) => TlsPolicy::RequireData,
        None if options.accounts.is_some() && reached => TlsPolicy::RequireLogin,
        None if options.tls_cert.is_some() || !options.tls_listen.is_empty() => TlsPolicy::Offer,
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
        assert_eq!(policy_of(&["--tls", "self-signed"]), TlsPolicy::RequireLogin);
    }
}
