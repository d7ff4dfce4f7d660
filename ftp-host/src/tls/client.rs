//! [`TlsClient`]: the TLS of a client of one server; [`ClientSide`]: what the connections of one session share.

use super::certificates::read;
use super::demand::Demand;
use super::peer::Identity;
use super::tickets::Tickets;
use super::{ALPN, Fingerprint, Stream, provider};
use crate::channel::Channel;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{
    CertificateError, CipherSuite, ClientConnection, Connection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, SupportedProtocolVersion, version,
};
use rustls_platform_verifier::Verifier as SystemVerifier;
use std::fmt;
use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whom a client believes to be the server.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Whoever an authority that the system trusts has certified for the name.
    #[default]
    System,
    /// Whoever one of these authorities has certified for the name: their certificates as text (PEM).
    Authorities(Vec<u8>),
    /// Nobody but those who are named by fingerprint.
    Nobody,
    /// Anybody: only a listener who does nothing is kept out.
    Anybody,
}

impl Trust {
    /// Whom to believe to be this host where nobody has said anything: on this machine anybody, since nobody is in between
    /// and hardly any server there has a certificate for it.
    pub fn fitting(host: &str) -> Self {
        if is_here(host) { Self::Anybody } else { Self::System }
    }
}

/// Is this name or address the machine's own, whatever network it is on? Only what cannot lead elsewhere counts: of the names
/// `localhost` alone (RFC 6761 6.3).
pub fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// A server that was not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its certificate's.
    pub fingerprint: Fingerprint,
    /// What is wrong with the certificate.
    pub reason: String,
}

/// The TLS of a client of one server.
#[derive(Debug)]
pub struct TlsClient {
    config: ClientConfig,
    /// The same with TLS 1.2 only.
    lasting: ClientConfig,
    name: ServerName<'static>,
    judge: Arc<Judge>,
    demand: Arc<Demand>,
    /// Data connections go on from the control connection's session.
    resumes: bool,
    /// The server lets the tickets of TLS 1.3 run out, with which its data connections fail.
    scarce: Arc<AtomicBool>,
}

impl TlsClient {
    /// TLS 1.2 and 1.3 with the server of this name or address, which is believed to be that server if `trust` says so or
    /// if its certificate has one of these fingerprints.
    ///
    /// # Errors
    /// When the name is none, the authorities cannot be read, or the system has none.
    pub fn new(name: &str, trust: &Trust, known: Vec<Fingerprint>) -> io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let verifier: Option<Arc<dyn ServerCertVerifier>> = match trust {
            Trust::System => Some(Arc::new(SystemVerifier::new(provider()).map_err(io::Error::other)?)),
            Trust::Authorities(pem) => Some(authorities(pem)?),
            Trust::Nobody | Trust::Anybody => None,
        };
        let judge = Judge { verifier, anybody: matches!(trust, Trust::Anybody), known, verdict: Mutex::default() };
        let judge = Arc::new(judge);
        let demand = Arc::<Demand>::default();
        let lasting = config(provider(), &[&version::TLS12], &judge, &demand)?;
        let config = config(provider(), rustls::DEFAULT_VERSIONS, &judge, &demand)?;
        Ok(Self { config, lasting, name, judge, demand, resumes: true, scarce: Arc::default() })
    }

    /// The certificate that was not believed, if that is why there was no TLS.
    pub fn rejected(&self) -> Option<Rejected> {
        self.judge.verdict().rejected.clone()
    }

    /// The fingerprint of the certificate that was believed.
    pub fn accepted(&self) -> Option<Fingerprint> {
        self.judge.verdict().accepted
    }

    /// Did the server ask for a certificate, and go no further without one? Whoever [shows](Self::showing) one is not told so.
    pub fn demanded_certificate(&self) -> bool {
        self.demand.is_insisted()
    }

    /// The same with this certificate, its chain behind it, and its key (PEM), for servers that ask who the client is.
    ///
    /// # Errors
    /// When they are none, or do not belong together.
    pub fn showing(mut self, certificate: &[u8], key: &[u8]) -> Result<Self, super::CertificateError> {
        let own = Arc::new(SingleCertAndKey::from(read(certificate, key)?));
        self.config.client_auth_cert_resolver = own.clone();
        self.lasting.client_auth_cert_resolver = own;
        Ok(self)
    }

    /// The same with TLS 1.3 and AES-128-GCM and nothing else: servers are compared at the same work, whatever each
    /// would choose.
    ///
    /// # Errors
    /// When the provider of the arithmetic has no such thing.
    pub fn with_one_suite(mut self) -> io::Result<Self> {
        let mut provider = CryptoProvider::clone(&provider());
        provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256);
        self.config = config(provider.into(), &[&version::TLS13], &self.judge, &self.demand)?;
        self.lasting = self.config.clone();
        Ok(self)
    }

    /// The same, whose data connections do not go on from the control connection's session (RFC 4217 10.2): to find out whether
    /// a server demands it.
    #[must_use]
    pub fn without_resumption(self) -> Self {
        Self { resumes: false, ..self }
    }

    /// Did the server let its tickets of TLS 1.3 run out, so that a data connection could not go on from the session?
    pub fn tickets_ran_out(&self) -> bool {
        self.scarce.load(Ordering::Relaxed)
    }

    /// The TLS of one session, with a store of its own for tickets. With a server that has once let those of TLS 1.3 run out
    /// it is TLS 1.2, where one will do for any number of connections.
    pub fn session(&self) -> ClientSide {
        let tickets = Arc::new(Tickets::new(Arc::clone(&self.scarce)));
        let [config, lasting] = [&self.config, &self.lasting].map(|config| {
            let mut config = config.clone();
            config.resumption = if self.resumes { Resumption::store(tickets.clone()) } else { Resumption::disabled() };
            Arc::new(config)
        });
        let (name, demand) = (self.name.clone(), Arc::clone(&self.demand));
        let mut side = ClientSide { config, lasting, name, identity: Identity::default(), demand };
        if self.tickets_ran_out() {
            side.last();
        }
        side
    }
}

fn config(
    provider: Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    judge: &Arc<Judge>,
    demand: &Arc<Demand>,
) -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
    let builder = builder.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(judge.clone());
    let mut config = builder.with_client_cert_resolver(demand.clone());
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

fn authorities(pem: &[u8]) -> io::Result<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots(pem)?), provider()).build().map_err(io::Error::other)
}

/// The authorities in a text (PEM).
pub(super) fn roots(pem: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    Ok(roots)
}

/// The client's side of one session.
#[derive(Clone, Debug)]
pub struct ClientSide {
    config: Arc<ClientConfig>,
    /// The same with TLS 1.2 only.
    lasting: Arc<ClientConfig>,
    name: ServerName<'static>,
    /// The server as it has shown itself.
    identity: Identity,
    demand: Arc<Demand>,
}

impl ClientSide {
    /// Has its handshakes be those of TLS 1.2 from here on, whose tickets do not run out.
    pub fn last(&mut self) {
        self.config = Arc::clone(&self.lasting);
    }

    /// Begins TLS on a control connection. The handshake is [`Channel::handshake`]'s.
    ///
    /// # Errors
    /// What the socket says.
    pub fn secure_control(&self, channel: &mut Channel) -> io::Result<()> {
        channel.start_tls(|socket| self.control(socket, Vec::new()))
    }

    /// A data connection under TLS, before its handshake.
    ///
    /// # Errors
    /// What the socket says.
    pub fn secure_data(&self, channel: Channel) -> io::Result<Channel> {
        channel.secured(|socket| self.data(socket))
    }

    /// TLS on the control connection, which begins with `received`.
    pub(crate) fn control(&self, socket: Arc<TcpStream>, received: Vec<u8>) -> io::Result<Stream> {
        let stream = Stream::control(socket, self.connection()?, self.identity.clone(), received);
        Ok(stream.heard_by(Arc::clone(&self.demand)))
    }

    /// TLS on a data connection. The same name and the same store: so it resumes the control connection's session.
    pub(crate) fn data(&self, socket: Arc<TcpStream>) -> io::Result<Stream> {
        Ok(Stream::data(socket, self.connection()?, self.identity.clone()).requiring(false, true))
    }

    #[cfg(test)]
    pub(super) fn config(&self) -> ClientConfig {
        self.config.as_ref().clone()
    }

    fn connection(&self) -> io::Result<Connection> {
        let connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone());
        connection.map(Connection::Client).map_err(io::Error::other)
    }
}

/// Decides whether a certificate is the server's.
#[derive(Debug)]
struct Judge {
    verifier: Option<Arc<dyn ServerCertVerifier>>,
    anybody: bool,
    known: Vec<Fingerprint>,
    verdict: Mutex<Verdict>,
}

#[derive(Debug, Default)]
struct Verdict {
    accepted: Option<Fingerprint>,
    rejected: Option<Rejected>,
}

impl Judge {
    fn verdict(&self) -> std::sync::MutexGuard<'_, Verdict> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fingerprint = Fingerprint::of(end_entity);
        let result = if self.anybody || self.known.contains(&fingerprint) {
            Ok(ServerCertVerified::assertion())
        } else {
            match &self.verifier {
                Some(verifier) => {
                    verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                }
                None => Err(CertificateError::ApplicationVerificationFailure.into()),
            }
        };
        let mut verdict = self.verdict();
        match &result {
            Ok(_) => {
                verdict.accepted = Some(fingerprint);
                verdict.rejected = None;
            }
            Err(error) => verdict.rejected = Some(Rejected { fingerprint, reason: reason(error) }),
        }
        result
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What is wrong with a certificate, for a person.
fn reason(error: &Error) -> String {
    let Error::InvalidCertificate(why) = error else { return error.to_string() };
    match why {
        CertificateError::UnknownIssuer => "no authority that is trusted here has signed it".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".into()
        }
        CertificateError::Revoked => "it was revoked".into(),
        CertificateError::ApplicationVerificationFailure => "its fingerprint is not the one expected".into(),
        other => fmt::format(format_args!("{other}")),
    }
}
