//! TLS for control and data connections (RFC 4217), on rustls, which nothing outside this room knows.
//!
//! `Stream` is one connection, whichever side of it; it never blocks. [`TlsServer`] holds what all connections of a
//! server share, [`ServerSide`] what those of one session do: the keys of its tickets. That is what ties a data connection to its control connection (RFC 4217 10.2). When TLS
//! begins is decided in `ftp-core`.

mod certificates;
mod client;
mod demand;
mod failure;
mod fingerprint;
mod peer;
mod provider;
mod self_signed;
mod server;
mod stream;
#[cfg(test)]
mod tests;
mod tickets;

pub use certificates::{CertificateError, Certificates};
pub use client::{ClientSide, Rejected, TlsClient, Trust, is_here};
pub use failure::Failure;
pub use fingerprint::Fingerprint;
pub(crate) use peer::Client;
pub use peer::{CertificateName, ClientCertificate};
pub use self_signed::SelfSigned;
pub use server::{AskClients, ServerSide, TlsServer};
pub(crate) use stream::Stream;

use provider::{provider, ticketer};

/// The name of FTP in ALPN (RFC 7301, and IANA's list). A peer that names other protocols only is refused: what a browser
/// was made to send must not be read as commands (PROTOCOL: ALPACA).
const ALPN: &[u8] = b"ftp";
