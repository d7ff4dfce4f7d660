//! [`Session`]: one control connection of a server, on the machine of `ftp-core`. It does all that needs no waiting, and
//! says what to wait for; who waits, and how, is the adapter's.

use crate::accounts::Account;
use crate::channel::Channel;
use crate::control::Control;
use crate::data::DataConnection;
use crate::door::Arrival;
use crate::gate::{Gate, Ready as Opened};
use crate::host::Host;
use crate::job::{Finished, Job, Outcome, Task};
use crate::pump::{Pump, Sink, Step};
use crate::readiness::{Direction, Interest, Ready, Socket, Turn};
use crate::registry::{Order, Seat, Waker};
use crate::storage::Source;
use crate::tls::{ClientCertificate, ServerSide};
use ftp_core::action::{
    Action, Completion, DataPath, Handshake, LoginError, NetworkError, OpId, Protection, StorageError, TlsError,
    TransferError, Work,
};
use ftp_core::codec::Transmission;
use ftp_core::permission::Permissions;
use ftp_core::server::ServerSession;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

/// Reads of the control connection in one turn: past that, others have theirs.
const READS: usize = 16;

/// A server's session.
pub struct Session {
    host: Arc<Host>,
    seat: Option<Seat>,
    machine: ServerSession,
    control: Control<Action>,
    local: SocketAddr,
    peer: SocketAddr,
    gate: Option<Arc<Gate>>,
    data: DataConnection,
    tls: Option<Box<Tls>>,
    transfer: Transfer,
    job: Option<Job>,
    /// A job was taken and is not back yet.
    working: bool,
    /// The round of a manual clock that the last turn belonged to.
    round: u64,
    over: bool,
}

/// The TLS of a session. Apart, since most have none.
struct Tls {
    /// What its connections share.
    side: ServerSide,
    /// The handshake under way on the control connection.
    handshake: Option<OpId>,
    /// What the client has shown in it.
    certificate: Option<Arc<ClientCertificate>>,
}

/// The transfer under way.
enum Transfer {
    None,
    /// The file is being opened, by a job.
    Opening {
        op: OpId,
        data: DataPath,
        transmission: Transmission,
        protection: Protection,
        announced: Option<u64>,
    },
    /// The data connection is awaited.
    Connecting {
        op: OpId,
        opened: Opened,
        transmission: Transmission,
        protection: Protection,
        announced: Option<u64>,
    },
    /// The bytes wait for the socket to be ready in this direction, or for a job to move them.
    Moving {
        op: OpId,
        pump: Box<Pump>,
        direction: Option<Direction>,
    },
    /// A job moves the bytes; so many had moved before.
    Away {
        op: OpId,
        moved: u64,
        cancelled: bool,
    },
}

impl Session {
    /// A session on a connection that was accepted. Where there is no room for it, it says so and ends.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(host: &Arc<Host>, arrival: Arrival, waker: Waker) -> io::Result<Self> {
        let Arrival { stream, local, peer } = arrival;
        let (config, now) = (Arc::clone(&host.config), host.clock.now());
        let machine = if host.begins_with_tls(local) {
            ServerSession::implicit_tls(config, local, peer, now)
        } else {
            ServerSession::new(config, local, peer, now)
        };
        let (seat, machine) = match host.registry.admit(peer, waker) {
            Ok(seat) => (Some(seat), machine),
            Err(full) => (None, machine.turned_away(full.reason())),
        };
        Ok(Self {
            host: Arc::clone(host),
            seat,
            machine,
            control: Control::new(Channel::ready(stream)),
            local,
            peer,
            gate: None,
            data: DataConnection::Closed,
            tls: None,
            transfer: Transfer::None,
            job: None,
            working: false,
            round: 0,
            over: false,
        })
    }

    /// Does all that can be done without waiting. `scratch` is room to read into; 4 KiB are enough, more takes fewer
    /// calls. After it, take the [`job`](Self::take_job), if there is one.
    pub fn turn(&mut self, mut ready: Ready, scratch: &mut [u8]) -> Turn {
        if self.new_round() {
            ready = Ready { urgent: ready.urgent, ..Ready::ALL };
        }
        if ready.control {
            self.control.set_readable();
        }
        if ready.urgent {
            self.machine.receive_urgent(self.now());
        }
        match self.seat.as_ref().and_then(Seat::order) {
            Some(Order::Stop) => self.machine.stop(self.now()),
            Some(Order::Kick) => self.machine.kick(self.now()),
            None => {}
        }
        self.settle();
        for _ in 0..READS {
            if !self.control.read(self.host.clock.now(), &mut self.machine, scratch) {
                break;
            }
            self.settle();
        }
        if self.control.wait.deadline.is_some_and(|deadline| deadline <= self.now()) {
            self.machine.timeout(self.now());
            self.settle();
        }
        self.advance_transfer(ready.data, scratch);
        self.settle();
        let again = self.control.has_more() || matches!(self.transfer, Transfer::Moving { direction: None, .. });
        if !again {
            self.show_time();
        }
        match (self.over, again) {
            (true, _) => Turn::Over,
            (false, true) => Turn::Again,
            (false, false) => Turn::Wait,
        }
    }

    /// The work to be run elsewhere; bring it back with [`finished`](Self::finished) and take a turn. Turns may be taken
    /// meanwhile, but the next job only when this one is back.
    pub fn take_job(&mut self) -> Option<Job> {
        let job = self.job.take();
        self.working |= job.is_some();
        job
    }

    /// A job has been run.
    pub fn finished(&mut self, finished: Finished) {
        self.working = false;
        let Finished { op, outcome } = finished;
        let now = self.now();
        match outcome {
            Outcome::Handshake(channel, result) => self.shaken_hands(op, *channel, result),
            Outcome::Login(verdict) => self.verified(op, verdict),
            Outcome::Storage(result) => self.machine.complete(now, op, Completion::Storage(result)),
            Outcome::Chore(chore) => self.job = Some(Job { op, task: Task::Chore { chore } }),
            Outcome::Open(result) => self.opened(op, result),
            Outcome::Moved(pump, step) => self.moved(op, pump, step),
        }
    }

    /// What to wait for before the next turn.
    pub fn interest(&self) -> Interest<'_> {
        let data = match &self.transfer {
            Transfer::Connecting { .. } => self.data.interest(),
            Transfer::Moving { pump, direction: Some(direction), .. } => {
                Some((Socket::Stream(pump.channel().socket()), *direction))
            }
            _ => None,
        };
        self.control.interest(data)
    }

    /// Where time is moved by hand, whoever moves it wants everything dealt with that came before, whether the adapter
    /// has seen it yet or not: has time been moved, or is it about to be?
    fn new_round(&mut self) -> bool {
        let round = self.seat.as_ref().filter(|_| self.host.clock.is_manual()).map_or(0, Seat::round);
        std::mem::replace(&mut self.round, round) != round
    }

    /// Tells whoever moves time by hand that everything of this round is dealt with, once no job runs.
    fn show_time(&self) {
        if let Some(seat) = &self.seat
            && self.host.clock.is_manual()
            && self.job.is_none()
            && !self.working
        {
            seat.has_seen(self.round, self.control.wait.deadline);
        }
    }

    fn now(&self) -> ftp_core::time::Time {
        self.host.clock.now()
    }

    /// Drains the machine, and carries out what it asks for, until it asks for nothing more.
    fn settle(&mut self) {
        while self.control.drain(self.host.clock.now(), &mut self.machine) {
            while let Some(action) = self.control.action() {
                self.act(action);
            }
        }
        self.shake_hands();
    }

    /// Goes on with the handshake on the control connection, if there is one. Its arithmetic takes as long as hundreds of
    /// commands, so that it is a job's.
    fn shake_hands(&mut self) {
        let Some(op) = self.tls.as_ref().and_then(|tls| tls.handshake) else { return };
        if self.job.is_none() && !self.working && !self.control.is_away() && self.control.channel.gather() {
            let channel = Box::new(self.control.take_channel());
            self.job = Some(Job { op, task: Task::Handshake { channel } });
        }
    }

    /// A job has gone on with the handshake.
    fn shaken_hands(&mut self, op: OpId, channel: Channel, result: io::Result<()>) {
        self.control.give_back(channel);
        if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            return;
        }
        let client = self.control.channel.client();
        let told = Handshake { server_name: client.server_name, certified: client.certificate.is_some() };
        if let Some(tls) = &mut self.tls {
            tls.handshake = None;
            tls.certificate = client.certificate.map(Arc::new);
        }
        self.machine.complete(self.now(), op, Completion::TlsStarted(result.map(|()| told).map_err(|_| TlsError)));
    }

    fn start_tls(&mut self, op: OpId) {
        let received = self.control.take_inbox();
        let side = match &self.host.tls {
            Some(tls) => tls.session(self.host.config.data_resumption),
            None => Err(ErrorKind::Unsupported.into()),
        };
        let started = side.and_then(|side| {
            self.control.channel.start_tls(|socket| side.control(socket, received))?;
            Ok(side)
        });
        match started {
            Ok(side) => self.tls = Some(Box::new(Tls { side, handshake: Some(op), certificate: None })),
            Err(_) => self.machine.complete(self.now(), op, Completion::TlsStarted(Err(TlsError))),
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Login { op, credentials } => {
                let host = Arc::clone(&self.host);
                match host.accounts.verify_promptly(&credentials) {
                    Some(verdict) => self.verified(op, verdict),
                    None => self.job = Some(Job { op, task: Task::Login { host, credentials } }),
                }
            }
            Action::Recognise { op, host, user } => match self.tls.as_ref().and_then(|tls| tls.certificate.clone()) {
                Some(certificate) => {
                    let server = Arc::clone(&self.host);
                    self.job = Some(Job { op, task: Task::Recognise { server, host, user, certificate } });
                }
                None => self.verified(op, Err(LoginError::Refused)),
            },
            Action::Logout => {
                self.gate = None;
                if let Some(seat) = &self.seat {
                    seat.set_user(None);
                }
            }
            Action::Storage { op, call } => match &self.gate {
                Some(gate) => self.job = Some(Job { op, task: Task::Storage { gate: Arc::clone(gate), call } }),
                None => self.machine.complete(self.now(), op, Completion::Storage(Err(StorageError::Denied))),
            },
            Action::Listen { op } => {
                let result = self.data.listen(&self.host.passive_ports, self.local, self.peer);
                if self.gate.as_ref().is_some_and(|gate| gate.may(Permissions::FXP)) {
                    self.data.admit_anybody();
                }
                self.machine.complete(self.now(), op, Completion::Listening(result));
            }
            Action::Transfer { op, transfer } => match &self.gate {
                Some(gate) => {
                    let announced = match transfer.work {
                        Work::Store { announced, .. } => announced,
                        _ => None,
                    };
                    let (data, transmission, work) = (transfer.data, transfer.transmission, transfer.work);
                    let protection = transfer.protection;
                    self.transfer = Transfer::Opening { op, data, transmission, protection, announced };
                    let codec = transmission.codec;
                    match gate.open_promptly(&work, codec) {
                        Some(opened) => self.opened(op, opened),
                        None => self.job = Some(Job { op, task: Task::Open { gate: Arc::clone(gate), work, codec } }),
                    }
                }
                None => self.transferred(op, Err(TransferError::Storage(StorageError::Denied))),
            },
            Action::Progress { op } => {
                let bytes = match &self.transfer {
                    Transfer::Moving { pump, .. } => pump.moved(),
                    Transfer::Away { moved, .. } => *moved,
                    _ => 0,
                };
                self.machine.complete(self.now(), op, Completion::Progress(bytes));
            }
            Action::Cancel { op } => self.cancel(op),
            Action::CloseData => self.data = DataConnection::Closed,
            Action::StartTls { op } => self.start_tls(op),
            Action::StopTls => self.control.channel.stop_tls(),
            Action::EndOutput => self.control.end_output(),
            Action::Close => self.over = true,
        }
    }

    /// Somebody may come in, or may not.
    fn verified(&mut self, op: OpId, verdict: Result<Account, LoginError>) {
        let verdict = verdict.map(|account| {
            if let Some(seat) = &self.seat {
                seat.set_user(Some(account.name.clone()));
            }
            self.gate = Some(Arc::new(Gate::new(account, Arc::clone(&self.host.wall_clock))));
        });
        self.machine.complete(self.now(), op, Completion::Login(verdict));
    }

    /// The file of a transfer is open, or is not to be had.
    fn opened(&mut self, op: OpId, result: Result<Opened, StorageError>) {
        let (data, transmission, protection, announced) = match &self.transfer {
            Transfer::Opening { op: opening, data, transmission, protection, announced } if *opening == op => {
                (*data, *transmission, *protection, *announced)
            }
            // It was cancelled meanwhile; what was opened is dropped.
            _ => return,
        };
        let opened = match result {
            Ok(opened) => opened,
            Err(error) => return self.transferred(op, Err(TransferError::Storage(error))),
        };
        let begun = self.data.begin(data, self.local);
        let connected = data == DataPath::Kept && begun.is_ok();
        self.machine.complete(self.now(), op, Completion::Opened(announcement(&opened, connected)));
        self.transfer = match begun {
            Ok(()) => Transfer::Connecting { op, opened, transmission, protection, announced },
            Err(NetworkError::Exhausted | NetworkError::Unreachable | NetworkError::Local) => {
                return self.transferred(op, Err(TransferError::NoConnection));
            }
        };
    }

    /// Moves the transfer on, as far as that needs no job. `ready`: what it waits for has happened.
    fn advance_transfer(&mut self, mut ready: bool, scratch: &mut [u8]) {
        if let Transfer::Connecting { .. } = self.transfer {
            self.connect();
            // It was the connection that was waited for.
            ready = false;
        }
        match std::mem::replace(&mut self.transfer, Transfer::None) {
            Transfer::Moving { op, mut pump, direction } if direction.is_none() || ready => {
                self.transfer = Transfer::Away { op, moved: pump.moved(), cancelled: false };
                match pump.step_promptly(scratch) {
                    Some(step) => self.moved(op, pump, step),
                    None => self.job = Some(Job { op, task: Task::Move { pump } }),
                }
            }
            other => self.transfer = other,
        }
    }

    /// A job has moved bytes.
    fn moved(&mut self, op: OpId, mut pump: Box<Pump>, step: Step) {
        let cancelled = match &self.transfer {
            Transfer::Away { op: away, cancelled, .. } if *away == op => *cancelled,
            // Its session ended meanwhile.
            _ => return,
        };
        if let Some(marker) = pump.take_marker() {
            self.machine.complete(self.now(), op, Completion::Marker(marker));
        }
        let direction = match step {
            Step::Done(result) => {
                // The data connection is closed before the final reply says that all has been sent, unless it stays open.
                self.data = pump.into_kept().map_or(DataConnection::Closed, DataConnection::Kept);
                return self.transferred(op, result);
            }
            _ if cancelled => return self.transferred(op, pump.cancel()),
            Step::Again | Step::Marker => None,
            Step::Readable => Some(Direction::Read),
            Step::Writable => Some(Direction::Write),
        };
        self.transfer = Transfer::Moving { op, pump, direction };
    }

    fn cancel(&mut self, op: OpId) {
        self.data = DataConnection::Closed;
        match std::mem::replace(&mut self.transfer, Transfer::None) {
            // The answer comes when the job is done: it may have published the file already.
            Transfer::Away { op, moved, .. } => self.transfer = Transfer::Away { op, moved, cancelled: true },
            Transfer::Moving { pump, .. } => self.transferred(op, pump.cancel()),
            _ => self.transferred(op, Err(TransferError::Cancelled)),
        }
    }

    fn connect(&mut self) {
        let Some(outcome) = self.data.connected() else { return };
        let Transfer::Connecting { op, opened, transmission, protection, announced } =
            std::mem::replace(&mut self.transfer, Transfer::None)
        else {
            return;
        };
        let Ok(channel) = outcome else { return self.transferred(op, Err(TransferError::NoConnection)) };
        let secured = match (protection, &self.tls) {
            (Protection::Clear, _) => Ok(channel),
            // It was kept, and is under TLS already.
            (Protection::Private(_), _) if channel.is_secured() => Ok(channel),
            (Protection::Private(resumption), Some(tls)) => channel.secured(|socket| tls.side.data(socket, resumption)),
            (Protection::Private(_), None) => Err(ErrorKind::Unsupported.into()),
        };
        match secured {
            Err(_) => self.transferred(op, Err(TransferError::HandshakeFailed)),
            Ok(channel) => {
                self.machine.complete(self.now(), op, Completion::Connected);
                // Nothing comes before the client has read that it may send, but for what came with an earlier file.
                let comes = (channel.is_plain() || transmission.codec.is_raw()).then_some(Direction::Read);
                let (pump, direction) = match opened {
                    Opened::Send(source, _) => (Pump::send(source, transmission, channel), None),
                    Opened::List(reader) => {
                        (Pump::send(Source::Stream { reader, remaining: None }, transmission, channel), None)
                    }
                    Opened::Store(upload) => {
                        (Pump::receive(Sink::Upload(upload), transmission, channel, announced), comes)
                    }
                };
                self.transfer = Transfer::Moving { op, pump: Box::new(pump), direction };
            }
        }
    }

    fn transferred(&mut self, op: OpId, result: Result<u64, TransferError>) {
        self.transfer = Transfer::None;
        self.machine.complete(self.now(), op, Completion::Transferred(result));
    }
}

/// What the preliminary reply may say of an open transfer.
fn announcement(opened: &Opened, connected: bool) -> ftp_core::action::Opened {
    let (size, unique) = match opened {
        Opened::Send(_, size) => (*size, None),
        Opened::Store(upload) => (None, Some(upload.path().clone())),
        Opened::List(_) => (None, None),
    };
    ftp_core::action::Opened { size, connected, unique }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("peer", &self.peer).finish_non_exhaustive()
    }
}
