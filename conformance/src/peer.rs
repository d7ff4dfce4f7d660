//! [`Peer`]: a client's control connection, a line at a time, for tests that are no transcripts.

use libtest_mimic::Failed;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Something that has not happened for so long does not happen any more.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A client's control connection.
#[derive(Debug)]
pub struct Peer {
    /// The connection.
    pub stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Peer {
    /// Connects; the greeting is still to come.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self { lines: BufReader::new(stream.try_clone()?), stream })
    }

    /// Connects and logs in as `ann`; TYPE I.
    ///
    /// # Errors
    /// What the system or the server says instead.
    pub fn log_in(address: SocketAddr) -> Result<Self, Failed> {
        let mut peer = Self::connect(address)?;
        peer.expect("220")?;
        peer.ask("USER ann", "331")?;
        peer.ask("PASS secret", "230")?;
        peer.ask("TYPE I", "200")?;
        Ok(peer)
    }

    /// Sends these bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a command; the reply, whose code begins with `code`.
    ///
    /// # Errors
    /// What the system or the server says instead.
    pub fn ask(&mut self, command: &str, code: &str) -> Result<String, Failed> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.expect(code)
    }

    /// The next reply, to its last line; its code begins with `code`.
    ///
    /// # Errors
    /// What the system or the server says instead.
    pub fn expect(&mut self, code: &str) -> Result<String, Failed> {
        Ok(self.block(code)?.pop().unwrap_or_default())
    }

    /// The lines of the next reply, whose code begins with `code`.
    ///
    /// # Errors
    /// What the system or the server says instead.
    pub fn block(&mut self, code: &str) -> Result<Vec<String>, Failed> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.lines.read_line(&mut line)?;
            // The lines between the first and the last are not of this form (RFC 959 4.2).
            let ends = line.as_bytes().get(3) == Some(&b' ') && line.as_bytes()[..3].iter().all(u8::is_ascii_digit);
            let (empty, fits) = (line.is_empty(), line.starts_with(code));
            lines.push(line);
            if empty || ends {
                return if fits { Ok(lines) } else { Err(format!("{lines:?}, not {code}").into()) };
            }
        }
    }

    /// Has more come already than was read?
    pub fn has_more(&self) -> bool {
        !self.lines.buffer().is_empty()
    }

    /// Asks until so many bytes of the transfer that runs have moved.
    ///
    /// # Errors
    /// What the system or the server says instead, or that they do not move.
    pub fn until_moved(&mut self, bytes: usize) -> Result<(), Failed> {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            self.send(b"STAT\r\n")?;
            if self.block("211")?.iter().any(|line| line.contains(&format!(": {bytes} bytes so far"))) {
                return Ok(());
            }
        }
        Err(format!("{bytes} bytes do not come to be moved").into())
    }

    /// The server closes, in good order or not.
    ///
    /// # Errors
    /// What the system says, or that there is still something else.
    pub fn expect_end(&mut self) -> Result<(), Failed> {
        let mut rest = Vec::new();
        match self.lines.read_to_end(&mut rest) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Err("the server does not close".into())
            }
            _ if rest.is_empty() => Ok(()),
            _ => Err(format!("{:?} instead of the end", String::from_utf8_lossy(&rest)).into()),
        }
    }

    /// A data connection, by EPSV.
    ///
    /// # Errors
    /// What the system or the server says instead.
    pub fn passive(&mut self) -> Result<TcpStream, Failed> {
        let reply = self.ask("EPSV", "229")?;
        let data = TcpStream::connect(SocketAddr::new(self.stream.peer_addr()?.ip(), port(&reply)?))?;
        data.set_read_timeout(Some(LIMIT))?;
        Ok(data)
    }
}

/// The port in a 229 (RFC 2428 3).
///
/// # Errors
/// There is none.
pub fn port(reply: &str) -> Result<u16, Failed> {
    let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
    port.ok_or_else(|| format!("no port in {reply:?}").into())
}
