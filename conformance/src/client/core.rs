//! [`Core`]: a `ClientSession` with nothing around it: its server is the script, its data connections are in memory, and time
//! goes by when the script says so.

use super::outcome::describe;
use super::tls::{NO_TLS, STILL_TLS};
use super::{Ask, Client, Script};
use crate::backend::Received;
use crate::backend::core::Chunks;
use crate::backend::core::control::{Answers, Control};
use crate::backend::core::transfer::{Kept, Step, Transfer};
use crate::backend::world::MADE;
use crate::network::{Listener, Network, Read, Socket};
use ftp_core::action::{DataPath, NetworkError, OpId, TlsError, TransferError};
use ftp_core::client::{
    ClientAction, ClientCompletion, ClientConfig, ClientError, ClientSession, Event, LocalEnd, Outcome, Request,
};
use ftp_core::drain::Wait;
use ftp_core::time::Time;
use std::collections::VecDeque;
use std::io::Cursor;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Timeouts in a row that a session may want at one and the same time.
const TIMEOUTS_AT_ONCE: u32 = 100;

/// A client in memory.
pub struct Core {
    session: ClientSession,
    wait: Wait,
    now: Time,
    chunks: Chunks,
    control: Control<ClientAction>,
    /// The handshake that its server has not answered.
    handshake: Option<OpId>,
    /// It has ended TLS, and its server has not.
    tls_ended: bool,
    answers: Answers<ClientCompletion>,
    network: Network,
    data: Data,
    /// What was retrieved.
    sink: Vec<u8>,
    /// The requests that are not done, and what they store.
    asked: VecDeque<(Request, Vec<u8>)>,
    outcomes: VecDeque<Done>,
    /// Something has gone in since the session was drained.
    news: bool,
    /// Timeouts in a row at one and the same time.
    timeouts: u32,
    over: bool,
    /// Where the next data connection is to come, while another is in use.
    standby: Option<Listener>,
    /// The script's ends of data connections.
    server_listener: Option<Listener>,
    server_data: Option<Socket>,
}

/// The client's end of the data connection.
enum Data {
    None,
    /// The server may connect.
    Listening(Listener),
    /// The server is to connect.
    Accepting {
        op: OpId,
        listener: Listener,
        private: bool,
    },
    /// It stands, and perhaps stays open after a transfer.
    Open(Kept),
    Moving {
        op: OpId,
        end: LocalEnd,
        transfer: Transfer,
        socket: Socket,
    },
}

/// What came of a request, and what it retrieved.
pub(crate) struct Done {
    pub(crate) request: Request,
    pub(crate) result: Result<Outcome, ClientError>,
    pub(crate) content: Vec<u8>,
}

impl Core {
    /// A client of this script, which has just connected.
    pub fn new(script: &Script, chunks: Chunks) -> Self {
        let mut config = config();
        script.configure(&mut config);
        let mut core = Self::begin(config, chunks, Network::default());
        core.settle();
        core
    }

    /// A session that has not been drained yet; its data connections go over `network`.
    pub(crate) fn begin(config: ClientConfig, chunks: Chunks, network: Network) -> Self {
        Self {
            session: ClientSession::new(config, Time::ZERO),
            wait: Wait { read: false, urgent: false, write: true, deadline: None },
            now: Time::ZERO,
            chunks,
            control: Control::new(),
            handshake: None,
            tls_ended: false,
            answers: Answers::new(),
            network,
            data: Data::None,
            sink: Vec::new(),
            asked: VecDeque::new(),
            outcomes: VecDeque::new(),
            news: true,
            timeouts: 0,
            over: false,
            standby: None,
            server_listener: None,
            server_data: None,
        }
    }

    /// Lets everything happen that can, until nothing more can.
    fn settle(&mut self) {
        while self.round() {}
    }

    /// Lets something happen: could something more?
    pub(crate) fn round(&mut self) -> bool {
        let mut more = self.drain();
        more |= self.wait.write && self.control.room() > 0;
        more |= self.carry_out() | self.answer() | self.shake_hands() | self.feed() | self.accept_server();
        more |= self.move_data();
        if !more && self.wait.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.timeouts += 1;
            assert!(self.timeouts < TIMEOUTS_AT_ONCE, "the session's deadline stands still");
            self.session.timeout(self.now);
            self.news = true;
            more = true;
        }
        more
    }

    /// It is later now.
    pub(crate) fn set_time(&mut self, now: Time) {
        self.now = now;
        self.network.set_time(now);
        self.timeouts = 0;
    }

    /// Speaks over this control connection from now on; each answer of the host takes up to `lag`.
    pub(crate) fn speak(&mut self, control: Socket, lag: Duration) {
        self.control.socket = Some(control);
        self.answers.lag = lag;
    }

    /// When something happens by itself.
    pub(crate) fn next_event(&self) -> Option<Time> {
        self.wait.deadline.into_iter().chain(self.next_answer()).min()
    }

    /// When an answer of the host is ready.
    pub(crate) fn next_answer(&self) -> Option<Time> {
        self.answers.next()
    }

    /// Has the session closed its control connection?
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The host goes away.
    pub(crate) fn hang_up(&mut self) {
        self.control.socket = None;
        self.data = Data::None;
    }

    /// Does the host still hold a listener, or a data connection that is not kept for the next transfer?
    pub(crate) fn holds_data(&self) -> bool {
        !matches!(self.data, Data::None | Data::Open(_))
    }

    /// Drains the session when it asked for that: when something went in, or when it can write what it could not. Did it?
    fn drain(&mut self) -> bool {
        let due = self.news || (self.wait.write && self.control.room() > 0);
        if due {
            self.news = false;
            self.control.open(&mut self.chunks);
            self.wait = self.session.drain(self.now, &mut self.control);
            if self.control.socket.is_some() {
                // It has left by that.
                self.control.said.clear();
            }
        }
        due
    }

    fn reply(&mut self, op: OpId, done: ClientCompletion) {
        self.answers.push(self.now, op, done, &mut self.chunks);
    }

    fn answer(&mut self) -> bool {
        let waiting = self.answers.next().is_some_and(|due| due <= self.now);
        if waiting
            && self.chunks.now()
            && let Some((op, done)) = self.answers.pop()
        {
            self.session.complete(self.now, op, done);
            self.news = true;
            // What it waits for has changed.
            self.drain();
        }
        waiting
    }

    fn feed(&mut self) -> bool {
        if !self.wait.read {
            return false;
        }
        self.control.fetch(&mut self.chunks);
        if self.control.inbox.is_empty() {
            let news = self.control.tell_end();
            if news {
                self.session.closed(self.now);
                self.news = true;
            }
            return news;
        }
        if self.chunks.now() {
            let count = self.chunks.size(self.control.inbox.len());
            let taken = self.session.receive(self.now, &self.control.inbox[..count]);
            self.control.inbox.drain(..taken);
            self.news = true;
        }
        true
    }

    /// Ends the handshake that the script's server has answered. What it sent in the clear before is no part of one, so it breaks it.
    fn answered(&mut self, succeeds: bool) -> bool {
        let Some(op) = self.handshake.take() else { return false };
        let sound = succeeds && std::mem::take(&mut self.control.inbox).is_empty();
        self.reply(op, ClientCompletion::TlsStarted(if sound { Ok(()) } else { Err(TlsError) }));
        true
    }

    /// Goes on with the handshake, once the server has answered it or is gone.
    fn shake_hands(&mut self) -> bool {
        let Some(control) = &self.control.socket else { return false };
        let begun = control.peer_tls().is_some();
        if !begun && control.read(0) == Read::Nothing {
            return false;
        }
        let Some(op) = self.handshake.take() else { return false };
        self.reply(op, ClientCompletion::TlsStarted(if begun { Ok(()) } else { Err(TlsError) }));
        true
    }

    /// Moves bytes, if a transfer runs: is there more to do?
    fn move_data(&mut self) -> bool {
        let Data::Moving { op, end, transfer, socket } = &mut self.data else { return false };
        if !self.chunks.now() {
            return true;
        }
        // In a script the server's part of the handshake is a line of its own.
        let unanswered = self.control.socket.is_none() && socket.has_begun_tls() && socket.peer_tls().is_none();
        let step = match socket.read(0) {
            Read::Nothing if unanswered && socket.available() == 0 => return false,
            _ if unanswered => Step::Over(Err(TransferError::HandshakeFailed)),
            _ => transfer.step(socket, &mut self.chunks),
        };
        let op = *op;
        let bytes = transfer.take();
        if *end == LocalEnd::Listing {
            // The session says itself that a listing is too large.
            let _ = self.session.listing(&bytes);
            self.news |= !bytes.is_empty();
        } else {
            self.sink.extend(bytes);
        }
        match step {
            Step::Moved => true,
            Step::Blocked => false,
            Step::Marker(marker) => {
                self.reply(op, ClientCompletion::Marker(marker));
                true
            }
            Step::Over(result) => {
                if let Data::Moving { transfer, socket, .. } = std::mem::replace(&mut self.data, Data::None)
                    && result.is_ok()
                    && transfer.keeps_connection()
                {
                    self.data = Data::Open(Kept { socket, ahead: transfer.into_ahead() });
                }
                self.reply(op, ClientCompletion::Transferred(result));
                true
            }
        }
    }

    /// Does what the session asks for.
    fn carry_out(&mut self) -> bool {
        let Some(action) = self.control.actions.pop_front() else { return false };
        match action {
            ClientAction::Listen { op } => {
                let listener = self.network.listen();
                self.reply(op, ClientCompletion::Listening(Ok(listener.address())));
                // Behind a transfer, it is for the next one.
                if matches!(self.data, Data::Open(_) | Data::Moving { .. }) {
                    self.standby = Some(listener);
                } else {
                    self.data = Data::Listening(listener);
                }
            }
            ClientAction::Open { op, data: DataPath::Connect(to), private } => {
                let socket = self.network.connect(to).inspect(|socket| socket.reset_on_close(true));
                if let Some(socket) = socket.as_ref().filter(|_| private) {
                    socket.begin_tls(true);
                }
                let result = socket.as_ref().map(drop).ok_or(NetworkError::Unreachable);
                self.data = socket.map(Kept::fresh).map_or(Data::None, Data::Open);
                self.reply(op, ClientCompletion::Connected(result));
            }
            ClientAction::Open { op, data: DataPath::Accept, private } => {
                self.data = match std::mem::replace(&mut self.data, Data::None) {
                    Data::Listening(listener) => Data::Accepting { op, listener, private },
                    other => match self.standby.take() {
                        Some(listener) => Data::Accepting { op, listener, private },
                        None => other,
                    },
                };
            }
            ClientAction::Open { op, data: DataPath::Kept, .. } => {
                let open = matches!(&self.data, Data::Open(kept) if !kept.is_closed());
                if !open {
                    self.data = Data::None;
                }
                let result = if open { Ok(()) } else { Err(NetworkError::Unreachable) };
                self.reply(op, ClientCompletion::Connected(result));
            }
            ClientAction::Transfer { op, end, transmission } => {
                if let Data::Open(Kept { socket, ahead }) = std::mem::replace(&mut self.data, Data::None) {
                    let transfer = if end == LocalEnd::Source {
                        let source = self.asked.front_mut().map(|(_, content)| std::mem::take(content));
                        Transfer::send(Box::new(Cursor::new(source.unwrap_or_default())), transmission)
                    } else {
                        socket.reset_on_close(false);
                        Transfer::keep(transmission)
                    };
                    let transfer = transfer.with_ahead(ahead);
                    self.data = Data::Moving { op, end, transfer, socket };
                }
            }
            ClientAction::Progress { op } => {
                let moved = match &self.data {
                    Data::Moving { transfer, .. } => transfer.moved(),
                    _ => 0,
                };
                self.reply(op, ClientCompletion::Progress(moved));
            }
            ClientAction::Cancel { op } => {
                if let Data::Moving { .. } = std::mem::replace(&mut self.data, Data::None) {
                    self.reply(op, ClientCompletion::Transferred(Err(TransferError::Cancelled)));
                }
            }
            ClientAction::Notify(Event::Done(result)) => {
                if let Some((request, _)) = self.asked.pop_front() {
                    self.outcomes.push_back(Done { request, result, content: std::mem::take(&mut self.sink) });
                }
            }
            ClientAction::Notify(_) => {}
            ClientAction::StartTls { op, .. } => match &self.control.socket {
                Some(control) => {
                    control.begin_tls(false);
                    self.handshake = Some(op);
                }
                // The script answers it.
                None => self.handshake = Some(op),
            },
            ClientAction::StopTls => match &self.control.socket {
                Some(control) => control.end_tls(),
                None => self.tls_ended = true,
            },
            ClientAction::Close => {
                self.over = true;
                self.control.socket = None;
            }
        }
        true
    }

    /// Takes the server's connection, where the client waits for that.
    fn accept_server(&mut self) -> bool {
        let Data::Accepting { op, listener, private } = &self.data else { return false };
        let (op, private, Some(socket)) = (*op, *private, listener.accept()) else { return false };
        socket.reset_on_close(true);
        if private {
            socket.begin_tls(true);
        }
        self.data = Data::Open(Kept::fresh(socket));
        self.reply(op, ClientCompletion::Connected(Ok(())));
        true
    }

    /// Asks the session for this; `content` is what is to be stored.
    pub(crate) fn request(&mut self, request: &Request, content: &[u8]) {
        self.news = true;
        match self.session.request(self.now, request.clone()) {
            Ok(()) => self.asked.push_back((request.clone(), content.to_vec())),
            Err(_) => self.outcomes.push_back(Done {
                request: request.clone(),
                result: Err(ClientError::Disconnected),
                content: Vec::new(),
            }),
        }
    }

    /// Gives up what runs.
    pub(crate) fn abort(&mut self) {
        self.session.abort(self.now);
        self.news = true;
    }

    /// What came of a request that is over.
    pub(crate) fn done(&mut self) -> Option<Done> {
        self.outcomes.pop_front()
    }
}

/// The settings of a client in memory, whose server is at port 21.
pub(crate) fn config() -> ClientConfig {
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    ClientConfig { now_wall: MADE, ..ClientConfig::new(at(39_999), at(21)) }
}

impl Client for Core {
    fn ask(&mut self, ask: &Ask, _more: bool) {
        match ask {
            Ask::Abort => self.abort(),
            Ask::Request(request, content) => self.request(request, content.as_deref().unwrap_or_default()),
        }
        self.settle();
    }

    fn outcome(&mut self) -> Option<String> {
        self.done().map(|done| describe(&done.request, &done.result, &done.content))
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.wait.deadline.filter(|deadline| *deadline <= until) {
            self.set_time(self.now.max(deadline));
            self.settle();
        }
        self.set_time(until);
        self.settle();
    }

    fn send(&mut self, bytes: &[u8]) {
        self.control.inbox.extend_from_slice(bytes);
        self.settle();
    }

    fn receive(&mut self) -> Received {
        match (self.control.said.is_empty(), self.over) {
            (false, _) => Received::Bytes(std::mem::take(&mut self.control.said)),
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn close(&mut self) {
        self.control.end();
        self.answered(false);
        self.settle();
    }

    fn listen(&mut self) -> SocketAddr {
        self.server_data = None;
        self.server_listener.insert(self.network.listen()).address()
    }

    fn nobody(&mut self) -> SocketAddr {
        self.server_listener = None;
        self.network.nobody()
    }

    fn accept(&mut self) -> bool {
        if let Some(socket) = self.server_listener.as_ref().and_then(Listener::accept) {
            self.server_data = Some(socket);
        }
        self.server_data.is_some()
    }

    fn connect(&mut self, port: u16) -> bool {
        self.server_data = self.network.connect((Ipv4Addr::LOCALHOST, port).into());
        self.settle();
        self.server_data.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(socket) = &self.server_data
            && !rest.is_empty()
        {
            let Ok(count @ 1..) = socket.write(rest) else { return };
            rest = &rest[count..];
            self.settle();
        }
    }

    fn receive_data(&mut self) -> Received {
        let Some(socket) = &self.server_data else { return Received::Nothing };
        match socket.read(usize::MAX) {
            Read::Bytes(bytes) => {
                self.settle();
                Received::Bytes(bytes)
            }
            Read::Closed | Read::Broken => Received::Closed,
            Read::Nothing => Received::Nothing,
        }
    }

    fn close_data(&mut self, reset: bool) {
        if let Some(socket) = &self.server_data {
            if reset {
                socket.reset();
            } else {
                socket.close_write();
            }
        }
        self.settle();
    }

    fn shake_hands(&mut self, succeeds: bool) -> Result<(), &'static str> {
        let begun = self.answered(succeeds);
        self.settle();
        begun.then_some(()).ok_or(NO_TLS)
    }

    fn stop_tls(&mut self) -> Result<(), &'static str> {
        std::mem::take(&mut self.tls_ended).then_some(()).ok_or(STILL_TLS)
    }

    fn secure_data(&mut self) -> Result<(), &'static str> {
        let socket = self.server_data.as_ref().filter(|socket| socket.peer_tls().is_some()).ok_or(NO_TLS)?;
        socket.begin_tls(true);
        self.settle();
        Ok(())
    }

    fn truncate_data(&mut self) {
        if let Some(socket) = &self.server_data {
            socket.truncate();
        }
        self.close_data(false);
    }
}
