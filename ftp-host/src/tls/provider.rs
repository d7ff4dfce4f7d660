//! Who does the arithmetic of TLS, chosen when the program is built: ring, or in its place what a feature names.

use rustls::Error;
use rustls::crypto::CryptoProvider;
use rustls::server::ProducesTickets;
use std::sync::Arc;

#[cfg(all(feature = "tls-aws-lc", not(feature = "tls-graviola")))]
use rustls::crypto::aws_lc_rs as chosen;
#[cfg(not(any(feature = "tls-aws-lc", feature = "tls-graviola")))]
use rustls::crypto::ring as chosen;
#[cfg(feature = "tls-graviola")]
use rustls_graviola as chosen;

/// The suites, groups and signatures, and what computes them.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(chosen::default_provider())
}

/// Keys for tickets that nobody else has.
///
/// # Errors
/// When there is no randomness to be had.
pub(super) fn ticketer() -> Result<Arc<dyn ProducesTickets>, Error> {
    chosen::Ticketer::new()
}
