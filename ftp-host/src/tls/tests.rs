//! TLS with peers that a session cannot choose, each a bare rustls connection over loopback.

use super::*;
use ftp_core::action::Resumption;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustix::event::{PollFd, PollFlags, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, ServerConfig, ServerConnection};
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn server(names: &[&str]) -> Result<TlsServer, Box<dyn std::error::Error>> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let made = SelfSigned::new(&names)?;
    Ok(TlsServer::new(Certificates::new(made.certificate.as_bytes(), made.key.as_bytes())?)?)
}

/// The two ends of a connection: a client's, which blocks, and a server's, which does not.
fn ends() -> std::io::Result<(TcpStream, Arc<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    // What the client sends waits at its own end, where a reset destroys it.
    SockRef::from(&listener).set_recv_buffer_size(4 << 10)?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    SockRef::from(&client).set_send_buffer_size(200 << 10)?;
    client.set_nodelay(true)?;
    let (server, _) = listener.accept()?;
    server.set_nonblocking(true)?;
    Ok((client, Arc::new(server)))
}

fn client(config: ClientConfig) -> Result<ClientConnection, rustls::Error> {
    ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").map_err(|_| rustls::Error::EncryptError)?)
}

fn believing_anybody() -> std::io::Result<ClientConfig> {
    Ok(TlsClient::new("localhost", &Trust::Anybody, Vec::new())?.session().config())
}

/// A step of the server's handshake: it is over, or waits for the client.
fn shake(stream: &mut Stream) -> std::io::Result<()> {
    match stream.handshake() {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        result => result,
    }
}

/// A data connection of our server whose client has said hello, and has been answered.
fn greeted() -> Result<(TcpStream, ClientConnection, Stream), Box<dyn std::error::Error>> {
    let side = server(&["localhost"])?.session(Resumption::Prefer)?;
    let (mut socket, there) = ends()?;
    let mut tls = client(believing_anybody()?)?;
    let mut stream = side.data(there, Resumption::Prefer)?;
    tls.write_tls(&mut socket)?;
    shake(&mut stream)?;
    Ok((socket, tls, stream))
}

/// A server that is not ours, of TLS 1.2 and 1.3.
fn foreign() -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let made = SelfSigned::new(&["localhost".to_owned()])?;
    let certificates = Certificates::new(made.certificate.as_bytes(), made.key.as_bytes())?;
    let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(config.with_no_client_auth().with_cert_resolver(certificates.now()))
}

/// Until there is something to be read.
fn wait(socket: &TcpStream) -> std::io::Result<()> {
    let mut fds = [PollFd::new(socket, PollFlags::IN)];
    Ok(poll(&mut fds, None).map(drop)?)
}

#[test]
fn an_upload_by_a_client_that_never_reads_its_tickets_arrives_whole() -> Outcome {
    let (mut socket, mut tls, mut stream) = greeted()?;
    while tls.is_handshaking() {
        tls.read_tls(&mut socket)?;
        tls.process_new_packets()?;
    }
    // All of it leaves, and the socket is closed, before the server has seen that the handshake is over.
    tls.set_buffer_limit(None);
    let content: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
    tls.writer().write_all(&content)?;
    tls.send_close_notify();
    while tls.wants_write() {
        tls.write_tls(&mut socket)?;
    }
    drop(socket);

    let mut came = Vec::new();
    let mut room = [0; 4 << 10];
    loop {
        match stream.read(&mut room) {
            Ok(0) => break,
            Ok(count) => came.extend_from_slice(&room[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(stream.socket())?,
            Err(error) => return Err(error.into()),
        }
    }
    assert!(came == content);
    Ok(())
}

#[test]
fn a_client_that_reads_on_behind_its_upload_gets_a_ticket() -> Outcome {
    let (mut socket, mut tls, mut stream) = greeted()?;
    tls.complete_io(&mut socket)?;
    tls.send_close_notify();
    while tls.wants_write() {
        tls.write_tls(&mut socket)?;
    }
    assert_eq!(stream.read(&mut [0])?, 0);
    stream.shutdown_write()?;
    assert_eq!(tls.reader().read(&mut [0]).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    while tls.read_tls(&mut socket)? > 0 {
        tls.process_new_packets()?;
    }
    assert_eq!(tls.tls13_tickets_received(), 1);
    Ok(())
}

/// What one side has to say goes to the other, until neither has.
fn talk(client: &mut ClientConnection, server: &mut ServerConnection) -> Outcome {
    while client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire)?;
        }
        server.read_tls(&mut wire.as_slice())?;
        server.process_new_packets()?;
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire)?;
        }
        client.read_tls(&mut wire.as_slice())?;
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn a_server_that_lets_its_tickets_run_out_is_spoken_to_in_tls_1_2_from_then_on() -> Outcome {
    let mut first = foreign()?;
    first.ticketer = rustls::crypto::ring::Ticketer::new()?;
    first.send_tls13_tickets = 1;
    let mut others = first.clone();
    others.send_tls13_tickets = 0;
    let (first, others) = (Arc::new(first), Arc::new(others));

    let tls = TlsClient::new("localhost", &Trust::Anybody, Vec::new())?;
    let mut shown = Vec::new();
    for _ in 0..2 {
        let config = tls.session().config();
        talk(&mut client(config.clone())?, &mut ServerConnection::new(Arc::clone(&first))?)?;
        for _ in 0..3 {
            let mut data = ServerConnection::new(Arc::clone(&others))?;
            talk(&mut client(config.clone())?, &mut data)?;
            shown.push((data.protocol_version(), data.handshake_kind() == Some(HandshakeKind::Resumed)));
        }
    }
    let (new, old) = (Some(ProtocolVersion::TLSv1_3), Some(ProtocolVersion::TLSv1_2));
    assert_eq!(shown, [(new, true), (new, false), (new, false), (old, true), (old, true), (old, true)]);
    Ok(())
}

#[test]
fn tls_1_2_is_spoken_where_it_is_known_beforehand_to_be_the_better() -> Outcome {
    let config = Arc::new(foreign()?);
    let mut side = TlsClient::new("localhost", &Trust::Anybody, Vec::new())?.session();
    side.last();
    for resumed in [false, true, true, true] {
        let mut data = ServerConnection::new(Arc::clone(&config))?;
        talk(&mut client(side.config())?, &mut data)?;
        assert_eq!(data.protocol_version(), Some(ProtocolVersion::TLSv1_2));
        assert_eq!(data.handshake_kind() == Some(HandshakeKind::Resumed), resumed);
    }
    Ok(())
}

#[test]
fn a_client_is_shown_the_certificate_of_the_name_it_asks_for_and_else_the_first() -> Outcome {
    let first = SelfSigned::new(&["localhost".to_owned()])?;
    let second = SelfSigned::new(&["files.example".to_owned()])?;
    let third = SelfSigned::new(&["*.example".to_owned(), "files.example".to_owned()])?;
    let all = [&first, &second, &third];
    let certificates = Certificates::of(&all.map(|made| (made.certificate.as_bytes(), made.key.as_bytes())))?;
    let fingerprint = |made: &SelfSigned| ClientCertificate::from_pem(made.certificate.as_bytes());
    let [first, second, third] = [fingerprint(&first)?, fingerprint(&second)?, fingerprint(&third)?];
    let side = TlsServer::new(certificates)?.session(Resumption::Prefer)?;

    // SNI has no addresses (RFC 6066 3), and an asterisk stands for one label.
    for (name, expected) in [
        ("files.example", &second),
        ("other.example", &third),
        ("a.other.example", &first),
        ("localhost", &first),
        ("127.0.0.1", &first),
    ] {
        let (mut socket, there) = ends()?;
        let mut tls = ClientConnection::new(Arc::new(believing_anybody()?), ServerName::try_from(name)?)?;
        let mut stream = side.control(there, Vec::new())?;
        tls.write_tls(&mut socket)?;
        shake(&mut stream)?;
        tls.complete_io(&mut socket)?;
        let shown = tls.peer_certificates().and_then(<[_]>::first).map(Fingerprint::of);
        assert_eq!(shown, Some(expected.fingerprint), "{name}");
    }
    Ok(())
}

#[test]
fn a_session_goes_on_with_its_certificate_and_the_next_has_the_new_one() -> Outcome {
    let server = server(&["localhost"])?;
    let first = server.certificates().fingerprint().ok_or("no certificate")?;
    let side = server.session(Resumption::Prefer)?;
    let other = SelfSigned::new(&["localhost".to_owned()])?;
    server.certificates().exchange(&[(other.certificate.as_bytes(), other.key.as_bytes())])?;
    let second = server.certificates().fingerprint().ok_or("no certificate")?;

    for (side, expected) in [(side, first), (server.session(Resumption::Prefer)?, second)] {
        // Nothing to resume: the handshake shows a certificate.
        let (mut socket, there) = ends()?;
        let mut tls = client(believing_anybody()?)?;
        let mut stream = side.data(there, Resumption::Prefer)?;
        tls.write_tls(&mut socket)?;
        shake(&mut stream)?;
        tls.complete_io(&mut socket)?;
        assert_eq!(tls.peer_certificates().and_then(<[_]>::first).map(Fingerprint::of), Some(expected));
    }
    Ok(())
}

/// A handshake of a server's session over a socket: what the server makes of it.
fn meet(
    config: ClientConfig,
    begin: impl FnOnce(Arc<TcpStream>) -> std::io::Result<Stream>,
) -> Result<std::io::Result<Stream>, Box<dyn std::error::Error>> {
    let (mut socket, there) = ends()?;
    let mut tls = client(config)?;
    let mut stream = begin(there)?;
    tls.write_tls(&mut socket)?;
    loop {
        match stream.handshake() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tls.complete_io(&mut socket)?;
                wait(stream.socket())?;
            }
            result => return Ok(result.map(|()| stream)),
        }
    }
}

/// An authority, which certifies names.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self { certificate: params.self_signed(&key)?.pem(), issuer: Issuer::new(params, key) })
    }

    /// A client that shows a certificate for this name, which ended long ago if it is `old`, and has met nobody yet.
    fn client(&self, name: &str, old: bool) -> Result<ClientConfig, Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        if old {
            (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        let client = TlsClient::new("localhost", &Trust::Anybody, Vec::new())?;
        let client = client.showing(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())?;
        Ok(client.session().config())
    }
}

#[test]
fn a_clients_certificate_has_to_be_of_the_servers_authority_and_in_force() -> Outcome {
    let (ours, theirs) = (Authority::new()?, Authority::new()?);
    for (ask, without) in [(AskClients::Offer, true), (AskClients::Require, false)] {
        let server = server(&["localhost"])?;
        server.ask_clients(ours.certificate.as_bytes(), ask)?;
        let side = server.session(Resumption::Prefer)?;
        let control = |config| meet(config, |socket| side.control(socket, Vec::new()));
        let known = control(ours.client("ann", false)?)??.client().certificate.ok_or("no certificate")?;
        assert!(known.names.contains(&"ann".to_owned()), "{known:?}");
        assert!(control(ours.client("ann", true)?)?.is_err(), "expired");
        assert!(control(theirs.client("ann", false)?)?.is_err(), "an authority that the server does not know");
        let stranger = control(believing_anybody()?)?;
        assert_eq!(stranger.is_ok(), without, "{ask:?}");
        assert!(stranger.map_or(true, |stream| stream.client().certificate.is_none()));
    }
    assert!(server(&["localhost"])?.ask_clients(b"nothing", AskClients::Offer).is_err());
    Ok(())
}

#[test]
fn a_data_connection_is_that_of_the_client_who_showed_his_certificate_on_the_control_connection() -> Outcome {
    let authority = Authority::new()?;
    let server = server(&["localhost"])?;
    server.ask_clients(authority.certificate.as_bytes(), AskClients::Offer)?;
    let (ann, bob) = (authority.client("ann", false)?, authority.client("bob", false)?);
    let side = server.session(Resumption::Prefer)?;
    meet(ann.clone(), |socket| side.control(socket, Vec::new()))??;
    // None of them resumes: the certificate itself is compared.
    let mut fresh = ann;
    fresh.resumption = rustls::client::Resumption::disabled();
    let data = |config| meet(config, |socket| side.data(socket, Resumption::Prefer));
    assert!(data(fresh)?.is_ok());
    for other in [bob, believing_anybody()?] {
        let error = data(other)?.err().ok_or("another client got the data")?;
        assert_eq!(Failure::of(&error), Some(&Failure::OtherPeer));
    }
    Ok(())
}

#[test]
fn a_server_that_shows_another_certificate_on_the_data_connection_is_left() -> Outcome {
    let (first, second) = (server(&["localhost"])?, server(&["localhost"])?);
    // The client would believe either.
    let side = TlsClient::new("localhost", &Trust::Anybody, Vec::new())?.session();
    let shake = |served: &TlsServer, control: bool| -> Result<std::io::Result<()>, Box<dyn std::error::Error>> {
        let server = served.session(Resumption::Prefer)?;
        let (socket, there) = ends()?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(socket);
        let mut here = if control { side.control(socket, Vec::new())? } else { side.data(socket)? };
        let mut there =
            if control { server.control(there, Vec::new())? } else { server.data(there, Resumption::Prefer)? };
        loop {
            match here.handshake() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return Ok(result),
            }
            wait(there.socket())?;
            self::shake(&mut there)?;
            wait(here.socket())?;
        }
    };
    shake(&first, true)??;
    shake(&first, false)??;
    let error = shake(&second, false)?.err().ok_or("another server was believed")?;
    assert_eq!(Failure::of(&error), Some(&Failure::OtherPeer));
    Ok(())
}

#[test]
fn a_client_that_speaks_http_only_gets_no_further_than_its_hello() -> Outcome {
    let side = server(&["localhost"])?.session(Resumption::Prefer)?;
    let offers: [(&[&[u8]], bool); 4] =
        [(&[], true), (&[b"ftp"], true), (&[b"h2", b"ftp"], true), (&[b"h2", b"http/1.1"], false)];
    for (protocols, welcome) in offers {
        let (mut socket, there) = ends()?;
        let mut config = believing_anybody()?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let mut tls = client(config)?;
        let mut stream = side.control(there, Vec::new())?;
        tls.write_tls(&mut socket)?;
        assert_eq!(shake(&mut stream).is_ok(), welcome, "{protocols:?}");
        if !welcome {
            // RFC 7301 3.2: the alert that says why.
            tls.read_tls(&mut socket)?;
            let refused = rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol);
            assert_eq!(tls.process_new_packets().err(), Some(refused));
        }
    }
    Ok(())
}

#[test]
fn only_what_cannot_lead_elsewhere_is_this_machine() {
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
        assert!(is_here(host) && matches!(Trust::fitting(host), Trust::Anybody), "{host}");
    }
    for host in ["localhost.example", "example.org", "192.0.2.1", "0.0.0.0", "::", "128.0.0.1", ""] {
        assert!(!is_here(host) && matches!(Trust::fitting(host), Trust::System), "{host}");
    }
}
