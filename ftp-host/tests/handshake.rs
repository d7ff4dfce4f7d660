//! The TLS handshake on a server's control connection: its arithmetic is a job, so that a session's turn never takes as
//! long, and the loop that serves many others.

use ftp_core::permission::Permissions;
use ftp_core::server::{ServerConfig, TlsPolicy};
use ftp_host::accounts::FixedAccounts;
use ftp_host::channel::Channel;
use ftp_host::door::Arrival;
use ftp_host::host::Host;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use ftp_host::storage::Memory;
use ftp_host::tls::{Certificates, SelfSigned, TlsClient, TlsServer, Trust};
use rustix::event::{PollFd, PollFlags, poll};
use std::error::Error;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

type Tested = Result<(), Box<dyn Error>>;

/// A server's session and a client's channel, both without a thread: each moves when it is told to.
struct Pair {
    session: Session,
    client: Channel,
}

impl Pair {
    fn new() -> Result<Self, Box<dyn Error>> {
        let own = SelfSigned::new(&["localhost".into()])?;
        let certificates = Certificates::new(own.certificate.as_bytes(), own.key.as_bytes())?;
        let mut host = Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new())));
        host.tls = Some(Arc::new(TlsServer::new(certificates)?));
        host.config = Arc::new(ServerConfig { tls: TlsPolicy::RequireLogin, ..ServerConfig::default() });
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = Channel::control(TcpStream::connect(listener.local_addr()?)?)?;
        let session = Session::new(&Arc::new(host), Arrival::new(listener.accept()?.0)?, Arc::new(|| ()))?;
        Ok(Self { session, client })
    }

    fn turn(&mut self) -> Turn {
        self.session.turn(Ready::ALL, &mut [0; 4096])
    }

    /// The next line that the client reads, while the server has its turns and no job.
    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            self.turn();
            match self.client.read(&mut byte) {
                Ok(0) => return Err("the server has closed the connection".into()),
                Ok(_) => line.extend_from_slice(&byte),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait()?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(String::from_utf8(line)?)
    }

    /// Waits until the client has something to read, or the server.
    fn wait(&self) -> Tested {
        let interest = self.session.interest();
        let mut sockets =
            [PollFd::new(self.client.socket(), PollFlags::IN), PollFd::new(&interest.control, PollFlags::IN)];
        poll(&mut sockets, None)?;
        Ok(())
    }
}

#[test]
fn a_turn_reads_the_handshake_and_leaves_its_arithmetic_to_a_job() -> Tested {
    let mut pair = Pair::new()?;
    assert_eq!(pair.line()?, "220 ftpkit ready.\r\n");
    pair.client.write(b"AUTH TLS\r\n")?;
    assert!(pair.line()?.starts_with("234 "));
    TlsClient::new("localhost", &Trust::Anybody, Vec::new())?.session().secure_control(&mut pair.client)?;

    // There is no job before the client has said something.
    pair.turn();
    assert!(pair.session.take_job().is_none());

    let mut jobs = 0;
    loop {
        match pair.client.handshake() {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        pair.wait()?;
        pair.turn();
        let Some(job) = pair.session.take_job() else { continue };
        // However many turns it has, the session does not go on before the job is back, and waits for nothing meanwhile.
        for _ in 0..3 {
            assert_eq!(pair.turn(), Turn::Wait);
            assert!(pair.session.take_job().is_none());
            let interest = pair.session.interest();
            assert!(!interest.control_read && !interest.control_write);
        }
        assert!(pair.client.handshake().is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
        pair.session.finished(job.run());
        jobs += 1;
    }
    assert!(jobs > 0);

    // What the client says last is a job too. Then the session is under TLS.
    pair.client.write(b"USER ann\r\n")?;
    let mut job = None;
    while job.is_none() {
        pair.wait()?;
        pair.turn();
        job = pair.session.take_job();
    }
    pair.session.finished(job.ok_or("no job")?.run());
    assert!(pair.line()?.starts_with("331 "));
    Ok(())
}

#[test]
fn a_handshake_that_fails_in_a_job_ends_the_session() -> Tested {
    let mut pair = Pair::new()?;
    assert_eq!(pair.line()?, "220 ftpkit ready.\r\n");
    pair.client.write(b"AUTH TLS\r\n")?;
    assert!(pair.line()?.starts_with("234 "));
    pair.client.write(b"This is no ClientHello.\r\n")?;
    loop {
        pair.wait()?;
        match pair.turn() {
            Turn::Over => return Ok(()),
            Turn::Wait | Turn::Again => {}
        }
        if let Some(job) = pair.session.take_job() {
            pair.session.finished(job.run());
        }
    }
}
