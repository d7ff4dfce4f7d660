//! [`ServerSession`]: the frame of the server's machine. Bytes become lines here, completions find the operation they
//! belong to, deadlines are kept, and output leaves. Which command a line is stands in `dispatch.rs`, what it means in the rooms beside that.

use super::access::Login;
use super::config::ServerConfig;
use super::digests::Digests;
use super::files::FileOperation;
use super::language::Language;
use super::output::Output;
use super::parameters::Parameters;
use super::security::{Change, Security};
use super::transfer::Moving;
use crate::action::{Action, Completion, OpId};
use crate::command::{Command, State, Verb};
use crate::drain::{Port, Wait};
use crate::line::{Framed, LineReader};
use crate::path::VirtualPath;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// Commands that wait while an operation runs. One is enough for a client that pipelines; what follows stays in the
/// peer's socket.
const HELD: usize = 1;

/// Commands that wait once the peer has sent a Telnet Synch: an ABOR behind them must be seen (RFC 959 4.1.3). Under TLS,
/// where no Synch can be sent, they may always be so many (RFC 4217 14).
const HELD_URGENT: usize = 16;

/// One control connection, seen from the server.
#[derive(Debug)]
pub struct ServerSession {
    pub(super) config: Arc<ServerConfig>,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    /// The time of the input that is being dealt with.
    pub(super) now: Time,
    pub(super) output: Output,
    /// The virtual host that HOST chose.
    pub(super) host: Option<String>,
    pub(super) language: Language,
    pub(super) login: Login,
    /// The connection, or the last logout: logins are awaited from here on.
    pub(super) login_since: Time,
    pub(super) failures: u32,
    pub(super) directory: VirtualPath,
    pub(super) parameters: Parameters,
    pub(super) rename_from: Option<VirtualPath>,
    /// `SITE CPFR`.
    pub(super) copy_from: Option<VirtualPath>,
    pub(super) digests: Digests,
    pub(super) pending: Pending,
    pub(super) security: Security,
    reader: LineReader,
    actions: VecDeque<Action>,
    held: VecDeque<Held>,
    phase: Phase,
    urgent: bool,
    stopping: bool,
    pub(super) bad_commands: u32,
    last_activity: Time,
    next_op: u32,
}

/// A line that waits for its turn.
#[derive(Debug)]
enum Held {
    Line(Vec<u8>),
    /// One that was too long to be kept.
    TooLong,
}

/// The operation that the session waits for; at most one.
#[derive(Debug)]
pub(super) enum Pending {
    None,
    Login {
        op: OpId,
        verb: Verb,
    },
    /// A failed login is answered at this time, no sooner.
    Penalty {
        until: Time,
        verb: Verb,
    },
    Files {
        op: OpId,
        operation: FileOperation,
    },
    Listen {
        op: OpId,
        verb: Verb,
    },
    /// Apart, since most sessions have none at most times.
    Transfer(Box<Moving>),
    /// TLS begins or ends; a peer that does not do its part in time is gone.
    Tls {
        change: Change,
        until: Time,
    },
}

/// How far the session is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The peer closed its side: what it asked for before is answered, then the session ends.
    HalfClosed,
    /// The last reply is on its way, for so long at most; nothing more is read.
    Ending {
        until: Time,
    },
    /// All is sent; the peer may now close (see [`Action::EndOutput`]).
    Lingering {
        until: Time,
    },
    /// [`Action::Close`] is due when all is sent, or at this time.
    Over {
        until: Time,
    },
    /// [`Action::Close`] was handed out.
    Closed,
}

impl ServerSession {
    /// A session that greets. `local` and `peer` are the two ends of the control connection: data connections are made
    /// between these two addresses and no others.
    pub fn new(config: Arc<ServerConfig>, local: SocketAddr, peer: SocketAddr, now: Time) -> Self {
        let mut session = Self::silent(config, local, peer, now);
        session.greet();
        session
    }

    /// A session that begins with a TLS handshake and greets under TLS; its data connections are private. The practice of
    /// port 990, which no RFC has.
    pub fn implicit_tls(config: Arc<ServerConfig>, local: SocketAddr, peer: SocketAddr, now: Time) -> Self {
        let mut session = Self::silent(config, local, peer, now);
        session.security = Security::implicit();
        session.await_handshake();
        session
    }

    fn silent(config: Arc<ServerConfig>, local: SocketAddr, peer: SocketAddr, now: Time) -> Self {
        Self {
            local: canonical(local),
            peer: canonical(peer),
            now,
            output: Output::default(),
            host: None,
            language: Language::default(),
            login: Login::Nobody,
            login_since: now,
            failures: 0,
            directory: VirtualPath::root(),
            parameters: Parameters::default(),
            rename_from: None,
            copy_from: None,
            digests: Digests::default(),
            pending: Pending::None,
            security: Security::default(),
            reader: LineReader::new(config.line_limit),
            actions: VecDeque::new(),
            held: VecDeque::new(),
            phase: Phase::Open,
            urgent: false,
            stopping: false,
            bad_commands: 0,
            last_activity: now,
            next_op: 0,
            config,
        }
    }

    pub(super) fn greet(&mut self) {
        self.say(220, self.greeting().into_bytes());
    }

    /// Says 421 with this reason instead of the greeting, and ends: for a server that is full or bars the peer. One that
    /// only TLS may be spoken to hears nothing: no handshake is made for it.
    #[must_use]
    pub fn turned_away(mut self, reason: &'static str) -> Self {
        self.output.clear();
        self.end(reason);
        self
    }

    /// Bytes came in on the control connection: how many were taken. The rest must be offered again once
    /// [`Wait::read`] is true.
    pub fn receive(&mut self, now: Time, bytes: &[u8]) -> usize {
        self.now = now;
        if matches!(self.phase, Phase::Ending { .. } | Phase::Lingering { .. }) {
            return bytes.len();
        }
        // The reader steps out while a line that may be its own is carried out by `self`.
        let mut reader = core::mem::replace(&mut self.reader, LineReader::new(0));
        let mut taken = 0;
        while taken < bytes.len() && self.reads() {
            let mut refusals = Vec::new();
            let (used, framed) = reader.next_refusing(&bytes[taken..], &mut refusals);
            taken += used;
            self.output.push_raw(&refusals);
            match framed {
                Framed::Line(line) => self.line(line),
                Framed::TooLong => {
                    self.last_activity = now;
                    if matches!(self.pending, Pending::None) {
                        self.bad_command("Line too long.");
                    } else {
                        self.held.push_back(Held::TooLong);
                    }
                }
                Framed::Partial => {
                    if reader.overrun() > self.config.overrun_limit {
                        self.end("Line without end.");
                    }
                }
            }
        }
        self.reader = reader;
        taken
    }

    /// The peer sent a Telnet Synch (TCP urgent data): it wants attention although commands may wait before its ABOR.
    pub fn receive_urgent(&mut self, now: Time) {
        self.now = now;
        // Under TLS there is no such thing (RFC 4217 14), and anybody could have sent it.
        self.urgent = matches!(self.pending, Pending::Transfer(_)) && !self.security.is_secured();
    }

    /// The peer closed the control connection, or it broke. RFC 959 4.1.1 (QUIT): this counts as an abort and a logout.
    pub fn closed(&mut self, now: Time) {
        self.now = now;
        match self.phase {
            Phase::Open => {
                self.phase = Phase::HalfClosed;
                self.abandon_transfer();
                self.go_on();
            }
            Phase::Ending { until } | Phase::Lingering { until } => self.phase = Phase::Over { until },
            Phase::HalfClosed | Phase::Over { .. } | Phase::Closed => {}
        }
    }

    /// The host has done what an action asked for. An answer to an operation that is over is ignored.
    pub fn complete(&mut self, now: Time, op: OpId, completion: Completion) {
        self.now = now;
        if self.phase == Phase::Closed || self.pending.op() != Some(op) {
            return;
        }
        // Nobody was idle while this went on.
        self.last_activity = now;
        if let Pending::Transfer(_) = self.pending {
            self.transfer_completed(completion);
        } else {
            match (core::mem::replace(&mut self.pending, Pending::None), completion) {
                (Pending::Login { verb, .. }, Completion::Login(result)) => self.login_completed(verb, result),
                (Pending::Files { operation, .. }, Completion::Storage(result)) => {
                    self.files_completed(operation, result);
                }
                (Pending::Listen { verb, .. }, Completion::Listening(result)) => self.listening(verb, result),
                (Pending::Tls { .. }, Completion::TlsStarted(result)) => {
                    self.reader.clear();
                    // What came in the clear behind AUTH and waited was not said under TLS, nor by whom.
                    self.held.clear();
                    self.tls_started(result);
                }
                // Not an answer to this kind of operation: the right one is still to come.
                (pending, _) => self.pending = pending,
            }
        }
        self.go_on();
    }

    /// The deadline of the last [`Wait`] has come. Calling it early or twice does no harm.
    pub fn timeout(&mut self, now: Time) {
        self.now = now;
        if let Phase::Ending { until } | Phase::Lingering { until } | Phase::Over { until } = self.phase
            && until <= now
        {
            // A peer that does not take its last reply does not keep the session.
            self.output.clear();
            self.phase = Phase::Over { until };
        }
        if !matches!(self.phase, Phase::Open | Phase::HalfClosed) {
            return;
        }
        if let Pending::Penalty { until, verb } = self.pending
            && until <= now
        {
            self.pending = Pending::None;
            self.login_refused(verb);
            self.go_on();
        }
        if let Pending::Tls { until, .. } = self.pending
            && until <= now
        {
            return self.drop_connection();
        }
        self.transfer_timeout();
        if self.idle_deadline().is_some_and(|deadline| deadline <= now) {
            self.end(if self.login.is_in() { "Idle for too long." } else { "No login in time." });
        }
    }

    /// The server is stopping: the session ends with 421 as soon as no transfer runs.
    pub fn stop(&mut self, now: Time) {
        self.now = now;
        self.stopping = true;
        self.go_on();
    }

    /// The session is to end now, whatever it does.
    pub fn kick(&mut self, now: Time) {
        self.now = now;
        if matches!(self.phase, Phase::Open | Phase::HalfClosed) {
            self.end("Closed by the operator.");
        }
    }

    /// Hands out bytes and actions, and says what to wait for.
    pub fn drain(&mut self, now: Time, port: &mut impl Port<Action>) -> Wait {
        self.now = now;
        while !self.output.is_empty() {
            match port.write(self.output.pending()) {
                Ok(0) => break,
                Ok(count) => self.output.sent(count),
                Err(_) => {
                    self.output.clear();
                    self.held.clear();
                    self.abandon_transfer();
                    if self.phase != Phase::Closed {
                        self.phase = Phase::Over { until: now };
                    }
                }
            }
        }
        if self.output.is_empty() && matches!(self.phase, Phase::Open | Phase::HalfClosed) {
            self.change_security();
        }
        if self.output.is_empty() && matches!(self.phase, Phase::Ending { .. }) {
            self.act(Action::EndOutput);
            self.phase = Phase::Lingering { until: now + self.config.linger };
        }
        if self.output.is_empty() && matches!(self.phase, Phase::Over { .. }) {
            self.act(Action::CloseData);
            self.act(Action::Close);
            self.phase = Phase::Closed;
        }
        while let Some(action) = self.actions.pop_front() {
            port.act(action);
        }
        let read = self.reads() || matches!(self.phase, Phase::Lingering { .. });
        let waits_behind = !read && !self.urgent && !self.security.is_secured();
        let urgent = waits_behind && matches!(self.pending, Pending::Transfer(_));
        Wait { read, urgent, write: !self.output.is_empty(), deadline: self.deadline() }
    }

    /// The user who is logged in.
    pub fn user(&self) -> Option<&[u8]> {
        self.login.user()
    }

    /// Has the session ended? Nothing comes out of it any more.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn new_op(&mut self) -> OpId {
        self.next_op = self.next_op.wrapping_add(1);
        OpId(self.next_op)
    }

    /// Says 421 with this reason, and ends. 421 may come at any time (RFC 959 5.4).
    pub(super) fn end(&mut self, reason: &str) {
        if self.security.is_mute()
            || matches!(self.pending, Pending::Tls { change: Change::Due | Change::Handshake { .. }, .. })
        {
            // Neither plain text nor TLS would be understood now.
            return self.drop_connection();
        }
        let mut text = Vec::from(reason.as_bytes());
        text.extend_from_slice(b" Closing the control connection.");
        self.say(421, text);
        self.finish();
    }

    /// Closes the control connection, and says nothing.
    pub(super) fn drop_connection(&mut self) {
        self.finish();
        self.output.clear();
        self.phase = Phase::Over { until: self.now };
    }

    /// Everything is said: the session ends when it is sent.
    pub(super) fn finish(&mut self) {
        self.abandon_transfer();
        self.pending = Pending::None;
        self.held.clear();
        self.phase = Phase::Ending { until: self.now + self.config.linger };
    }

    /// Does the session take in another line now?
    fn reads(&self) -> bool {
        let room = match self.pending {
            Pending::Penalty { .. } | Pending::Tls { .. } => false,
            _ => self.held.len() < if self.urgent || self.security.is_secured() { HELD_URGENT } else { HELD },
        };
        self.phase == Phase::Open && room && !self.output.is_full()
    }

    fn line(&mut self, line: &[u8]) {
        self.last_activity = self.now;
        if matches!(self.pending, Pending::None) {
            return self.execute(line);
        }
        if !self.overtakes(line) {
            self.held.push_back(Held::Line(line.to_vec()));
        }
    }

    /// Is this a command for the transfer that runs, which does not wait for its end? Then it is carried out.
    fn overtakes(&mut self, line: &[u8]) -> bool {
        if self.state() != State::Transferring {
            return false;
        }
        match Command::parse(line) {
            Ok(Command::Abor) => self.abort(),
            Ok(Command::Stat(None)) => self.stat_in_transfer(),
            // STAT of a path asks the storage, which is in use.
            _ => return false,
        }
        true
    }

    /// A transfer that waited has begun, and what came behind it meanwhile may be meant for it.
    fn let_overtake(&mut self) {
        for held in core::mem::take(&mut self.held) {
            match held {
                Held::Line(line) if self.overtakes(&line) => {}
                held => self.held.push_back(held),
            }
        }
    }

    /// Goes on with what waited for the operation that has ended.
    pub(super) fn go_on(&mut self) {
        while matches!(self.pending, Pending::None) && matches!(self.phase, Phase::Open | Phase::HalfClosed) {
            self.urgent = false;
            if self.stopping {
                return self.end("The server is stopping.");
            }
            match self.held.pop_front() {
                Some(Held::Line(line)) => {
                    self.execute(&line);
                    self.let_overtake();
                }
                Some(Held::TooLong) => self.bad_command("Line too long."),
                None if self.phase == Phase::HalfClosed => {
                    self.phase = Phase::Over { until: self.now + self.config.linger };
                }
                None => return,
            }
        }
    }

    /// How far the session is.
    pub fn state(&self) -> State {
        match (&self.pending, &self.login) {
            (Pending::Transfer(_), _) => State::Transferring,
            (_, Login::Nobody) => State::Stranger,
            (_, Login::Named { password: None, .. }) => State::Named,
            (_, Login::Named { password: Some(_), .. }) => State::AccountWanted,
            (_, Login::In { .. }) if self.rename_from.is_some() => State::Renaming,
            (_, Login::In { .. }) => State::User,
        }
    }

    /// The operator's, or the shorter one that the peer chose.
    pub(super) fn idle_timeout(&self) -> Duration {
        self.parameters.idle_timeout.unwrap_or(self.config.idle_timeout)
    }

    fn deadline(&self) -> Option<Time> {
        match (self.phase, &self.pending) {
            (Phase::Ending { until } | Phase::Lingering { until } | Phase::Over { until }, _) => Some(until),
            (Phase::Open | Phase::HalfClosed, Pending::Penalty { until, .. } | Pending::Tls { until, .. }) => {
                Some(*until)
            }
            (Phase::Open | Phase::HalfClosed, Pending::Transfer(moving)) => moving.deadline(&self.config),
            _ => self.idle_deadline(),
        }
    }

    /// RFC 1123 4.1.3.2. It covers everything but transfers, which have their own, and the host's own work.
    fn idle_deadline(&self) -> Option<Time> {
        if self.phase != Phase::Open || !matches!(self.pending, Pending::None | Pending::Listen { .. }) {
            return None;
        }
        Some(if self.login.is_in() {
            self.last_activity + self.idle_timeout()
        } else {
            self.login_since + self.config.login_timeout
        })
    }
}

impl Pending {
    fn op(&self) -> Option<OpId> {
        match self {
            Self::None | Self::Penalty { .. } => None,
            Self::Tls { change, .. } => change.op(),
            Self::Login { op, .. } | Self::Files { op, .. } | Self::Listen { op, .. } => Some(*op),
            Self::Transfer(moving) => Some(moving.op),
        }
    }
}

/// An IPv4 peer of an IPv6 socket is an IPv4 peer.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
