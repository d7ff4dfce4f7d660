//! [`Talk`]: a conversation with a foreign server beside the one that a case is about: commands, their replies, and files
//! as they are.

use super::{Target, secured};
use crate::backend::sockets::{Limits, Sockets, Surroundings};
use crate::backend::{Backend, Received, Seen};
use ftp_core::address::{find_extended_port, find_host_port};
use ftp_core::line::{Framed, LineReader, write_line};
use ftp_core::reply::{Class, Reply, ReplyReader};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The longest line of a reply.
const LINE_LIMIT: usize = 16 * 1024;

/// The bytes of all replies and files together.
const BYTES: usize = 1 << 30;

/// Why the server cannot be worked with.
#[derive(Debug)]
pub enum Fault {
    /// The network's reason.
    Network(io::Error),
    /// There is no TLS, and why.
    Tls(io::Error),
    /// It has closed the connection, or says nothing.
    Silent,
    /// What it says is no reply.
    NoReply,
    /// It said no to the login.
    Login(Reply),
    /// It said no.
    Refused(String, Reply),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(error) => write!(f, "{error}"),
            Self::Tls(error) => write!(f, "there is no TLS: {error}"),
            Self::Silent => f.write_str("the server says nothing more"),
            Self::NoReply => f.write_str("what the server says is no reply"),
            Self::Login(reply) => write!(f, "the login is refused: {reply}"),
            Self::Refused(command, reply) => write!(f, "{command} is refused: {reply}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Sockets without a case have nothing around them.
struct Bare;

impl Surroundings for Bare {
    fn advance(&mut self, _: Duration) {}

    fn look(&mut self, _: &[u8]) -> Seen {
        Seen::Unknown("nobody looks".into())
    }
}

/// A conversation.
pub(super) struct Talk {
    sockets: Sockets<'static>,
    lines: LineReader,
    replies: ReplyReader,
    unread: Vec<u8>,
    /// A reply did not come: what comes now may be that one.
    lost: bool,
}

impl Talk {
    /// Connects and logs in.
    pub(super) fn begin(target: &Target) -> Result<Self, Fault> {
        // Not stopped by `target.stop`: the scratch directory has still to go then.
        let stop = Arc::new(AtomicBool::new(false));
        let limits = Limits { silence: target.silence, deadline: None, bytes: BYTES, stop };
        let sockets = Sockets::connect(target.address, limits, Box::new(Bare)).map_err(Fault::Network)?;
        let sockets = secured(sockets.of_foreigner(target.foreign.clone()), target.tls).map_err(Fault::Tls)?;
        let (lines, replies) = (LineReader::new(LINE_LIMIT), ReplyReader::default());
        let mut talk = Self { sockets, lines, replies, unread: Vec::new(), lost: false };
        let greeting = talk.reply()?;
        if greeting.code().class() != Class::Completion {
            return Err(Fault::Login(greeting));
        }
        let login = &target.login;
        let mut reply = talk.ask(b"USER", login.user.as_bytes())?;
        if reply.code().class() == Class::Intermediate && reply.code().number() != 332 {
            reply = talk.ask(b"PASS", login.password.expose())?;
        }
        if let (Class::Intermediate, Some(account)) = (reply.code().class(), &login.account) {
            reply = talk.ask(b"ACCT", account.as_bytes())?;
        }
        if reply.code().class() != Class::Completion {
            return Err(Fault::Login(reply));
        }
        talk.demand("TYPE", b"I")?;
        Ok(talk)
    }

    /// Is it known which command the next reply answers?
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// A command and its final reply.
    pub(super) fn ask(&mut self, verb: &[u8], argument: &[u8]) -> Result<Reply, Fault> {
        self.send(verb, argument);
        self.reply()
    }

    /// A command that has to succeed.
    pub(super) fn demand(&mut self, verb: &str, argument: &[u8]) -> Result<Reply, Fault> {
        let reply = self.ask(verb.as_bytes(), argument)?;
        match reply.code().class() {
            Class::Completion | Class::Intermediate => Ok(reply),
            _ => Err(Fault::Refused(verb.into(), reply)),
        }
    }

    /// Stores a file.
    pub(super) fn store(&mut self, path: &[u8], content: &[u8]) -> Result<(), Fault> {
        self.passive()?;
        self.send(b"STOR", path);
        let reply = self.next_reply()?;
        if reply.code().class() != Class::Preliminary {
            return Err(Fault::Refused("STOR".into(), reply));
        }
        self.sockets.send_data(content);
        self.sockets.close_data(false);
        let reply = self.reply()?;
        if reply.code().class() == Class::Completion { Ok(()) } else { Err(Fault::Refused("STOR".into(), reply)) }
    }

    /// Fetches what RETR, NLST or MLSD bring; the reply, if they bring nothing.
    pub(super) fn fetch(&mut self, verb: &str, path: &[u8]) -> Result<Result<Vec<u8>, Reply>, Fault> {
        self.passive()?;
        self.send(verb.as_bytes(), path);
        let reply = self.next_reply()?;
        if reply.code().class() != Class::Preliminary {
            return Ok(Err(reply));
        }
        let mut content = Vec::new();
        while let Received::Bytes(bytes) = self.sockets.receive_data() {
            content.extend(bytes);
        }
        let reply = self.reply()?;
        Ok(if reply.code().class() == Class::Completion { Ok(content) } else { Err(reply) })
    }

    /// Opens a data connection, by PASV or, over IPv6, by EPSV.
    fn passive(&mut self) -> Result<(), Fault> {
        let verb = if self.sockets.ip() == 6 { "EPSV" } else { "PASV" };
        let reply = self.demand(verb, b"")?;
        let port = match verb {
            "EPSV" => find_extended_port(reply.text()),
            _ => find_host_port(reply.text()).map(|address| address.port()),
        };
        match port {
            Some(port) if self.sockets.connect(port) => Ok(()),
            _ => Err(Fault::Refused(verb.into(), reply)),
        }
    }

    fn send(&mut self, verb: &[u8], argument: &[u8]) {
        let separator: &[u8] = if argument.is_empty() { b"" } else { b" " };
        let mut line = Vec::new();
        write_line(&[verb, separator, argument].concat(), &mut line);
        self.sockets.send(&line);
    }

    /// The next final reply.
    fn reply(&mut self) -> Result<Reply, Fault> {
        loop {
            let reply = self.next_reply()?;
            if reply.code().class() != Class::Preliminary {
                return Ok(reply);
            }
        }
    }

    fn next_reply(&mut self) -> Result<Reply, Fault> {
        let reply = self.read_reply();
        self.lost |= reply.is_err();
        reply
    }

    fn read_reply(&mut self) -> Result<Reply, Fault> {
        loop {
            let (used, framed) = self.lines.next(&self.unread);
            let reply = match framed {
                Framed::Line(line) => self.replies.line(line).map_err(|_| Fault::NoReply)?,
                Framed::TooLong => return Err(Fault::NoReply),
                Framed::Partial => {
                    let Received::Bytes(bytes) = self.sockets.receive() else { return Err(Fault::Silent) };
                    self.unread = bytes;
                    continue;
                }
            };
            self.unread.drain(..used);
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
    }
}
