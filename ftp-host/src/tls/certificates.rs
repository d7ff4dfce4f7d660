//! [`Certificates`]: the certificates of a server, by name, to be exchanged while it runs.

use super::peer::host_names;
use super::{Fingerprint, provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// Which certificate goes to whom: the first that is for the name that the client asks for (SNI), or else the first of all.
/// Which names those are is in the certificates themselves. A running server may be given others; connections that stand
/// keep what they have.
#[derive(Debug, Default)]
pub struct Certificates {
    shelf: RwLock<Arc<Shelf>>,
}

/// What there is at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    default: Option<Arc<CertifiedKey>>,
    /// By host name, in small letters; `*.` in the place of the first label stands for any one (RFC 6125 6.4.3).
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
        Self::of(&[(certificate, key)])
    }

    /// Several, each with its key; the first goes to whoever asks for a name that none of them is for.
    ///
    /// # Errors
    /// When one is none, or does not belong to its key; or when there is none at all.
    pub fn of(pairs: &[(&[u8], &[u8])]) -> Result<Self, CertificateError> {
        let certificates = Self::default();
        certificates.exchange(pairs)?;
        Ok(certificates)
    }

    /// Has these take the place of all that there are.
    ///
    /// # Errors
    /// As [`of`](Self::of); then nothing changes.
    pub fn exchange(&self, pairs: &[(&[u8], &[u8])]) -> Result<(), CertificateError> {
        let mut shelf = Shelf::default();
        for (certificate, key) in pairs {
            shelf.add(Arc::new(read(certificate, key)?));
        }
        if shelf.default.is_none() {
            return Err(CertificateError::Unusable("there is no certificate".into()));
        }
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shelf);
        Ok(())
    }

    /// The fingerprint of the certificate for everybody.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.now().default.as_ref().and_then(|certified| certified.end_entity_cert().ok().map(Fingerprint::of))
    }

    /// What there is now. Whoever keeps it shows the same for as long: a client that has seen one certificate on its control
    /// connection expects it on the data connections (RFC 4217 15.1.1).
    pub(super) fn now(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf {
    fn add(&mut self, certified: Arc<CertifiedKey>) {
        for name in certified.end_entity_cert().map(host_names).unwrap_or_default() {
            self.by_name.entry(name.to_ascii_lowercase()).or_insert_with(|| Arc::clone(&certified));
        }
        self.default.get_or_insert(certified);
    }

    /// The certificate that is for this host name.
    fn named(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let any = || name.split_once('.').and_then(|(_, domain)| self.by_name.get(&format!("*.{domain}")));
        self.by_name.get(&name).or_else(any)
    }
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        hello.server_name().and_then(|name| self.named(name)).or(self.default.as_ref()).cloned()
    }
}

/// A certificate with its chain, and its key.
pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, CertificateError> {
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
