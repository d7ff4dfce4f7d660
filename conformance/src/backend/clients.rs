//! [`Clients`]: an authority for the clients of transcripts, one that no server knows, and what both have certified.

use crate::transcript::{Shown, Worth};
use ftp_host::tls::{ClientCertificate, SelfSigned};
use rcgen::{BasicConstraints, CertificateParams, DnType, Error, IsCa, Issuer, KeyPair, date_time_ymd};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Clients' certificates.
pub struct Clients {
    known: Authority,
    foreign: Authority,
    made: Mutex<BTreeMap<(String, Worth), Arc<SelfSigned>>>,
}

struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Clients {
    /// Nobody has one yet.
    ///
    /// # Panics
    /// Without randomness.
    pub(super) fn new() -> Self {
        let authority = || Authority::new().unwrap_or_else(|error| panic!("no authority: {error}"));
        Self { known: authority(), foreign: authority(), made: Mutex::default() }
    }

    /// The certificate of the authority that servers know, as text (PEM).
    pub fn authority(&self) -> &str {
        &self.known.certificate
    }

    /// A certificate and its key.
    ///
    /// # Panics
    /// If the name can be none.
    pub fn files(&self, shown: &Shown) -> Arc<SelfSigned> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let files = made.entry((shown.name.clone(), shown.worth)).or_insert_with(|| {
            let by = if shown.worth == Worth::Foreign { &self.foreign } else { &self.known };
            let files = by.certify(&shown.name, shown.worth == Worth::Expired);
            Arc::new(files.unwrap_or_else(|error| panic!("no certificate for {}: {error}", shown.name)))
        });
        Arc::clone(files)
    }

    /// The same as a server sees it.
    ///
    /// # Panics
    /// As [`files`](Self::files).
    pub fn certificate(&self, shown: &Shown) -> ClientCertificate {
        let read = ClientCertificate::from_pem(self.files(shown).certificate.as_bytes());
        read.unwrap_or_else(|error| panic!("no certificate for {}: {error}", shown.name))
    }
}

impl Authority {
    fn new() -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self { certificate: params.self_signed(&key)?.pem(), issuer: Issuer::new(params, key) })
    }

    fn certify(&self, name: &str, expired: bool) -> Result<SelfSigned, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(SelfSigned { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}
