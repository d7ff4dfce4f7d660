//! [`ClientSession`]: the frame of the machine. It cuts replies out of the bytes, hands events to the request that runs, and drains. What a
//! request does with an event stands in the files beside this one.

use super::action::{ClientAction, ClientCompletion, ClientError, Event, Outcome, Request};
use super::advice::{Advice, Finding};
use super::config::{ClientConfig, TlsUse};
use super::entries::ListingTooLarge;
use super::features::Features;
use super::learnt::Learnt;
use super::link::Link;
use super::misuse::Misuse;
use super::queue::Queue;
use super::restart::Restart;
use super::server::{Server, gives_few_tickets};
use super::task::Flow;
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
/// Requests are done in the order in which they were made, and each ends with one [`Event::Done`]. Many may be made at once: the session then goes
/// on from one to the next by itself, and with a server that bears it sends the next one's commands early, which makes many small files much faster. So make
/// no request whose harm depends on what becomes of an earlier one (removing what is still being fetched) before that one is done. The session ends with one [`Event::Disconnected`], also after QUIT, and
/// [`ClientAction::Close`].
///
/// FTP's replies carry no number that ties them to a command. Where a reply is overdue, the session therefore ends rather than take a late one for the
/// answer to the next command. Only a transfer's final 226 may be lost or doubled, since 226 answers nothing but a transfer: one that comes
/// late is dropped, unless the next transfer's command is already waiting for its own.
pub struct ClientSession {
    link: Link,
    lines: LineReader,
    replies: ReplyReader,
    queue: Queue,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The server has not greeted yet; requests made already wait for that.
    Greeting,
    /// It has.
    Greeted,
    /// The control connection is closed.
    Over,
}

impl ClientSession {
    /// A session on a control connection that stands since `now`. It waits for the server's greeting (RFC 959 5.4), at most for
    /// `config.reply_timeout`.
    pub fn new(config: ClientConfig, now: Time) -> Self {
        let mut link = Link::new(config, now);
        link.expect_reply();
        if link.config.tls == TlsUse::Implicit {
            link.start_tls();
        }
        Self {
            link,
            lines: LineReader::new(LINE_LIMIT),
            replies: ReplyReader::default(),
            queue: Queue::default(),
            stage: Stage::Greeting,
        }
    }

    /// Asks for something. The request runs when the server has greeted and those made before are done.
    ///
    /// # Errors
    /// [`Misuse`], when 64 requests wait already or the session is over.
    pub fn request(&mut self, now: Time, request: Request) -> Result<(), Misuse> {
        self.link.now = now;
        if self.stage == Stage::Over {
            return Err(Misuse::Disconnected);
        }
        self.queue.push(request)?;
        if self.stage == Stage::Greeted {
            self.queue.advance(&mut self.link);
        }
        Ok(())
    }

    /// Gives up the request that runs. A transfer is ended on both connections (ABOR, RFC 959 4.1.3), and is done with
    /// [`ClientError::Aborted`] once the server's replies are in. A request without data connection cannot be taken back and goes on to its end,
    /// and so does an upload that has given all its bytes away. Requests made after it are done as if nothing had happened.
    pub fn abort(&mut self, now: Time) {
        self.link.now = now;
        if self.stage == Stage::Greeting {
            if self.queue.withdraw().is_some() {
                self.link.notify(Event::Done(Err(ClientError::Aborted)));
            }
            return;
        }
        let flow = self.queue.abort(&mut self.link);
        self.follow(flow);
    }

    /// Takes bytes of the control connection: how many were taken. Offer the rest again after the next [`drain`](Self::drain).
    pub fn receive(&mut self, now: Time, bytes: &[u8]) -> usize {
        self.link.now = now;
        let mut rest = bytes;
        while !rest.is_empty() && self.link.actions.len() < ACTION_LIMIT && self.link.security.handshake.is_none() {
            if self.stage == Stage::Over {
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
        if let ClientCompletion::TlsStarted(result) = done {
            if self.link.security.handshake == Some(op) {
                self.link.security.handshake = None;
                self.tls_started(result.is_ok());
            }
            return;
        }
        if let ClientCompletion::Listening(result) = &done
            && self.link.active.listening(op, result.as_ref().ok().copied())
        {
            return self.follow(Flow::Going);
        }
        let flow = self.queue.complete(&mut self.link, op, done);
        self.follow(flow);
    }

    /// Takes bytes of a [`LocalEnd::Listing`](super::LocalEnd::Listing) transfer.
    ///
    /// # Errors
    /// [`ListingTooLarge`], when there are more than `listing_limit`; the transfer has been given up then.
    pub fn listing(&mut self, bytes: &[u8]) -> Result<(), ListingTooLarge> {
        self.queue.listing(&mut self.link, bytes)
    }

    /// The time is `now`; nothing happens before the deadline that [`drain`](Self::drain) gave.
    pub fn timeout(&mut self, now: Time) {
        self.link.now = now;
        if self.link.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        self.link.deadline = None;
        if self.stage == Stage::Greeting {
            return self.end(Some(Err(ClientError::TimedOut)));
        }
        let flow = self.queue.timeout(&mut self.link);
        self.follow(flow);
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
            read: self.stage != Stage::Over && self.link.security.handshake.is_none(),
            urgent: false,
            write: !self.link.unsent().is_empty(),
            deadline: self.link.deadline,
        }
    }

    /// The last restart marker that came, or was answered, in MODE B or C: where a transfer that was cut off can begin again.
    pub fn restart(&self) -> Option<&Restart> {
        self.link.restart.as_ref()
    }

    /// What the server said it can do when the user logged in.
    pub fn features(&self) -> &Features {
        &self.link.features
    }

    /// How it would have many files moved, as far as it knows the server yet.
    pub fn advice(&self) -> Advice {
        let active = self.link.may_queue()
            && !self.link.security.private
            && self.link.active.may_gain(&self.link.config, self.link.server);
        Advice { small_in_blocks: self.link.may_keep(), try_active: active }
    }

    /// Takes in what others have found out about the server.
    pub fn tell(&mut self, finding: Finding) {
        match finding {
            Finding::ActiveWorks => self.link.learnt.active = true,
        }
    }

    /// What it has found out about the server; see [`ClientConfig::learnt`].
    pub fn learnt(&self) -> Learnt {
        self.link.learnt
    }

    /// The bytes that the last transfer that is over moved over its data connection, as far as the host has said: also of one that failed.
    pub fn moved(&self) -> u64 {
        self.link.moved
    }

    /// The handshake on the control connection is over. What came before it must not count after it.
    fn tls_started(&mut self, secured: bool) {
        if self.stage == Stage::Over {
            return;
        }
        if !secured {
            self.link.tls_refused();
            return self.end(Some(Err(ClientError::TlsFailed)));
        }
        self.lines.clear();
        self.replies = ReplyReader::default();
        self.link.security.secured = true;
        self.link.security.private = false;
        self.link.expect_reply();
        if self.stage == Stage::Greeted {
            self.queue.secured(&mut self.link);
        }
    }

    fn reply(&mut self, reply: Reply) {
        self.link.notify(Event::Received(reply.clone()));
        if reply.code().number() == 421 {
            return self.end(None);
        }
        match self.stage {
            Stage::Greeting => match reply.code().class() {
                // 120: it will be a while.
                Class::Preliminary => self.link.expect_reply(),
                Class::Completion => {
                    self.stage = Stage::Greeted;
                    self.link.server = Server::named(&reply);
                    if gives_few_tickets(&reply) {
                        self.link.learnt.few_tickets.get_or_insert(true);
                    }
                    self.link.deadline = None;
                    self.queue.advance(&mut self.link);
                }
                _ => self.end(Some(Err(ClientError::Refused(reply)))),
            },
            Stage::Greeted => {
                if self.queue.has_lost_reply(&reply) {
                    self.follow(Flow::Done(Err(ClientError::Protocol("the final reply to a transfer"))));
                }
                let flow = self.queue.reply(&mut self.link, reply);
                self.follow(flow);
            }
            Stage::Over => {}
        }
    }

    /// Goes on where a request is over, and lets others begin.
    fn follow(&mut self, mut flow: Flow) {
        loop {
            match flow {
                Flow::Going => break,
                Flow::Done(result) => {
                    self.link.deadline = None;
                    self.link.moved = self.link.progress;
                    self.link.notify(Event::Done(result));
                    flow = self.queue.next(&mut self.link);
                }
                Flow::Over(result) => return self.end(Some(result)),
            }
        }
        if self.stage == Stage::Greeted {
            self.queue.advance(&mut self.link);
        }
    }

    /// Ends the session: the request that runs with `result`, or else with [`ClientError::Disconnected`], and so those that wait.
    fn end(&mut self, result: Option<Result<Outcome, ClientError>>) {
        if self.stage == Stage::Over {
            return;
        }
        self.stage = Stage::Over;
        self.link.moved = self.link.progress;
        self.queue.end(&mut self.link, result);
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
            Stage::Greeting => "greeting",
            Stage::Greeted => "greeted",
            Stage::Over => "over",
        };
        f.debug_struct("ClientSession").field("stage", &stage).finish_non_exhaustive()
    }
}
