//! A server under TLS that answers as a script has it, and takes no data connection for one that goes on from the control connection's
//! session, whatever it does.

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Where it listens. Its threads end with the test.
pub(crate) struct SecurePeer {
    port: u16,
}

impl SecurePeer {
    /// Each listing is refused so, once its data connection is under TLS.
    pub(crate) fn refusing(reply: &'static str) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        let config = Arc::new(config);
        let control = TcpListener::bind("127.0.0.1:0")?;
        let port = control.local_addr()?.port();
        thread::spawn(move || {
            while let Ok((stream, _)) = control.accept() {
                let config = Arc::clone(&config);
                // A client that leaves ends it.
                thread::spawn(move || converse(stream, &config, reply));
            }
        });
        Ok(Self { port })
    }

    /// The URL of its root.
    pub(crate) fn url(&self) -> String {
        format!("ftp://127.0.0.1:{}/", self.port)
    }
}

fn converse(mut stream: TcpStream, config: &Arc<ServerConfig>, refusal: &str) -> io::Result<()> {
    stream.write_all(b"220 Hello\r\n")?;
    loop {
        match line(&mut stream)?.as_str() {
            "AUTH TLS" => break,
            "QUIT" => return stream.write_all(b"221 Bye\r\n"),
            _ => stream.write_all(b"530 TLS first\r\n")?,
        }
    }
    stream.write_all(b"234 Go on\r\n")?;
    let mut stream = secured(stream, config)?;
    let data = TcpListener::bind("127.0.0.1:0")?;
    let port = data.local_addr()?.port();
    loop {
        let line = line(&mut stream)?;
        let reply = match line.split(' ').next().unwrap_or_default() {
            "USER" => "331 Password".to_owned(),
            "PASS" => "230 Welcome".to_owned(),
            "TYPE" | "PBSZ" | "PROT" => "200 Fine".to_owned(),
            "EPSV" => format!("229 Passive (|||{port}|)"),
            "PASV" => format!("227 Passive (127,0,0,1,{},{})", port >> 8, port & 255),
            "LIST" => {
                stream.write_all(b"150 Here it comes\r\n")?;
                let mut channel = secured(data.accept()?.0, config)?;
                channel.flush()?;
                refusal.to_owned()
            }
            "QUIT" => "221 Bye".to_owned(),
            _ => "502 No".to_owned(),
        };
        stream.write_all(format!("{reply}\r\n").as_bytes())?;
    }
}

/// The stream under TLS, after its handshake.
fn secured(mut stream: TcpStream, config: &Arc<ServerConfig>) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

/// The next line, without its end.
fn line(stream: &mut impl Read) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        match byte {
            [b'\n'] => return Ok(String::from_utf8_lossy(&line).trim_end().to_ascii_uppercase()),
            [byte] => line.push(byte),
        }
    }
}
