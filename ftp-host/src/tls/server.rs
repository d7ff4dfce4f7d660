//! [`TlsServer`]: what the connections of a server share; [`ServerSide`]: what those of one session share.

use super::client::roots;
use super::peer::Identity;
use super::{ALPN, CertificateError, Certificates, Stream, provider, ticketer};
use ftp_core::action::Resumption;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, ServerConfig, WebPkiClientVerifier};
use rustls::{Connection, ServerConnection};
use std::io;
use std::net::TcpStream;
use std::sync::{Arc, PoisonError, RwLock};

/// What a server wants of its clients' certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskClients {
    /// Who has one may show it.
    Offer,
    /// There is no TLS without one.
    Require,
}

/// The TLS of a server.
#[derive(Debug)]
pub struct TlsServer {
    config: RwLock<Arc<ServerConfig>>,
    certificates: Arc<Certificates>,
    /// An upload that ends without `close_notify` counts as whole.
    lenient: bool,
}

impl TlsServer {
    /// TLS 1.2 and 1.3 with these certificates.
    ///
    /// # Errors
    /// When the provider of the arithmetic is not fit for it.
    pub fn new(certificates: Certificates) -> io::Result<Self> {
        let config = RwLock::new(Arc::new(config(Arc::new(NoClientAuth), &certificates)?));
        Ok(Self { config, certificates: Arc::new(certificates), lenient: false })
    }

    /// Clients may, or have to, show a certificate that one of these authorities (PEM) has signed and that is in force; the
    /// handshake of whoever shows another one fails. Sessions that stand are as they are.
    ///
    /// # Errors
    /// When there are no authorities; then nothing changes.
    pub fn ask_clients(&self, authorities: &[u8], ask: AskClients) -> Result<(), CertificateError> {
        let unusable = |error: &dyn std::fmt::Display| CertificateError::Unusable(format!("the authorities: {error}"));
        let roots = roots(authorities).map_err(|error| unusable(&error))?;
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let builder = if ask == AskClients::Offer { builder.allow_unauthenticated() } else { builder };
        let verifier = builder.build().map_err(|error| unusable(&error))?;
        let config = config(verifier, &self.certificates).map_err(|error| unusable(&error))?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }

    /// Uploads that end without `close_notify` count as whole, for clients that never send it. Whoever is on the way can
    /// then cut a file short unnoticed.
    #[must_use]
    pub const fn trusting_ends(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Its certificates, which may be exchanged at any time.
    pub const fn certificates(&self) -> &Arc<Certificates> {
        &self.certificates
    }

    /// The TLS of one more session: with the certificates that there are now, for as long as it lasts, and with keys for tickets that are nobody else's, so that none but this session's can be
    /// resumed by its data connections.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub(crate) fn session(&self, resumption: Resumption) -> io::Result<ServerSide> {
        let base = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        let mut control = ServerConfig::clone(&base);
        control.cert_resolver = self.certificates.now();
        if resumption == Resumption::Off {
            control.send_tls13_tickets = 0;
        } else {
            control.ticketer = ticketer().map_err(io::Error::other)?;
        }
        let mut data = control.clone();
        // Enough to go on with: a client may use each but once.
        data.send_tls13_tickets = data.send_tls13_tickets.min(1);
        Ok(ServerSide {
            control: Arc::new(control),
            data: Arc::new(data),
            identity: Identity::default(),
            lenient: self.lenient,
        })
    }
}

fn config(clients: Arc<dyn ClientCertVerifier>, certificates: &Certificates) -> io::Result<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificates.now());
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

/// The server's side of one session.
#[derive(Clone, Debug)]
pub struct ServerSide {
    control: Arc<ServerConfig>,
    data: Arc<ServerConfig>,
    identity: Identity,
    lenient: bool,
}

impl ServerSide {
    /// TLS on the control connection, which begins with `received`.
    pub(crate) fn control(&self, socket: Arc<TcpStream>, received: Vec<u8>) -> io::Result<Stream> {
        let connection = ServerConnection::new(Arc::clone(&self.control)).map_err(io::Error::other)?;
        Ok(Stream::control(socket, Connection::Server(connection), self.identity.clone(), received))
    }

    /// TLS on a data connection.
    pub(crate) fn data(&self, socket: Arc<TcpStream>, resumption: Resumption) -> io::Result<Stream> {
        let connection = ServerConnection::new(Arc::clone(&self.data)).map_err(io::Error::other)?;
        let stream = Stream::data(socket, Connection::Server(connection), self.identity.clone());
        Ok(stream.requiring(resumption == Resumption::Require, !self.lenient))
    }
}
