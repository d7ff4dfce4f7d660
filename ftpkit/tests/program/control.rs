//! A conversation by hand, for what no client of ours would say.

use crate::common::Server;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

/// A control connection.
pub(crate) struct Control(BufReader<TcpStream>);

impl Control {
    /// Connects, and leaves the greeting to be read.
    pub(crate) fn connect(server: &Server) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(("127.0.0.1", server.port()))?)))
    }

    /// Logs in, and sets TYPE I.
    pub(crate) fn log_in(server: &Server, user: &str, password: &str) -> Result<Self, Box<dyn Error>> {
        let mut control = Self::connect(server)?;
        control.expect("220")?;
        control.send(format!("USER {user}\r\nPASS {password}\r\nTYPE I\r\n").as_bytes())?;
        for code in ["331", "230", "200"] {
            control.expect(code)?;
        }
        Ok(control)
    }

    /// The next line; empty at the end.
    pub(crate) fn reply(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// The next line, which must begin so.
    pub(crate) fn expect(&mut self, beginning: &str) -> Result<String, Box<dyn Error>> {
        let reply = self.reply()?;
        if reply.starts_with(beginning) { Ok(reply) } else { Err(format!("{reply:?} is not {beginning}").into()) }
    }

    /// Sends these bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends a command and reads a line.
    pub(crate) fn say(&mut self, command: &str) -> io::Result<String> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    /// A data connection that stands.
    pub(crate) fn data(&mut self) -> Result<TcpStream, Box<dyn Error>> {
        let passive = self.say("EPSV")?;
        let port: u16 = passive.split('|').nth(3).ok_or("no port")?.parse()?;
        Ok(TcpStream::connect(("127.0.0.1", port))?)
    }

    /// The socket itself.
    pub(crate) fn socket(&self) -> &TcpStream {
        self.0.get_ref()
    }
}
