//! [`ClientTls`]: what a client does about TLS with one server, and whom it takes for it: whoever the system's authorities, a
//! file or a fingerprint vouch for, or whoever the user has believed once.

use super::known;
use crate::cli::{ClientTlsMode, SecurityOptions};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::FtpUrl;
use ftp_core::client::{Request, TlsUse};
use ftp_host::tls::{Fingerprint, Rejected, TlsClient, Trust, is_here};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A certificate and its key (PEM). Its `Debug` shows nothing.
#[derive(Clone)]
struct Certificate {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(…)")
    }
}

/// TLS with one server.
#[derive(Clone, Debug)]
pub(crate) struct ClientTls {
    /// What is done about it.
    pub(crate) way: TlsUse,
    host: String,
    port: u16,
    trust: Trust,
    pinned: Vec<Fingerprint>,
    /// What it shows of itself.
    certificate: Option<Certificate>,
    /// Its data connections go on from the control connection's session.
    resumes: bool,
    /// What was made for the last connection, and serves the next.
    made: Arc<Mutex<Option<Arc<TlsClient>>>>,
}

impl ClientTls {
    /// As the URL and the options have it. Where nothing is said, a password that crosses a network is what decides.
    ///
    /// # Errors
    /// [`Failure`], if the authorities cannot be read.
    pub(crate) fn new(url: &FtpUrl, options: &SecurityOptions, login: &Request) -> Result<Self, Failure> {
        let said = options.insecure || options.ca.is_some() || !options.pin.is_empty();
        let certificate = certificate(url, options)?;
        let way = match options.tls {
            _ if url.implicit => TlsUse::Implicit,
            Some(ClientTlsMode::Off) => TlsUse::Off,
            Some(ClientTlsMode::Prefer) => TlsUse::Prefer,
            Some(ClientTlsMode::Require) => TlsUse::Require,
            None if said || certificate.is_some() => TlsUse::Require,
            None => TlsUse::fitting(login, is_here(&url.host)),
        };
        let by_default = options.tls.is_none() && !said && !url.implicit;
        let trust = match &options.ca {
            _ if options.insecure => Trust::Anybody,
            _ if by_default => Trust::fitting(&url.host),
            _ if !options.pin.is_empty() => Trust::Nobody,
            Some(file) => {
                let read = fs::read(file);
                let what = || format!("cannot read the authorities of {}", file.display());
                Trust::Authorities(read.map_err(|error| Failure::new(Exit::Disk, what(), error))?)
            }
            None => Trust::System,
        };
        Ok(Self {
            way,
            host: url.host.clone(),
            port: url.port,
            trust,
            pinned: options.pin.clone(),
            certificate,
            resumes: true,
            made: Arc::default(),
        })
    }

    /// The same, whose data connections do not go on from the control connection's session.
    pub(crate) fn without_resumption(self) -> Self {
        Self { resumes: false, made: Arc::default(), ..self }
    }

    /// For a connection; none where there is no TLS.
    ///
    /// # Errors
    /// [`Failure`], if what is known of servers cannot be read, or the authorities are none.
    pub(crate) fn client(&self) -> Result<Option<Arc<TlsClient>>, Failure> {
        if self.way == TlsUse::Off {
            return Ok(None);
        }
        let mut made = self.made();
        if made.is_none() {
            *made = Some(self.make()?);
        }
        Ok(made.clone())
    }

    /// Did the server let its tickets run out, so that a data connection could not resume the session?
    pub(crate) fn tickets_ran_out(&self) -> bool {
        self.made().as_ref().is_some_and(|client| client.tickets_ran_out())
    }

    fn made(&self) -> MutexGuard<'_, Option<Arc<TlsClient>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self) -> Result<Arc<TlsClient>, Failure> {
        let known = match self.trust {
            Trust::System => known::load()?.get(&self.name()).copied(),
            _ => None,
        };
        // Who has been believed once is believed, and nobody else in that place.
        let trust = if known.is_some() { &Trust::Nobody } else { &self.trust };
        let believed: Vec<Fingerprint> = self.pinned.iter().copied().chain(known).collect();
        let client = match TlsClient::new(&self.host, trust, believed.clone()) {
            // A system without authorities: then it is for the user to say.
            Err(_) if matches!(trust, Trust::System) => TlsClient::new(&self.host, &Trust::Nobody, believed),
            result => result,
        };
        let client = client.map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot do TLS with {}", self.host), error)
                .with_remedy("--ca names a file of certificates (PEM)")
        })?;
        let client = if self.resumes { client } else { client.without_resumption() };
        let Some(Certificate { chain, key }) = &self.certificate else { return Ok(Arc::new(client)) };
        client.showing(chain, key).map(Arc::new).map_err(|error| {
            Failure::new(Exit::Usage, "cannot use the certificate", error)
                .with_remedy("--cert names the certificate and its chain, --key its private key, both as PEM")
        })
    }

    /// There was no TLS. Asks the user whether a certificate that nobody vouches for is to be believed: if this returns, it
    /// is, from now on.
    ///
    /// # Errors
    /// [`Failure`], with what can be done.
    pub(crate) fn judge(&self, what: String, client: &TlsClient, console: Console) -> Result<(), Failure> {
        let Some(Rejected { fingerprint, reason }) = client.rejected() else {
            return Err(Failure::new(Exit::Tls, what, "the TLS handshake failed")
                .with_remedy("-v shows the conversation")
                .or_at_prompt(crate::remote::refusal::CONVERSATION));
        };
        if let Some(pinned) = self.pinned.first() {
            let why =
                format!("the server's certificate is not the one expected: its SHA-256 is {fingerprint}, not {pinned}");
            return Err(Failure::new(Exit::Tls, what, why).with_remedy("ask whoever runs the server which is right"));
        }
        if let Some(known) = known::load()?.get(&self.name()) {
            let why = format!(
                "the server's certificate has changed: its SHA-256 was {known}, and is {fingerprint}. Somebody may be in between"
            );
            let remedy = format!("ask whoever runs the server; if it is right, `ftpkit trust remove {}`", self.name());
            return Err(Failure::new(Exit::Tls, what, why).with_remedy(remedy));
        }
        if matches!(self.trust, Trust::System) && console.has_somebody() {
            if ask(
                console,
                &format!(
                    "The certificate of {} is not to be relied on: {reason}.\nIts SHA-256 is {fingerprint}.\nBelieve it from now on? [y/N] ",
                    self.name()
                ),
            ) {
                *self.made() = None;
                return known::add(self.name(), fingerprint);
            }
            return Err(Failure::new(Exit::Tls, what, "the certificate was not believed"));
        }
        let why = format!("the server's certificate is not to be relied on: {reason}. Its SHA-256 is {fingerprint}");
        let remedy =
            format!("if that is the server's, --pin {fingerprint}; or --ca with the certificate of its authority");
        Err(Failure::new(Exit::Tls, what, why).with_remedy(remedy))
    }

    fn name(&self) -> String {
        known::name(&self.host, self.port)
    }
}

/// The client's own certificate, as the options or a bookmark have it.
fn certificate(url: &FtpUrl, options: &SecurityOptions) -> Result<Option<Certificate>, Failure> {
    let files = options.certificate().or_else(|| url.certificate.clone());
    let read = |path: &Path| {
        fs::read(path).map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", path.display()), error))
    };
    files.map(|files| Ok(Certificate { chain: read(&files.cert)?, key: read(files.key())? })).transpose()
}

fn ask(console: Console, question: &str) -> bool {
    let answer = console.ask(question).unwrap_or_default();
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
