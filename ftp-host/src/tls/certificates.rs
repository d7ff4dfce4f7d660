//! [`Certificates`]: the certificates of a server, by name, to be exchanged while it runs.

use super::{Fingerprint, provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// Which certificate goes to whom: the one of the name that the client asks for (SNI), or else the first. A running server
/// may be given others; connections that stand keep what they have.
#[derive(Debug, Default)]
pub struct Certificates {
    shelf: RwLock<Arc<Shelf>>,
}

/// What there is at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    default: Option<Arc<CertifiedKey>>,
    /// By host name, in small letters.
    by_name: BTreeMap<String, Arc<CertifiedKey>>,
}

/// A certificate that cannot be used.
#[derive(Debug)]
pub enum CertificateError {
    /// The file cannot be read, or holds no such thing.
    File(PathBuf, String),
    /// The text, the key or a name is of no use.
    Unusable(String),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CertificateError {}

impl Certificates {
    /// One certificate for everybody, its chain behind it, and its key, both as text (PEM).
    ///
    /// # Errors
    /// When they are none, or do not belong together.
    pub fn new(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let certificates = Self::default();
        certificates.set_default(certificate, key)?;
        Ok(certificates)
    }

    /// Exchanges the certificate for everybody: its fingerprint.
    ///
    /// # Errors
    /// When they are none, or do not belong together; then nothing changes.
    pub fn set_default(&self, certificate: &[u8], key: &[u8]) -> Result<Fingerprint, CertificateError> {
        let certified = read(certificate, key)?;
        let fingerprint = fingerprint(&certified);
        self.change(|shelf| shelf.default = Some(Arc::new(certified)));
        fingerprint
    }

    /// Adds or exchanges the certificate for clients that ask for this host name.
    ///
    /// # Errors
    /// When they are none, or do not belong together; then nothing changes.
    pub fn set(&self, name: &str, certificate: &[u8], key: &[u8]) -> Result<Fingerprint, CertificateError> {
        let certified = read(certificate, key)?;
        let fingerprint = fingerprint(&certified);
        self.change(|shelf| drop(shelf.by_name.insert(name.to_ascii_lowercase(), Arc::new(certified))));
        fingerprint
    }

    /// The fingerprint of the certificate for everybody.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.now().default.as_ref().and_then(|certified| fingerprint(certified).ok())
    }

    /// What there is now. Whoever keeps it shows the same for as long: a client that has seen one certificate on its control
    /// connection expects it on the data connections (RFC 4217 15.1.1).
    pub(super) fn now(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Shelf)) {
        change(Arc::make_mut(&mut self.shelf.write().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.by_name.get(&name.to_ascii_lowercase()));
        named.or(self.default.as_ref()).cloned()
    }
}

fn fingerprint(certified: &CertifiedKey) -> Result<Fingerprint, CertificateError> {
    let first = certified.end_entity_cert().map_err(|error| CertificateError::Unusable(error.to_string()))?;
    Ok(Fingerprint::of(first))
}

fn read(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, CertificateError> {
    let unusable = |what: &str, why: &dyn fmt::Display| CertificateError::Unusable(format!("{what}: {why}"));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable("the certificate", &error))?;
    if chain.is_empty() {
        return Err(CertificateError::Unusable("there is no certificate (PEM) in it".into()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unusable("the key", &error))?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| unusable("certificate and key", &error))
}
