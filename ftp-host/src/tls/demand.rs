//! [`Demand`]: that a server asks who its client is, and goes no further with one who does not say (RFC 8446 4.3.2, 4.4.2.4).

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, Error, SignatureScheme};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a client that has no certificate hears about that. It shows none.
#[derive(Debug, Default)]
pub(super) struct Demand {
    asked: AtomicBool,
    insisted: AtomicBool,
}

impl Demand {
    /// Has the server gone no further?
    pub(super) fn is_insisted(&self) -> bool {
        self.insisted.load(Ordering::Relaxed)
    }

    /// TLS has failed: was that why? TLS 1.2 has no alert of its own for it (RFC 5246 7.4.6), and many servers ask that do not insist.
    pub(super) fn hear(&self, error: &Error) {
        let said = matches!(
            error,
            Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure)
        );
        if said && self.asked.load(Ordering::Relaxed) {
            self.insisted.store(true, Ordering::Relaxed);
        }
    }
}

impl ResolvesClientCert for Demand {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
