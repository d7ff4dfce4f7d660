//! [`ClientSession`]: the frame of the machine. It cuts replies out of the bytes, hands events to the request that runs, and drains. What a
//! request does with an event stands in the files beside this one.

use super::action::{ClientAction, ClientCompletion, ClientError, Event, Outcome, Request};
use super::config::ClientConfig;
use super::entries::ListingTooLarge;
use super::features::Features;
use super::link::Link;
use super::misuse::Misuse;
use super::task::{Flow, Task};
use crate::action::OpId;
use crate::drain::{Closed, Port, Wait};
use crate::line::{Framed, LineReader};
use crate::reply::{Class, Reply, ReplyReader};
use crate::time::Time;
use core::fmt;

/// The longest line of a reply, in bytes.
const LINE_LIMIT: usize = 8 << 10;

/// Actions that may be waiting before no more replies are taken. One reply gives a handful of them.
const ACTION_LIMIT: usize = 64;

/// A client's end of one control connection, without I/O.
///
/// - **In** go the server's bytes ([`receive`](Self::receive), [`closed`](Self::closed)), the host's answers
///   ([`complete`](Self::complete), [`listing`](Self::listing)), the time ([`timeout`](Self::timeout)) and the application's wishes
///   ([`request`](Self::request), [`abort`](Self::abort)).
/// - **Out** of [`drain`](Self::drain), and of nothing else, come bytes for the server, [`ClientAction`]s and what to wait for. Call it after
///   every call that lets something in.
///
/// A request runs at a time, and ends with one [`Event::Done`]. The session ends with one [`Event::Disconnected`], also after QUIT, and
/// [`ClientAction::Close`].
///
/// FTP's replies carry no number that ties them to a command. Where a reply is overdue, the session therefore ends rather than take a late one for the
/// answer to the next command. Only a transfer's final 226 may be lost or doubled, since 226 answers nothing but a transfer: one that comes
/// late is dropped, unless the next transfer's command is already waiting for its own.
pub struct ClientSession {
    link: Link,
    lines: LineReader,
    replies: ReplyReader,
    stage: Stage,
}

enum Stage {
    /// The server has not greeted yet; a request made already waits for that.
    Greeting { queued: Option<Request> },
    /// Between requests.
    Idle,
    /// A request runs.
    Running(Task),
    /// The control connection is closed.
    Over,
}

impl ClientSession {
    /// A session on a control connection that stands since `now`. It waits for the server's greeting (RFC 959 5.4), at most for
    /// `config.reply_timeout`.
    pub fn new(config: ClientConfig, now: Time) -> Self {
        let mut link = Link::new(config, now);
        link.expect_reply();
        Self {
            link,
            lines: LineReader::new(LINE_LIMIT),
            replies: ReplyReader::default(),
            stage: Stage::Greeting { queued: None },
        }
    }

    /// Asks for something. A request made before the greeting runs when that has come.
    ///
    /// # Errors
    /// [`Misuse`], when another request runs or the session is over.
    pub fn request(&mut self, now: Time, request: Request) -> Result<(), Misuse> {
        self.link.now = now;
        match &mut self.stage {
            Stage::Greeting { queued: queued @ None } => *queued = Some(request),
            Stage::Idle => self.begin(request),
            Stage::Greeting { queued: Some(_) } | Stage::Running(_) => return Err(Misuse::Busy),
            Stage::Over => return Err(Misuse::Disconnected),
        }
        Ok(())
    }

    /// Gives up the request that runs. A transfer is ended on both connections (ABOR, RFC 959 4.1.3), and is done with
    /// [`ClientError::Aborted`] once the server's replies are in. A request without data connection cannot be taken back and goes on to its end.
    pub fn abort(&mut self, now: Time) {
        self.link.now = now;
        match &mut self.stage {
            Stage::Greeting { queued } => {
                if queued.take().is_some() {
                    self.link.notify(Event::Done(Err(ClientError::Aborted)));
                }
            }
            Stage::Running(task) => {
                let flow = task.abort(&mut self.link);
                self.follow(flow);
            }
            Stage::Idle | Stage::Over => {}
        }
    }

    /// Takes bytes of the control connection: how many were taken. Offer the rest again after the next [`drain`](Self::drain).
    pub fn receive(&mut self, now: Time, bytes: &[u8]) -> usize {
        self.link.now = now;
        let mut rest = bytes;
        while !rest.is_empty() && self.link.actions.len() < ACTION_LIMIT {
            if matches!(self.stage, Stage::Over) {
                return bytes.len();
            }
            let (used, framed) = self.lines.next(rest);
            let read = match framed {
                Framed::Line(line) => self.replies.line(line).map_err(|_| "a reply"),
                Framed::TooLong => Err("a shorter line"),
                Framed::Partial => Ok(None),
            };
            rest = rest.get(used..).unwrap_or_default();
            match read {
                Ok(Some(reply)) => self.reply(reply),
                Ok(None) => {}
                Err(expected) => self.end(Some(Err(ClientError::Protocol(expected)))),
            }
        }
        bytes.len() - rest.len()
    }

    /// The server has closed the control connection, or it broke.
    pub fn closed(&mut self, now: Time) {
        self.link.now = now;
        self.end(None);
    }

    /// Takes an answer of the host. One for an operation that is over is ignored.
    pub fn complete(&mut self, now: Time, op: OpId, done: ClientCompletion) {
        self.link.now = now;
        if let Stage::Running(task) = &mut self.stage {
            let flow = task.complete(&mut self.link, op, done);
            self.follow(flow);
        }
    }

    /// Takes bytes of a [`LocalEnd::Listing`](super::LocalEnd::Listing) transfer.
    ///
    /// # Errors
    /// [`ListingTooLarge`], when there are more than `listing_limit`; the transfer has been given up then.
    pub fn listing(&mut self, bytes: &[u8]) -> Result<(), ListingTooLarge> {
        match &mut self.stage {
            Stage::Running(Task::Transfer(transfer)) => transfer.listing(&mut self.link, bytes),
            _ => Ok(()),
        }
    }

    /// The time is `now`; nothing happens before the deadline that [`drain`](Self::drain) gave.
    pub fn timeout(&mut self, now: Time) {
        self.link.now = now;
        if self.link.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        self.link.deadline = None;
        match &mut self.stage {
            Stage::Greeting { .. } => self.end(Some(Err(ClientError::TimedOut))),
            Stage::Running(task) => {
                let flow = task.timeout(&mut self.link);
                self.follow(flow);
            }
            Stage::Idle | Stage::Over => {}
        }
    }

    /// Hands everything that leaves the session to `port`, and says what to wait for.
    pub fn drain(&mut self, now: Time, port: &mut impl Port<ClientAction>) -> Wait {
        self.link.now = now;
        while !self.link.unsent().is_empty() {
            match port.write(self.link.unsent()) {
                Ok(0) => break,
                Ok(count) => self.link.sent(count),
                Err(Closed) => self.end(None),
            }
        }
        while let Some(action) = self.link.actions.pop_front() {
            port.act(action);
        }
        Wait {
            read: !matches!(self.stage, Stage::Over),
            write: !self.link.unsent().is_empty(),
            deadline: self.link.deadline,
        }
    }

    /// What the server said it can do when the user logged in.
    pub fn features(&self) -> &Features {
        &self.link.features
    }

    /// The bytes that the last transfer moved over its data connection, as far as the host has said: also of one that failed.
    pub fn moved(&self) -> u64 {
        self.link.moved
    }

    fn begin(&mut self, request: Request) {
        match Task::begin(&mut self.link, request) {
            Ok(task) => self.stage = Stage::Running(task),
            Err(error) => self.link.notify(Event::Done(Err(error))),
        }
    }

    fn reply(&mut self, reply: Reply) {
        self.link.notify(Event::Received(reply.clone()));
        if reply.code().number() == 421 {
            return self.end(None);
        }
        match &mut self.stage {
            Stage::Greeting { queued } => match reply.code().class() {
                // 120: it will be a while.
                Class::Preliminary => self.link.expect_reply(),
                Class::Completion => {
                    let queued = queued.take();
                    self.stage = Stage::Idle;
                    self.link.deadline = None;
                    if let Some(request) = queued {
                        self.begin(request);
                    }
                }
                _ => self.end(Some(Err(ClientError::Refused(reply)))),
            },
            Stage::Running(task) => {
                let flow = task.reply(&mut self.link, reply);
                self.follow(flow);
            }
            // Nobody asked. A second 226 is the usual case.
            Stage::Idle | Stage::Over => {}
        }
    }

    fn follow(&mut self, flow: Flow) {
        match flow {
            Flow::Going => {}
            Flow::Done(result) => {
                self.link.deadline = None;
                self.link.notify(Event::Done(result));
                self.stage = Stage::Idle;
            }
            Flow::Over(result) => self.end(Some(result)),
        }
    }

    /// Ends the session: the request that runs with `result`, or else with [`ClientError::Disconnected`].
    fn end(&mut self, result: Option<Result<Outcome, ClientError>>) {
        let pending = match core::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => return,
            Stage::Idle | Stage::Greeting { queued: None } => false,
            Stage::Greeting { queued: Some(_) } => true,
            Stage::Running(mut task) => {
                task.cancel_data(&mut self.link);
                true
            }
        };
        if pending {
            self.link.notify(Event::Done(result.unwrap_or(Err(ClientError::Disconnected))));
        }
        self.link.notify(Event::Disconnected);
        self.link.act(ClientAction::Close);
        self.link.discard_output();
        self.link.deadline = None;
    }
}

/// Shows neither output nor requests, for a password may be in them.
impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Greeting { .. } => "greeting",
            Stage::Idle => "idle",
            Stage::Running(_) => "running",
            Stage::Over => "over",
        };
        f.debug_struct("ClientSession").field("stage", &stage).finish_non_exhaustive()
    }
}
