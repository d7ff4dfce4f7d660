//! [`SelfSigned`]: a certificate that a server makes for itself.

use super::CertificateError;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

/// A key and its certificate, as text (PEM) to be kept in files. Only whoever compares its fingerprint knows that it is
/// this server's.
pub struct SelfSigned {
    /// The certificate.
    pub certificate: String,
    /// The private key. Nobody else may read it.
    pub key: String,
}

impl SelfSigned {
    /// One for these names and addresses. It does not end within any useful time, since nobody is there to renew it and
    /// its fingerprint is what counts.
    ///
    /// # Errors
    /// When a name is none.
    pub fn new(names: &[String]) -> Result<Self, CertificateError> {
        Self::make(names).map_err(|error| CertificateError::Unusable(error.to_string()))
    }

    fn make(names: &[String]) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "ftpkit");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}
