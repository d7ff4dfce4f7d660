//! Who the other side of a handshake is: [`ClientCertificate`], what a server knows a client by; [`Identity`], that it is the same
//! on every connection of a session.

use super::{CertificateError, Fingerprint};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What a server learnt of a client by its handshake on the control connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// The name that it asked for (SNI).
    pub(crate) server_name: Option<String>,
    /// The certificate that it has shown.
    pub(crate) certificate: Option<ClientCertificate>,
}

/// The certificate of a client, which an authority of the server's choice has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The names in it: alternative names that are e-mail addresses or host names, and common names of the subject.
    pub names: Vec<String>,
}

impl ClientCertificate {
    /// Reads one (DER). Names that cannot be read it does not have.
    pub fn from_der(der: &[u8]) -> Self {
        let names = X509Certificate::from_der(der).map(|(_, read)| names(&read)).unwrap_or_default();
        Self { fingerprint: Fingerprint::of(&CertificateDer::from(der)), names }
    }

    /// Reads the first one in a text (PEM).
    ///
    /// # Errors
    /// When there is none.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let der = CertificateDer::from_pem_slice(text);
        let der = der.map_err(|error| CertificateError::Unusable(format!("the certificate: {error}")))?;
        Ok(Self::from_der(&der))
    }
}

/// The host names that a certificate is for: its alternative names that are host names (RFC 6125 6.4.4 knows no other place).
pub(super) fn host_names(der: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return Vec::new() };
    alternatives(&certificate, |name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names = alternatives(certificate, |name| match name {
        GeneralName::RFC822Name(name) | GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok().map(ToOwned::to_owned));
    names.extend(common);
    names
}

fn alternatives(certificate: &X509Certificate<'_>, wanted: impl Fn(&GeneralName<'_>) -> Option<String>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    extension.map(|names| names.value.general_names.iter().filter_map(wanted).collect()).unwrap_or_default()
}

/// How an account knows its user's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// By its fingerprint: this one and no other.
    Fingerprint(Fingerprint),
    /// By a name in it, whoever of the server's authorities has given it; capitals and small letters are alike.
    Name(String),
}

impl CertificateName {
    /// Does it mean this certificate?
    pub fn means(&self, certificate: &ClientCertificate) -> bool {
        match self {
            Self::Fingerprint(fingerprint) => *fingerprint == certificate.fingerprint,
            Self::Name(name) => certificate.names.iter().any(|known| known.eq_ignore_ascii_case(name)),
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint(fingerprint) => write!(f, "{fingerprint}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// What is written as a fingerprint is one; anything else is a name.
impl FromStr for CertificateName {
    type Err = CertificateError;

    fn from_str(text: &str) -> Result<Self, CertificateError> {
        if let Ok(fingerprint) = text.parse() {
            return Ok(Self::Fingerprint(fingerprint));
        }
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(CertificateError::Unusable("a certificate is named by its SHA-256, or by a name in it".into()));
        }
        Ok(Self::Name(text.to_owned()))
    }
}

/// Who the peer of a session's control connection has shown itself to be. RFC 4217 10.2 and 15.1: on a data connection it has to be
/// the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity(Arc<Mutex<Option<Fingerprint>>>);

impl Identity {
    /// The control connection's handshake is over.
    pub(super) fn set(&self, shown: Option<Fingerprint>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    /// May a data connection be this peer's? Whoever showed nothing has nothing to be known by.
    pub(super) fn admits(&self, shown: Option<Fingerprint>) -> bool {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_none() || known == shown
    }
}
