//! [`Connection`]: a client's control connection, on the machine of `ftp-core`. The counterpart of
//! [`crate::session::Session`]: it does all that needs no waiting, and says what to wait for.

mod options;
mod watch;

use crate::channel::Channel;
use crate::clock::Clock;
use crate::control::Control;
use crate::data::{DataConnection, Dialer, PassivePorts};
use crate::pump::{Memory, Pump, Sink, Step};
use crate::readiness::{Direction, Interest, Ready, Socket, Turn};
use crate::storage::Source;
use crate::tls::{ClientSide, TlsClient};
use ftp_core::action::{DataPath, NetworkError, OpId, StorageError, TlsError, TransferError};
use ftp_core::client::{
    ClientAction, ClientCompletion, ClientConfig, ClientSession, Event, Finding, LocalEnd, Misuse, Request,
};
use ftp_core::codec::Transmission;
use ftp_core::time::Time;
pub use options::{ClientOptions, ConnectError};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
pub use watch::{Go, News, Watch};

/// Reads of the control connection in one turn.
const READS: usize = 16;

/// The largest listing kept, in bytes as the server sends it.
const LISTING_LIMIT: usize = 256 << 20;

/// The application's end of a transfer.
pub enum End {
    /// What is to be sent.
    Source(Source),
    /// Where to put what comes.
    Sink(Sink),
}

/// A client's connection to one server.
pub struct Connection {
    clock: Clock,
    machine: ClientSession,
    control: Control<ClientAction>,
    local: SocketAddr,
    peer: SocketAddr,
    /// The control connection comes from where the system lets connections to this peer come from.
    usual: bool,
    ports: PassivePorts,
    data: DataConnection,
    /// What its connections under TLS share.
    tls: Option<ClientSide>,
    /// The handshake under way on the control connection.
    handshake: Option<OpId>,
    transfer: Transfer,
    /// The files of the requests that are not done.
    ends: VecDeque<Option<End>>,
    events: VecDeque<Event>,
    /// Calls that have not been told their end.
    calls: usize,
    /// Bytes of a transfer in one turn.
    portion: usize,
    over: bool,
}

/// The transfer under way.
enum Transfer {
    None,
    /// The data connection is being made.
    Connecting {
        op: OpId,
        /// It is to be under TLS.
        private: bool,
    },
    /// It stands; what it is for is still to be said.
    Connected {
        op: OpId,
        channel: Channel,
    },
    /// The bytes move; or wait for the socket to be ready in this direction.
    Moving {
        op: OpId,
        pump: Box<Pump>,
        direction: Option<Direction>,
        listing: Option<Memory>,
    },
}

impl Connection {
    /// A client on a connection that stands, by the system's clock.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn open(stream: impl Into<Arc<TcpStream>>, options: &ClientOptions) -> io::Result<Self> {
        let connection = Self::new(stream, Clock::system(), |config| options.configure(config))?;
        Ok(Self { portion: options.portion, ..connection.with_tls(options.tls_client.as_deref()) })
    }

    /// The same with the TLS of this client. It has none by itself.
    #[must_use]
    pub fn with_tls(self, client: Option<&TlsClient>) -> Self {
        Self { tls: client.map(TlsClient::session), ..self }
    }

    /// The same for an adapter whose poll tells of what is left to read as often as it is asked, as poll(2) does. It spares calls of the system.
    #[must_use]
    pub fn level_triggered(mut self) -> Self {
        self.control.set_level_triggered();
        self
    }

    /// A client on a connection that stands. `configure` completes the settings, which begin with the defaults for the
    /// two addresses.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(
        stream: impl Into<Arc<TcpStream>>,
        clock: Clock,
        configure: impl FnOnce(&mut ClientConfig),
    ) -> io::Result<Self> {
        let channel = Channel::control(stream)?;
        let (local, peer) = (channel.socket().local_addr()?, channel.socket().peer_addr()?);
        let mut config = ClientConfig::new(local, peer);
        config.now_wall = (crate::clock::system())();
        configure(&mut config);
        let machine = ClientSession::new(config, clock.now());
        Ok(Self {
            clock,
            machine,
            control: Control::new(channel),
            local,
            peer,
            usual: Dialer::comes_from(local, peer),
            ports: PassivePorts::any(),
            data: DataConnection::Closed,
            tls: None,
            handshake: None,
            transfer: Transfer::None,
            ends: VecDeque::new(),
            events: VecDeque::new(),
            calls: 0,
            portion: Pump::BUDGET,
            over: false,
        })
    }

    /// Asks for something. `end` is the file of a transfer. Its end comes as [`Event::Done`], after those of the requests made before; see
    /// [`ClientSession`] for what may be asked at once.
    ///
    /// # Errors
    /// [`Misuse`], when too many requests wait or the connection is closed.
    pub fn request(&mut self, request: Request, end: Option<End>) -> Result<(), Misuse> {
        self.machine.request(self.clock.now(), request)?;
        self.ends.push_back(end);
        Ok(())
    }

    /// Ends the transfer that runs, with ABOR.
    pub fn abort(&mut self) {
        self.machine.abort(self.clock.now());
    }

    /// Gives the connection up, whatever the server is doing: all that was asked for ends with
    /// [`ClientError::Disconnected`](ftp_core::client::ClientError::Disconnected).
    pub fn give_up(&mut self) {
        self.machine.closed(self.clock.now());
        self.settle();
    }

    /// The next thing that happened.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The bytes that the transfer under way has moved; `None` while there is none.
    pub fn moved(&self) -> Option<u64> {
        match &self.transfer {
            Transfer::Moving { pump, listing: None, .. } => Some(pump.moved()),
            _ => None,
        }
    }

    /// Tells the machine what was found out about its server; see [`ClientSession::tell`].
    pub fn tell(&mut self, finding: Finding) {
        self.machine.tell(finding);
    }

    /// The machine, for questions.
    pub fn machine(&self) -> &ClientSession {
        &self.machine
    }

    /// The clock that its deadlines are measured by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Does all that can be done without waiting. `scratch` is room to read into. After it, take the
    /// [`event`](Self::event)s.
    pub fn turn(&mut self, ready: Ready, scratch: &mut [u8]) -> Turn {
        if ready.control {
            self.control.set_readable();
        }
        let mut again = self.advance_transfer(ready.data);
        self.settle();
        for _ in 0..READS {
            if !self.control.read(self.clock.now(), &mut self.machine, scratch) {
                break;
            }
            self.settle();
        }
        // A reply has said that the connection that was kept is in use, or where to connect to, and nearby that is done at once.
        while matches!(self.transfer, Transfer::Connecting { .. }) && self.data.is_likely_to_stand() {
            again |= self.advance_transfer(false);
            self.settle();
        }
        if self.control.wait.deadline.is_some_and(|deadline| deadline <= self.clock.now()) {
            self.machine.timeout(self.clock.now());
            self.settle();
        }
        again |= self.control.has_more() || matches!(self.transfer, Transfer::Moving { direction: None, .. });
        match (self.over, again) {
            (true, _) => Turn::Over,
            (false, true) => Turn::Again,
            (false, false) => Turn::Wait,
        }
    }

    /// What to wait for before the next turn.
    pub fn interest(&self) -> Interest<'_> {
        let data = match &self.transfer {
            Transfer::Connecting { .. } => self.data.interest(),
            Transfer::Connected { channel, .. } if channel.is_handshaking() => {
                Some((Socket::Stream(channel.socket()), channel.waits(Direction::Read)))
            }
            Transfer::Moving { pump, direction: Some(direction), .. } => {
                Some((Socket::Stream(pump.channel().socket()), *direction))
            }
            _ => None,
        };
        self.control.interest(data)
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn settle(&mut self) {
        loop {
            while self.control.drain(self.clock.now(), &mut self.machine) {
                while let Some(action) = self.control.action() {
                    self.act(action);
                }
            }
            if !self.shake_hands() {
                return;
            }
        }
    }

    /// Goes on with the handshake on the control connection, if there is one: is it over?
    fn shake_hands(&mut self) -> bool {
        let Some(op) = self.handshake else { return false };
        let result = match self.control.channel.handshake() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            result => result.map_err(|_| TlsError),
        };
        self.handshake = None;
        self.machine.complete(self.now(), op, ClientCompletion::TlsStarted(result));
        true
    }

    fn start_tls(&mut self, op: OpId, lasting: bool) {
        if let Some(side) = self.tls.as_mut().filter(|_| lasting) {
            side.last();
        }
        let received = self.control.take_inbox();
        let started = match &self.tls {
            Some(side) => self.control.channel.start_tls(|socket| side.control(socket, received)),
            None => Err(ErrorKind::Unsupported.into()),
        };
        self.handshake = Some(op).filter(|_| started.is_ok());
        if started.is_err() {
            self.machine.complete(self.now(), op, ClientCompletion::TlsStarted(Err(TlsError)));
        }
    }

    /// The data connection under TLS, if it is to be and is not already.
    fn secured(&self, channel: Channel, private: bool) -> Result<Channel, NetworkError> {
        match &self.tls {
            Some(side) if private && !channel.is_secured() => {
                channel.secured(|socket| side.data(socket)).map_err(|_| NetworkError::Local)
            }
            None if private => Err(NetworkError::Local),
            _ => Ok(channel),
        }
    }

    fn act(&mut self, action: ClientAction) {
        match action {
            ClientAction::Listen { op } => {
                let result = self.data.listen(&self.ports, self.local, self.peer);
                self.machine.complete(self.now(), op, ClientCompletion::Listening(result));
            }
            ClientAction::StartTls { op, lasting } => self.start_tls(op, lasting),
            ClientAction::StopTls => self.control.channel.stop_tls(),
            ClientAction::Open { op, data, private } => match self.begin_data(data) {
                Ok(()) => self.transfer = Transfer::Connecting { op, private },
                Err(error) => self.connected(op, Err(error)),
            },
            ClientAction::Transfer { op, end, transmission } => self.begin(op, end, transmission),
            ClientAction::Progress { op } => {
                let bytes = match &self.transfer {
                    Transfer::Moving { pump, .. } => pump.moved(),
                    _ => 0,
                };
                self.machine.complete(self.now(), op, ClientCompletion::Progress(bytes));
            }
            ClientAction::Cancel { op } => {
                // Behind a transfer whose bytes move, it is the next one's listener.
                let moving = matches!(self.transfer, Transfer::Moving { .. } | Transfer::Connected { .. });
                if !(moving && matches!(self.data, DataConnection::Listening(_))) {
                    self.data = DataConnection::Closed;
                }
                match std::mem::replace(&mut self.transfer, Transfer::None) {
                    Transfer::Moving { pump, .. } => {
                        pump.break_off();
                        self.transferred(op, pump.cancel(), None);
                    }
                    // To a server that waits for an upload, a close in good order is a whole and empty file.
                    Transfer::Connected { channel, .. } => channel.reset_on_close(),
                    _ => {}
                }
            }
            ClientAction::Notify(event) => {
                if matches!(event, Event::Done(_)) {
                    self.ends.pop_front();
                }
                self.events.push_back(event);
            }
            ClientAction::Close => {
                if self.control.channel.shutdown_write().is_err() {
                    // TLS that failed, or waits for a peer, cannot be ended in good order. The socket can; or it is gone already.
                    let _ = self.control.channel.socket().shutdown(Shutdown::Write);
                }
                self.over = true;
            }
        }
    }

    fn begin_data(&mut self, data: DataPath) -> Result<(), NetworkError> {
        match data {
            // The system chooses the same address by itself.
            DataPath::Connect(to) if self.usual && to.ip() == self.peer.ip() => {
                self.data = DataConnection::Dialing(Dialer::start_anywhere(to)?);
                Ok(())
            }
            data => self.data.begin(data, self.local),
        }
    }

    fn begin(&mut self, op: OpId, end: LocalEnd, transmission: Transmission) {
        let channel = match std::mem::replace(&mut self.transfer, Transfer::None) {
            Transfer::Connected { op: connected, channel } if connected == op => channel,
            _ => return self.transferred(op, Err(TransferError::NoConnection), None),
        };
        let (pump, listing) = match (end, self.ends.front_mut().and_then(Option::take)) {
            (LocalEnd::Source, Some(End::Source(source))) => (Pump::send(source, transmission, channel), None),
            (LocalEnd::Sink, Some(End::Sink(sink))) => (Pump::receive(sink, transmission, channel, None), None),
            (LocalEnd::Listing, _) => {
                let listing = Memory::new(LISTING_LIMIT);
                let sink = Sink::Writer(Box::new(listing.clone()));
                (Pump::receive(sink, transmission, channel, None), Some(listing))
            }
            // The application gave nothing, or the wrong end.
            _ => return self.transferred(op, Err(TransferError::Storage(StorageError::Unsupported)), None),
        };
        self.transfer = Transfer::Moving { op, pump: Box::new(pump), direction: None, listing };
    }

    /// Moves the transfer on: is there more to do at once?
    fn advance_transfer(&mut self, ready: bool) -> bool {
        self.settle();
        if let Transfer::Connecting { op, private } = self.transfer
            && let Some(outcome) = self.data.connected()
        {
            self.transfer = Transfer::None;
            let secured = outcome.and_then(|channel| self.secured(channel, private));
            let outcome = secured.map(|channel| self.transfer = Transfer::Connected { op, channel });
            self.connected(op, outcome);
            self.settle();
        }
        if let Transfer::Connected { channel, .. } = &mut self.transfer {
            // Some servers shake hands before they say 1xx. One that fails now fails again when bytes are to move.
            let _ = channel.handshake();
        }
        let Transfer::Moving { op, pump, direction, listing } = &mut self.transfer else { return false };
        if direction.is_some() && !ready {
            return false;
        }
        match pump.step(self.portion) {
            Step::Again => {
                *direction = None;
                return true;
            }
            Step::Marker => {
                *direction = None;
                if let Some(marker) = pump.take_marker() {
                    let op = *op;
                    self.machine.complete(self.now(), op, ClientCompletion::Marker(marker));
                }
                return true;
            }
            Step::Readable => *direction = Some(Direction::Read),
            Step::Writable => *direction = Some(Direction::Write),
            Step::Done(result) => {
                let (op, listing) = (*op, listing.take());
                if let Transfer::Moving { pump, .. } = std::mem::replace(&mut self.transfer, Transfer::None) {
                    if result.is_err() {
                        pump.break_off();
                    }
                    if let Some(channel) = pump.into_kept() {
                        self.data = DataConnection::Kept(channel);
                    }
                }
                self.transferred(op, result, listing.as_ref());
            }
        }
        false
    }

    fn connected(&mut self, op: OpId, outcome: Result<(), NetworkError>) {
        self.machine.complete(self.now(), op, ClientCompletion::Connected(outcome));
    }

    fn transferred(&mut self, op: OpId, result: Result<u64, TransferError>, listing: Option<&Memory>) {
        if let Some(listing) = listing {
            // A listing that is too large is the machine's to report, when the transfer is over.
            let _ = self.machine.listing(&listing.take());
        }
        self.machine.complete(self.now(), op, ClientCompletion::Transferred(result));
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).finish_non_exhaustive()
    }
}
