//! TLS of a peer that is not ours: rustls as its makers have it, over one of our sockets.

use super::anybody::Anybody;
use super::clients::Clients;
use super::sockets::{Foreign, waits};
use crate::transcript::Hello;
use ftp_host::tls::SelfSigned;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, RootCertStore, SideData, StreamOwned, version};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The certificate of every server that is tested, for `localhost`, `127.0.0.1` and the virtual hosts of transcripts.
pub static CERTIFICATE: LazyLock<SelfSigned> = LazyLock::new(|| {
    let names = ["localhost", "127.0.0.1", "one.example", "two.example", "three.example"].map(ToOwned::to_owned);
    SelfSigned::new(&names).unwrap_or_else(|error| panic!("no certificate: {error}"))
});

/// The certificates of clients, which are made as they are asked for.
pub static CLIENTS: LazyLock<Clients> = LazyLock::new(Clients::new);

/// What a client's connections share: the server's tickets.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    server_name: String,
}

impl Tls {
    /// A client that has not met the server yet.
    ///
    /// # Panics
    /// If rustls does not like the certificate.
    pub fn new(hello: &Hello) -> Self {
        let mut roots = RootCertStore::empty();
        let added = CertificateDer::from_pem_slice(CERTIFICATE.certificate.as_bytes()).map(|der| roots.add(der));
        assert!(matches!(added, Ok(Ok(()))), "{added:?}");
        let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap_or_else(|error| panic!("no TLS: {error}"));
        let trusting = versions.with_root_certificates(roots);
        let config = match hello.certificate.as_ref().map(|shown| CLIENTS.files(shown)) {
            None => trusting.with_no_client_auth(),
            Some(files) => {
                let chain = CertificateDer::from_pem_slice(files.certificate.as_bytes()).into_iter().collect();
                let key = PrivateKeyDer::from_pem_slice(files.key.as_bytes());
                let key = key.unwrap_or_else(|error| panic!("no key: {error}"));
                trusting.with_client_auth_cert(chain, key).unwrap_or_else(|error| panic!("no certificate: {error}"))
            }
        };
        Self { config: Arc::new(config), server_name: hello.server_name.clone() }
    }

    /// A client of any server: TLS 1.2 alone if that is `old`, since its tickets serve any number of data connections.
    ///
    /// # Panics
    /// If rustls has no such TLS.
    pub fn of_anybody(foreign: &Foreign, server: IpAddr) -> Self {
        let versions = if foreign.old { &[&version::TLS12][..] } else { rustls::DEFAULT_VERSIONS };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap_or_else(|error| panic!("no TLS: {error}"));
        let believing = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody::new()));
        Self {
            config: Arc::new(believing.with_no_client_auth()),
            server_name: foreign.name.clone().unwrap_or_else(|| server.to_string()),
        }
    }

    /// The same client, as if it had not met the server yet.
    #[must_use]
    pub fn without_tickets(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.resumption = Resumption::disabled();
        Self { config: Arc::new(config), server_name: self.server_name.clone() }
    }

    /// The handshake on this connection.
    ///
    /// # Errors
    /// What the socket or rustls says.
    pub fn begin(&self, socket: TcpStream) -> io::Result<Wire> {
        let name = ServerName::try_from(self.server_name.clone()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        let mut records = Records::of(socket);
        while connection.is_handshaking() {
            patiently(|| connection.complete_io(&mut records))?;
        }
        Ok(Wire::Tls(Box::new(StreamOwned::new(connection, records))))
    }
}

/// A handshake that takes so long is none.
const LIMIT: Duration = Duration::from_secs(10);

/// Repeats a call that waits in vain.
fn patiently<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let until = Instant::now() + LIMIT;
    loop {
        match call() {
            Err(error) if waits(&error) && Instant::now() < until => {}
            result => return result,
        }
    }
}

/// A connection of a client or, with the other kind of `C`, of a server, under TLS or not.
#[derive(Debug)]
pub enum Wire<C = ClientConnection> {
    /// As it is.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<StreamOwned<C, Records>>),
}

impl<C> Wire<C> {
    /// The socket beneath.
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &tls.sock.socket,
        }
    }
}

impl<C, S: SideData> Wire<C>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>>,
{
    /// Nothing more is sent: TLS ends, and the socket's output.
    ///
    /// # Errors
    /// What the socket says.
    pub fn end_output(&mut self) -> io::Result<()> {
        if let Self::Tls(tls) = self {
            tls.conn.send_close_notify();
            tls.flush()?;
        }
        self.socket().shutdown(Shutdown::Write)
    }

    /// Ends TLS, when the server has too: the socket.
    ///
    /// # Errors
    /// What the socket says, or that the server does not end it.
    pub fn stop_tls(self) -> io::Result<TcpStream> {
        let Self::Tls(mut tls) = self else { return Err(ErrorKind::InvalidInput.into()) };
        if patiently(|| tls.read(&mut [0; 1]))? > 0 {
            return Err(ErrorKind::InvalidData.into());
        }
        tls.conn.send_close_notify();
        tls.flush()?;
        Ok(tls.sock.socket)
    }
}

impl<C, S: SideData> Read for Wire<C>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>>,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => {
                let count = socket.read(buffer)?;
                // Why there is no TLS; that there is none shows in the end that follows.
                match buffer[..count].windows(ALERT.len()).position(|bytes| bytes == ALERT) {
                    Some(0) => socket.read(buffer),
                    before => Ok(before.unwrap_or(count)),
                }
            }
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl<C, S: SideData> Write for Wire<C>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>>,
{
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

/// How a record with an alert begins (RFC 8446 5.1, 6).
const ALERT: [u8; 5] = [21, 3, 3, 0, 2];

/// A socket that is read no further than to the end of a TLS record: what follows may be plain (RFC 4217 5).
#[derive(Debug)]
pub struct Records {
    socket: TcpStream,
    /// What has come of the head of the next record: a peer may break off within it.
    head: Vec<u8>,
    /// Bytes of the record that are still to be read.
    left: usize,
}

/// A record's type, version and length (RFC 8446 5.1).
const HEAD: usize = 5;

impl Records {
    /// The records on this socket, of which none has been begun.
    pub const fn of(socket: TcpStream) -> Self {
        Self { socket, head: Vec::new(), left: 0 }
    }
}

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mut more = [0; HEAD];
            let count = self.socket.read(&mut more[self.head.len()..])?;
            self.head.extend_from_slice(&more[self.head.len()..][..count]);
            if count == 0 {
                return Ok(0);
            }
            let &[_, _, _, high, low] = self.head.as_slice() else { return Err(ErrorKind::WouldBlock.into()) };
            self.left = usize::from(u16::from_be_bytes([high, low]));
            buffer[..HEAD].copy_from_slice(&self.head);
            self.head.clear();
            return Ok(HEAD);
        }
        let most = self.left.min(buffer.len());
        let count = self.socket.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}

impl Write for Records {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
