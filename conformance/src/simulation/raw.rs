//! [`Raw`]: a peer of a server that keeps to no rules: it sends what it is told to, and treats data connections as it is told to.

use super::program::Manner;
use crate::dice::Dice;
use crate::network::{Listener, Network, Read, Socket};
use ftp_core::address::{find_extended_port, find_host_port, write_host_port, write_long};
use ftp_core::line::{Framed, LineReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// The peer.
pub(super) struct Raw {
    network: Network,
    dice: Dice,
    control: Option<Socket>,
    out: Vec<u8>,
    lines: LineReader,
    manner: Manner,
    deaf: bool,
    /// Data connections are under TLS.
    secure: bool,
    listener: Option<Listener>,
    data: Option<Socket>,
    /// The bytes still to be sent over the data connection.
    left: usize,
}

impl Raw {
    pub(super) fn new(control: Socket, network: Network, dice: Dice) -> Self {
        Self {
            network,
            dice,
            control: Some(control),
            out: Vec::new(),
            lines: LineReader::new(1 << 16),
            manner: Manner::Read,
            deaf: false,
            secure: false,
            listener: None,
            data: None,
            left: 0,
        }
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        for name in [b"$p", b"$e", b"$l"] {
            if let Some(at) = bytes.windows(2).position(|pair| pair == name) {
                let listener = self.network.listen();
                let port = listener.address().port();
                self.listener = Some(listener);
                self.out.extend_from_slice(&bytes[..at]);
                match name {
                    b"$p" => write_host_port(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port), &mut self.out),
                    b"$l" => write_long(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), &mut self.out),
                    _ => self.out.extend_from_slice(format!("|1|127.0.0.1|{port}|").as_bytes()),
                }
                return self.out.extend_from_slice(&bytes[at + 2..]);
            }
        }
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn manner(&mut self, manner: Manner) {
        self.manner = manner;
    }

    pub(super) fn deaf(&mut self, deaf: bool) {
        self.deaf = deaf;
    }

    /// It begins TLS on the control connection, and has it on data connections too.
    pub(super) fn secure(&mut self) {
        self.secure = true;
        if let Some(control) = &self.control {
            control.begin_tls(false);
        }
    }

    pub(super) fn half_close(&mut self) {
        if let Some(control) = &self.control {
            control.close_write();
        }
        self.out.clear();
    }

    /// It goes away.
    pub(super) fn hang_up(&mut self) {
        self.control = None;
        self.data = None;
        self.listener = None;
    }

    /// Lets something happen: did it?
    pub(super) fn round(&mut self) -> bool {
        self.send() | self.receive() | self.accept() | self.move_data()
    }

    fn send(&mut self) -> bool {
        let Some(control) = self.control.as_ref().filter(|_| !self.out.is_empty()) else { return false };
        let most = 1 + self.dice.below(1 << self.dice.clone().below(14)) as usize;
        let Ok(count) = control.write(&self.out[..self.out.len().min(most)]) else {
            self.out.clear();
            return true;
        };
        self.out.drain(..count);
        count > 0
    }

    fn receive(&mut self) -> bool {
        let Some(control) = self.control.as_ref().filter(|_| !self.deaf) else { return false };
        match control.read(1 << self.dice.below(14)) {
            Read::Bytes(bytes) => {
                self.read(&bytes);
                true
            }
            Read::Nothing => false,
            Read::Closed | Read::Broken => {
                self.control = None;
                true
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut ports = Vec::new();
        while !rest.is_empty() {
            let (used, framed) = self.lines.next(rest);
            if let Framed::Line(line) = framed {
                ports.extend(match line.get(..4) {
                    Some(b"229 ") => find_extended_port(line),
                    Some(b"227 ") => find_host_port(line).map(|address| address.port()),
                    Some(b"228 ") => long_port(line),
                    _ => None,
                });
            }
            rest = rest.get(used..).unwrap_or_default();
        }
        for port in ports {
            if self.manner != Manner::Never {
                let socket = self.network.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
                self.opened(socket);
            }
        }
    }

    fn accept(&mut self) -> bool {
        if self.manner == Manner::Never {
            self.listener = None;
        }
        let Some(socket) = self.listener.as_ref().and_then(Listener::accept) else { return false };
        self.listener = None;
        self.opened(Some(socket));
        true
    }

    fn opened(&mut self, socket: Option<Socket>) {
        if let Some(socket) = socket.as_ref().filter(|_| self.secure && !self.dice.once_in(10)) {
            socket.begin_tls(!self.dice.once_in(10));
        }
        self.data = socket;
        self.left = match self.manner {
            Manner::Send(bytes) | Manner::Break(bytes) => bytes,
            _ => 0,
        };
    }

    fn move_data(&mut self) -> bool {
        let Some(data) = &self.data else { return false };
        match self.manner {
            Manner::Sleep | Manner::Never => false,
            Manner::Read => match data.read(1 << self.dice.below(14)) {
                Read::Bytes(_) => true,
                Read::Nothing => false,
                Read::Closed | Read::Broken => {
                    self.data = None;
                    true
                }
            },
            Manner::Send(_) | Manner::Break(_) if self.left > 0 => {
                let piece = vec![b'd'; self.left.min(1 + self.dice.below(2000) as usize)];
                let Ok(count) = data.write(&piece) else {
                    self.data = None;
                    return true;
                };
                self.left -= count;
                count > 0
            }
            Manner::Send(_) => {
                self.data = None;
                true
            }
            Manner::Break(_) => {
                if self.secure && self.dice.once_in(2) {
                    data.truncate();
                } else {
                    data.reset();
                }
                self.data = None;
                true
            }
        }
    }
}

/// The port in a 228 (RFC 1639), whose last two numbers it is.
fn long_port(line: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(line);
    let mut numbers = text.rsplit(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let (low, high): (u16, u16) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some(high << 8 | low)
}
