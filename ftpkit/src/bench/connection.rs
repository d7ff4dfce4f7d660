//! [`Connection`]: a control connection with as little on top of the socket as a load generator can do with. Commands are bytes;
//! what replies look like is ftp-core's business, and TLS ftp-host's.

use super::fault::Fault;
use super::workload::Subject;
use ftp_core::address::{find_extended_port, find_host_port};
use ftp_core::line::{Framed, LineReader, write_line};
use ftp_core::reply::{Class, Reply, ReplyReader};
use ftp_host::channel::Channel;
use ftp_host::tls::ClientSide;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout, set_tcp_nodelay};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The longest line of a reply that is read.
const LINE_LIMIT: usize = 8192;

/// Bytes that are read at once: some hundred replies, for commands in flight.
const BUFFER: usize = 4 * 1024;

/// A control connection.
pub(super) struct Connection {
    channel: Channel,
    /// What its connections under TLS share.
    tls: Option<ClientSide>,
    peer: SocketAddr,
    timeout: Duration,
    lines: LineReader,
    replies: ReplyReader,
    buffer: Vec<u8>,
    /// What of the buffer has been read from the socket but not yet as a reply.
    unread: std::ops::Range<usize>,
    /// The server refused EPSV: it is asked for PASV from now on.
    plain_passive: bool,
}

impl Connection {
    /// Connects, without waiting for the greeting.
    ///
    /// # Errors
    /// [`Fault::Connect`].
    fn open(subject: &Subject, timeout: Duration) -> Result<Self, Fault> {
        let socket = connect(subject.address, timeout)?;
        // Without it a command that follows an unacknowledged one waits for the server's delayed ACK (RFC 896, RFC 1122
        // 4.2.3.2).
        set_tcp_nodelay(&socket, true)?;
        Ok(Self::over(socket, subject, timeout))
    }

    /// Begins to connect, and waits for nothing: when the socket is readable, the greeting is there, or the reason why
    /// not. [`Self::fill`] then does not wait either.
    ///
    /// # Errors
    /// [`Fault::Connect`].
    pub(super) fn begin(subject: &Subject, timeout: Duration) -> Result<Self, Fault> {
        let peer = subject.address;
        let socket = socket_for(peer, SocketFlags::NONBLOCK)?;
        match rustix::net::connect(&socket, &peer) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(Fault::Connect(error.into())),
        }
        // One command after the other: nothing of it waits for an acknowledgement, but for the end of a handshake.
        if subject.tls.is_some() {
            set_tcp_nodelay(&socket, true)?;
        }
        Ok(Self::over(socket, subject, timeout))
    }

    fn over(socket: OwnedFd, subject: &Subject, timeout: Duration) -> Self {
        Self {
            channel: Channel::ready(Arc::new(socket.into())),
            tls: subject.tls.as_ref().map(|client| client.session()),
            peer: subject.address,
            timeout,
            lines: LineReader::new(LINE_LIMIT),
            replies: ReplyReader::default(),
            buffer: vec![0; BUFFER],
            unread: 0..0,
            plain_passive: false,
        }
    }

    /// Connects and logs in, with TYPE I, and under TLS with PROT P.
    ///
    /// # Errors
    /// What the network or the server says.
    pub(super) fn login(subject: &Subject, timeout: Duration) -> Result<Self, Fault> {
        let mut connection = Self::open(subject, timeout)?;
        accepted(connection.reply()?)?;
        if subject.tls.is_some() {
            connection.demand("AUTH", b"TLS")?;
            connection.start_tls()?;
            connection.shake_hands()?;
        }
        let greeted = connection.ask("USER", subject.user.as_bytes())?;
        if greeted.code().class() == Class::Intermediate {
            let reply = connection.ask("PASS", subject.password.expose())?;
            accepted(reply).map_err(as_login)?;
        } else {
            accepted(greeted).map_err(as_login)?;
        }
        if subject.tls.is_some() {
            connection.demand("PBSZ", b"0")?;
            connection.demand("PROT", b"P")?;
        }
        connection.demand("TYPE", b"I")?;
        Ok(connection)
    }

    /// The socket, for whoever waits.
    pub(super) fn socket(&self) -> &Arc<TcpStream> {
        self.channel.socket()
    }

    /// Begins TLS. What was read before must have been taken as replies.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn start_tls(&mut self) -> Result<(), Fault> {
        match &self.tls {
            Some(tls) => Ok(tls.secure_control(&mut self.channel)?),
            None => Ok(()),
        }
    }

    /// Does the handshake, if one is to be done; on a connection that does not wait, as far as that goes.
    ///
    /// # Errors
    /// What the socket or TLS says.
    pub(super) fn shake_hands(&mut self) -> Result<(), Fault> {
        Ok(self.channel.handshake()?)
    }

    /// Sends bytes as they are: one command or several.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        write_all(&mut self.channel, bytes)
    }

    /// The next reply, waited for.
    ///
    /// # Errors
    /// What the socket says, or that it is no reply.
    pub(super) fn reply(&mut self) -> Result<Reply, Fault> {
        loop {
            if let Some(reply) = self.received()? {
                return Ok(reply);
            }
            self.fill()?;
        }
    }

    /// The next reply, if it has been read already.
    ///
    /// # Errors
    /// That it is none.
    pub(super) fn received(&mut self) -> Result<Option<Reply>, Fault> {
        while !self.unread.is_empty() {
            let bytes = self.buffer.get(self.unread.clone()).unwrap_or_default();
            let (used, framed) = self.lines.next(bytes);
            let reply = match framed {
                Framed::Line(line) => self.replies.line(line).map_err(|_| Fault::Protocol("a reply"))?,
                Framed::TooLong => return Err(Fault::Protocol("a shorter line")),
                Framed::Partial => None,
            };
            self.unread.start += used;
            if reply.is_some() {
                return Ok(reply);
            }
        }
        Ok(None)
    }

    /// Reads once from the socket. All that was read before must have been taken by [`Self::received`].
    ///
    /// # Errors
    /// What the socket says; [`Fault::Closed`] at its end.
    pub(super) fn fill(&mut self) -> Result<(), Fault> {
        let read = self.channel.read(&mut self.buffer)?;
        self.unread = 0..read;
        if read == 0 { Err(Fault::Closed) } else { Ok(()) }
    }

    /// Sends one command and waits for its reply.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn ask(&mut self, verb: &str, argument: &[u8]) -> Result<Reply, Fault> {
        self.send(&command(verb, argument))?;
        self.reply()
    }

    /// As [`Self::ask`], but anything except a completion is a fault.
    ///
    /// # Errors
    /// As [`Self::ask`], and [`Fault::Refused`].
    pub(super) fn demand(&mut self, verb: &str, argument: &[u8]) -> Result<Reply, Fault> {
        accepted(self.ask(verb, argument)?)
    }

    /// Opens a data connection. `command` is sent together with EPSV (`pipelined`), or after the connection stands; its
    /// reply is still to come, and under TLS the handshake to be ended: some servers wait with the one for the other.
    ///
    /// # Errors
    /// What the network or the server says.
    pub(super) fn data(&mut self, command: &[u8], pipelined: bool) -> Result<Channel, Fault> {
        if pipelined && !self.plain_passive {
            self.send(&[b"EPSV\r\n", command].concat())?;
            let reply = accepted(self.reply()?)?;
            let port = find_extended_port(reply.text()).ok_or(Fault::Protocol("a port in 229"))?;
            return self.connect_data(port);
        }
        let port = self.passive()?;
        let channel = self.connect_data(port)?;
        self.send(command)?;
        Ok(channel)
    }

    /// The first reply to a command of transfer.
    ///
    /// # Errors
    /// [`Fault::Refused`], unless the transfer begins.
    pub(super) fn begun(&mut self) -> Result<(), Fault> {
        let reply = self.reply()?;
        if reply.code().class() == Class::Preliminary { Ok(()) } else { Err(Fault::Refused(reply)) }
    }

    /// The last reply to a command of transfer, or any that says it is done.
    ///
    /// # Errors
    /// [`Fault::Refused`], if it is not.
    pub(super) fn done(&mut self) -> Result<(), Fault> {
        accepted(self.reply()?).map(drop)
    }

    fn passive(&mut self) -> Result<u16, Fault> {
        if !self.plain_passive {
            let reply = self.ask("EPSV", b"")?;
            match reply.code().class() {
                Class::Completion => return find_extended_port(reply.text()).ok_or(Fault::Protocol("a port in 229")),
                Class::Permanent => self.plain_passive = true,
                _ => return Err(Fault::Refused(reply)),
            }
        }
        let reply = self.demand("PASV", b"")?;
        // Only the port: behind NAT the address is often wrong, and it is the same machine anyhow.
        let address = find_host_port(reply.text()).ok_or(Fault::Protocol("an address in 227"))?;
        Ok(address.port())
    }

    fn connect_data(&self, port: u16) -> Result<Channel, Fault> {
        let socket = connect(SocketAddr::new(self.peer.ip(), port), self.timeout)?;
        let channel = Channel::ready(Arc::new(socket.into()));
        let Some(tls) = &self.tls else { return Ok(channel) };
        let mut channel = tls.secure_data(channel)?;
        channel.flush()?;
        Ok(channel)
    }
}

/// Writes all of it.
///
/// # Errors
/// What the socket or TLS says.
pub(super) fn write_all(channel: &mut Channel, mut bytes: &[u8]) -> Result<(), Fault> {
    while !bytes.is_empty() {
        let count = channel.write(bytes)?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// A command with its argument, as it goes over the wire.
pub(super) fn command(verb: &str, argument: &[u8]) -> Vec<u8> {
    let mut text = verb.as_bytes().to_vec();
    if !argument.is_empty() {
        text.push(b' ');
        text.extend_from_slice(argument);
    }
    let mut out = Vec::with_capacity(text.len() + 2);
    write_line(&text, &mut out);
    out
}

/// The reply, if it is a completion.
///
/// # Errors
/// [`Fault::Refused`].
pub(super) fn accepted(reply: Reply) -> Result<Reply, Fault> {
    if reply.code().class() == Class::Completion { Ok(reply) } else { Err(Fault::Refused(reply)) }
}

fn as_login(fault: Fault) -> Fault {
    if let Fault::Refused(reply) = fault { Fault::Login(reply) } else { fault }
}

/// Connects, with a time limit for this and for everything after it: on Linux that for sending holds for connecting too
/// (socket(7)), which saves the calls that a limit takes otherwise.
fn connect(peer: SocketAddr, timeout: Duration) -> Result<OwnedFd, Fault> {
    let socket = socket_for(peer, SocketFlags::empty())?;
    set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(timeout))?;
    match rustix::net::connect(&socket, &peer) {
        Ok(()) => Ok(socket),
        Err(Errno::INPROGRESS) => Err(Fault::Connect(ErrorKind::TimedOut.into())),
        Err(error) => Err(Fault::Connect(error.into())),
    }
}

fn socket_for(peer: SocketAddr, flags: SocketFlags) -> Result<OwnedFd, Fault> {
    let family = if peer.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, flags | SocketFlags::CLOEXEC, None);
    socket.map_err(|error| Fault::Connect(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_cannot_hold_another() {
        assert_eq!(command("EPSV", b""), b"EPSV\r\n");
        assert_eq!(command("RETR", b"a b"), b"RETR a b\r\n");
        assert_eq!(command("RETR", b"a\nDELE b"), b"RETR a DELE b\r\n");
    }
}
