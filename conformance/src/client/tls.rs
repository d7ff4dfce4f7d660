//! TLS of a script's server on sockets: rustls as its makers have it, over sockets that do not block.

use crate::backend::tls::{CERTIFICATE, Records, Wire};
use ftp_host::tls::{TlsClient, Trust};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What a client does that was to begin TLS.
pub(super) const NO_TLS: &str = "the client does not begin TLS";

/// What a client does that was to end it.
pub(super) const STILL_TLS: &str = "the client does not end TLS";

/// The length of a record's header: its type, its version, and how long it is (RFC 8446 5.1).
const HEADER: usize = 5;

/// The types of records. No line of FTP begins so.
const RECORDS: RangeInclusive<u8> = 20..=23;

const ALERT: u8 = 21;

/// `handshake_failure`, which is fatal (RFC 8446 6.2).
const REFUSAL: [u8; 7] = [ALERT, 3, 3, 0, 2, 2, 40];

/// A connection of a script's server.
pub(super) type ServerWire = Wire<ServerConnection>;

/// The TLS of a client that believes a script's server to be who it says.
///
/// # Errors
/// When rustls does not like the certificate.
pub(super) fn client() -> io::Result<TlsClient> {
    TlsClient::new("localhost", &Trust::Authorities(CERTIFICATE.certificate.clone().into_bytes()), Vec::new())
}

/// What the connections of a script's server share: the tickets it has given, each good for one connection.
pub(super) struct Tls(Arc<ServerConfig>);

impl Tls {
    /// A server that no client has met yet.
    ///
    /// # Errors
    /// When rustls does not like the certificate.
    pub(super) fn new() -> io::Result<Self> {
        let certificate =
            CertificateDer::from_pem_slice(CERTIFICATE.certificate.as_bytes()).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(CERTIFICATE.key.as_bytes()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|versions| versions.with_no_client_auth().with_single_cert(vec![certificate], key));
        Ok(Self(Arc::new(config.map_err(io::Error::other)?)))
    }

    /// The same connection under TLS, whose handshake is [`shake_hands`]'s.
    ///
    /// # Errors
    /// What the socket or rustls says.
    pub(super) fn over(&self, socket: &TcpStream) -> io::Result<ServerWire> {
        let connection = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        Ok(Wire::Tls(Box::new(StreamOwned::new(connection, Records::of(socket.try_clone()?)))))
    }
}

/// Does the handshake, as far as the socket lets.
///
/// # Errors
/// [`ErrorKind::WouldBlock`], or why there is no TLS.
pub(super) fn shake_hands(wire: &mut ServerWire) -> io::Result<()> {
    let Wire::Tls(tls) = wire else { return Err(ErrorKind::InvalidInput.into()) };
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock)?;
    }
    // Behind it come the tickets.
    tls.flush()
}

/// Breaks the handshake off that the client has begun.
///
/// # Errors
/// What the socket says.
pub(super) fn refuse(wire: &ServerWire) -> io::Result<()> {
    skip(wire, true)?;
    wire.socket().write_all(&REFUSAL)
}

/// Ends TLS, once the client has, as far as the socket lets: the connection in the clear.
///
/// # Errors
/// [`ErrorKind::WouldBlock`], or what the socket says, or that the client does not end it.
pub(super) fn stop(wire: &mut ServerWire) -> io::Result<ServerWire> {
    let Wire::Tls(tls) = wire else { return Err(ErrorKind::InvalidInput.into()) };
    // It leaves but once.
    tls.conn.send_close_notify();
    tls.flush()?;
    match tls.read(&mut [0])? {
        0 => Ok(Wire::Plain(wire.socket().try_clone()?)),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// Did the handshake go on from another session?
pub(super) fn is_resumed(wire: &ServerWire) -> bool {
    matches!(wire, Wire::Tls(tls) if tls.conn.handshake_kind() == Some(HandshakeKind::Resumed))
}

/// The type of the record that comes next in the clear, where it is one.
///
/// # Errors
/// [`ErrorKind::WouldBlock`] while that cannot be told, or what the socket says.
pub(super) fn record(wire: &ServerWire) -> io::Result<Option<u8>> {
    let Wire::Plain(socket) = wire else { return Ok(None) };
    let mut first = [0];
    let count = socket.peek(&mut first)?;
    Ok(first.first().copied().filter(|first| count > 0 && RECORDS.contains(first)))
}

/// Reads past an alert, which says why a handshake failed, or past any record.
///
/// # Errors
/// [`ErrorKind::WouldBlock`] while there is no such record, or not all of it, or what the socket says.
pub(super) fn skip(wire: &ServerWire, any: bool) -> io::Result<()> {
    let mut socket = wire.socket();
    if record(wire)?.is_none_or(|kind| !any && kind != ALERT) {
        return Err(ErrorKind::WouldBlock.into());
    }
    let mut header = [0; HEADER];
    let count = socket.peek(&mut header)?;
    let [_, _, _, high, low] = header;
    let mut whole = vec![0; HEADER + usize::from(u16::from_be_bytes([high, low]))];
    if count < HEADER || socket.peek(&mut whole)? < whole.len() {
        return Err(ErrorKind::WouldBlock.into());
    }
    socket.read_exact(&mut whole)
}
