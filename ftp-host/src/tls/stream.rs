//! [`Stream`]: TLS over one socket, for either side. It never blocks, and holds a bounded number of bytes.

use super::demand::Demand;
use super::peer::{Client, ClientCertificate, Identity};
use super::{Failure, Fingerprint};
use crate::channel::uninterrupted;
use crate::readiness::Direction;
use rustls::pki_types::CertificateDer;
use rustls::{Connection, HandshakeKind, ProtocolVersion};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

/// The header of a TLS record: type, version, length (RFC 8446 5.1).
const HEADER: usize = 5;
/// The longest record: header, content, and what protects it (RFC 8446 5.2).
const RECORD: usize = HEADER + (16 << 10) + 256;
/// The types that a record may have: `change_cipher_spec` to `application_data`. No command and no reply begins with one.
const RECORD_TYPES: std::ops::RangeInclusive<u8> = 20..=23;

/// Bytes of a control connection that are read at a time, and that may wait to be written.
const CONTROL: usize = 4 << 10;
/// The same on a data connection: some system calls fewer for each MiB.
const DATA: usize = 256 << 10;

/// TLS over a socket.
pub(crate) struct Stream {
    socket: Arc<TcpStream>,
    connection: Connection,
    incoming: Incoming,
    /// How many are read at a time, and how many may wait to be written.
    room: usize,
    /// The socket has come to its end.
    at_end: bool,
    /// A session that goes on from no other is refused.
    resumed: bool,
    /// Who the peer of the session is: the control connection tells, data connections ask.
    identity: Identity,
    /// Who wants to know why TLS failed.
    demand: Option<Arc<Demand>>,
    /// The end of the socket without `close_notify` is the end of the stream.
    lenient: bool,
    phase: Phase,
    /// What the last call that would have blocked waits for.
    waits: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Handshake,
    /// Open; but tickets wait until something is written for its own sake, or the peer has come to its end.
    Quiet,
    Open,
    /// `close_notify` was sent. On a control connection plain bytes may follow that of the peer (RFC 4217 5).
    Ending,
}

impl Stream {
    pub(super) fn control(
        socket: Arc<TcpStream>,
        connection: Connection,
        identity: Identity,
        received: Vec<u8>,
    ) -> Self {
        let mut stream = Self::new(socket, connection, identity, CONTROL);
        stream.incoming = Incoming::of(received);
        // A control connection ends with QUIT or its socket; nothing is cut short that has its own line ends.
        stream.lenient = true;
        stream
    }

    pub(super) fn data(socket: Arc<TcpStream>, connection: Connection, identity: Identity) -> Self {
        Self::new(socket, connection, identity, DATA)
    }

    fn new(socket: Arc<TcpStream>, mut connection: Connection, identity: Identity, room: usize) -> Self {
        connection.set_buffer_limit(Some(room));
        Self {
            socket,
            connection,
            incoming: Incoming::default(),
            room,
            at_end: false,
            resumed: false,
            identity,
            demand: None,
            lenient: false,
            phase: Phase::Handshake,
            waits: Direction::Read,
        }
    }

    /// With `resumed`, it has to go on from an earlier session; with `closed`, to end with `close_notify`.
    pub(super) const fn requiring(mut self, resumed: bool, closed: bool) -> Self {
        self.resumed = resumed;
        self.lenient = !closed;
        self
    }

    /// A client without a certificate hears why it gets no further.
    pub(super) fn heard_by(self, demand: Arc<Demand>) -> Self {
        Self { demand: Some(demand), ..self }
    }

    pub(crate) const fn socket(&self) -> &Arc<TcpStream> {
        &self.socket
    }

    /// What the last call that would have blocked waits for: a handshake reads where its owner writes.
    pub(crate) const fn waits(&self) -> Direction {
        self.waits
    }

    /// Is the handshake still to be done?
    pub(crate) fn is_handshaking(&self) -> bool {
        self.phase == Phase::Handshake
    }

    /// Is this the client's side?
    pub(crate) const fn is_client(&self) -> bool {
        matches!(self.connection, Connection::Client(_))
    }

    fn peer_certificate(&self) -> Option<&CertificateDer<'static>> {
        self.connection.peer_certificates().and_then(<[_]>::first)
    }

    /// What a server's handshake told of its client.
    pub(crate) fn client(&self) -> Client {
        match &self.connection {
            Connection::Server(connection) => Client {
                server_name: connection.server_name().map(ToOwned::to_owned),
                certificate: self.peer_certificate().map(|der| ClientCertificate::from_der(der)),
            },
            Connection::Client(_) => Client::default(),
        }
    }

    /// Are there bytes that the socket has not taken yet?
    pub(crate) fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    /// Does the handshake, as far as the socket lets.
    pub(crate) fn handshake(&mut self) -> io::Result<()> {
        self.shake_hands().map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => error,
            _ if Failure::of(&error).is_some() => error,
            _ => Failure::Handshake(error.to_string()).into(),
        })
    }

    /// Reads what the peer has sent of the handshake, without looking into it: is there anything for
    /// [`handshake`](Self::handshake) to do?
    pub(crate) fn gather(&mut self) -> bool {
        if self.wants_write() {
            return false;
        }
        if self.connection.is_handshaking() && self.incoming.held().is_empty() {
            // What else is wrong with the socket the handshake will say.
            return !matches!(self.refill(), Err(error) if error.kind() == ErrorKind::WouldBlock);
        }
        true
    }

    fn shake_hands(&mut self) -> io::Result<()> {
        while self.phase == Phase::Handshake {
            if !self.owes_only_tickets() {
                self.flush()?;
            }
            if !self.connection.is_handshaking() {
                if self.resumed && self.connection.handshake_kind() != Some(HandshakeKind::Resumed) {
                    return Err(Failure::NotResumed.into());
                }
                let shown = self.peer_certificate().map(Fingerprint::of);
                if self.room == CONTROL {
                    self.identity.set(shown);
                } else if !self.identity.admits(shown) {
                    return Err(Failure::OtherPeer.into());
                }
                self.phase = if self.owes_only_tickets() { Phase::Quiet } else { Phase::Open };
                return Ok(());
            }
            if self.at_end {
                return Err(Failure::Handshake("the peer closed the connection".into()).into());
            }
            self.feed()?;
        }
        Ok(())
    }

    /// Is the handshake over but for the tickets of a data connection? A client that uploads need not read, and one that
    /// closes its socket with a ticket unread resets it, which destroys what it sent last. So tickets leave behind the end of
    /// an upload, or with the first bytes of a download (RFC 8446 4.6.1 lets them come at any time).
    fn owes_only_tickets(&self) -> bool {
        let is_new = self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        is_new && self.room == DATA && !self.is_client() && !self.connection.is_handshaking()
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = self.read_some(buffer)?;
        // On a data connection all that is here already: one call on the file for many records.
        while self.room == DATA && self.phase != Phase::Ending && !self.incoming.held().is_empty() {
            let Some(rest @ [_, ..]) = buffer.get_mut(count..).filter(|_| count > 0) else { break };
            self.feed()?;
            match self.connection.reader().read(rest) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The next call says that this is the end, or why there is none.
                Ok(0) | Err(_) => break,
                Ok(more) => count += more,
            }
        }
        Ok(count)
    }

    /// Reads the next bytes, a record of them at most where more has to be waited for.
    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.handshake()?;
        loop {
            match self.connection.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The socket is at its end and TLS is not.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof && self.lenient => return Ok(0),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(Failure::Truncated.into()),
                result => return result,
            }
            match if self.phase == Phase::Quiet { Ok(()) } else { self.flush() } {
                // Answers of TLS itself leave when they can. The end of TLS has to leave before anything plain.
                Err(error) if error.kind() != ErrorKind::WouldBlock || self.is_ending() => return Err(error),
                _ => {}
            }
            self.feed()?;
            if self.turns_plain() {
                return Ok(0);
            }
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.handshake()?;
        if self.phase == Phase::Ending {
            // On the control connection what follows close_notify is plain.
            self.flush()?;
            return uninterrupted(|| self.socket.as_ref().write(bytes));
        }
        let count = self.connection.writer().write(bytes)?;
        match self.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock && count > 0 => Ok(count),
            Err(error) => Err(error),
            Ok(()) if count == 0 && !bytes.is_empty() => self.connection.writer().write(bytes),
            Ok(()) => Ok(count),
        }
    }

    /// Writes what waits to be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.phase == Phase::Quiet {
            self.phase = Phase::Open;
        }
        while self.connection.wants_write() {
            let socket = &self.socket;
            let written = uninterrupted(|| self.connection.write_tls(&mut socket.as_ref()));
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) => {
                    self.waits = Direction::Write;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Sends `close_notify` as soon as it can leave. What is written next is plain.
    pub(crate) fn notify(&mut self) {
        if matches!(self.phase, Phase::Quiet | Phase::Open) {
            self.connection.send_close_notify();
            self.phase = Phase::Ending;
        }
    }

    /// Sends `close_notify`, and closes the socket for writing. A handshake is done first: without one an empty file would
    /// be no file.
    pub(crate) fn shutdown_write(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.notify();
        self.flush()?;
        self.socket.shutdown(Shutdown::Write)
    }

    /// TLS has ended on both sides, and what comes next is plain: these bytes of it are here already.
    pub(crate) fn into_plain(self) -> Vec<u8> {
        self.incoming.held().to_vec()
    }

    /// Has `close_notify` been sent?
    pub(crate) fn is_ending(&self) -> bool {
        self.phase == Phase::Ending
    }

    /// Some clients never answer a `close_notify`: a plain byte says as much.
    fn turns_plain(&self) -> bool {
        self.phase == Phase::Ending && self.incoming.held().first().is_some_and(|first| !RECORD_TYPES.contains(first))
    }

    /// Gives TLS what the socket has, reading it first where nothing is left.
    fn feed(&mut self) -> io::Result<()> {
        if self.incoming.held().is_empty() {
            self.refill()?;
        }
        // TLS would swallow what lies behind close_notify, so it gets no more than whole records where that may be plain.
        while self.phase == Phase::Ending && !self.at_end && !self.turns_plain() && self.record().is_none() {
            self.refill()?;
        }
        if self.turns_plain() {
            return Ok(());
        }
        let record = if self.phase == Phase::Ending { self.record() } else { None };
        let held = self.incoming.held();
        let whole = record.and_then(|length| held.get(..length)).unwrap_or(held);
        let used = self.connection.read_tls(&mut { whole })?;
        self.incoming.consume(used);
        if self.room == CONTROL {
            // An idle session holds no memory for what it once received.
            self.incoming.release();
        }
        if let Err(error) = self.connection.process_new_packets() {
            if let Some(demand) = &self.demand {
                demand.hear(&error);
            }
            // The alert tells the peer why, if it can still be told.
            let _ = self.flush();
            let why = error.to_string();
            return Err(
                if self.phase == Phase::Handshake { Failure::Handshake(why) } else { Failure::Broken(why) }.into()
            );
        }
        Ok(())
    }

    /// The length of the first record, if all of it is there.
    fn record(&self) -> Option<usize> {
        let held = self.incoming.held();
        let length = held.get(3..HEADER)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        Some(HEADER + length).filter(|whole| *whole <= held.len())
    }

    /// Reads more of the socket behind what is there.
    fn refill(&mut self) -> io::Result<()> {
        if self.at_end {
            return Ok(());
        }
        let room = self.incoming.room(self.room);
        match uninterrupted(|| self.socket.as_ref().read(room)) {
            Ok(0) => self.at_end = true,
            Ok(count) => self.incoming.fill(count),
            Err(error) => {
                self.waits = Direction::Read;
                self.incoming.release();
                return Err(error);
            }
        }
        Ok(())
    }
}

/// What came from the socket and TLS has not had yet.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Incoming {
    fn of(bytes: Vec<u8>) -> Self {
        Self { start: 0, end: bytes.len(), bytes }
    }

    fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Room for at least a record more behind what is held.
    fn room(&mut self, least: usize) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.bytes.len() < self.end + RECORD.min(least) {
            self.bytes.drain(..self.start);
            (self.start, self.end) = (0, self.end - self.start);
            self.bytes.resize((self.end + RECORD.min(least)).max(least), 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    fn fill(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Gives back the memory, if nothing is held.
    fn release(&mut self) {
        if self.start == self.end {
            *self = Self::default();
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("phase", &self.phase).finish_non_exhaustive()
    }
}
