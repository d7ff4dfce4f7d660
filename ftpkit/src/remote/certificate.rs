//! [`CertificateFiles`]: where a client's own certificate is.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The files of a certificate and its key (PEM).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct CertificateFiles {
    /// The certificate, its chain behind it.
    pub(crate) cert: PathBuf,
    /// The private key; `None`: in the same file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PathBuf>,
}

impl CertificateFiles {
    /// Where the private key is.
    pub(crate) fn key(&self) -> &Path {
        self.key.as_deref().unwrap_or(&self.cert)
    }
}
