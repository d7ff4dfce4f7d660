//! [`Queue`]: the requests that an application has made, in their order, and whose turn it is to get a reply.
//!
//! The first one runs. Where the server bears it, the commands of the next go out before it is over: the server then has them at once, and
//! no round trip is lost between two files. The replies to them are held until it is that request's turn, so that a request knows
//! nothing of another's, except that it is followed (`Link::followed`): then it may send nothing more, since the replies would come in
//! another order.
//!
//! Early goes only what does no harm should the request before it fail: what only asks, the setting of a time, a download, and of an upload
//! no more than EPSV. And it goes only behind a request that needs no more commands. A download needs none once it is asked for; an upload
//! must have given its last byte to the data connection, since until then it may have to be aborted, and behind other commands an ABOR
//! would come too late.

use super::action::{ClientCompletion, ClientError, Event, Outcome, Request};
use super::entries::ListingTooLarge;
use super::link::Link;
use super::misuse::Misuse;
use super::task::{Flow, Task};
use crate::action::OpId;
use crate::reply::{Class, Code, Reply};
use alloc::collections::VecDeque;

/// Requests that may wait.
const WAITING: usize = 64;

/// Requests whose commands may be out behind those of the one that runs, where nobody said.
const FOLLOWERS: usize = 3;

/// Replies to one request that may be held. The preliminary ones, of which there may be any number, are dropped past this.
const HELD: usize = 8;

#[derive(Default)]
pub(super) struct Queue {
    running: Option<Task>,
    followers: VecDeque<Follower>,
    waiting: VecDeque<Request>,
}

/// A request whose commands went out behind those of the one that runs.
struct Follower {
    task: Task,
    /// Final replies that are still to come.
    expected: usize,
    /// The replies that came.
    held: VecDeque<Reply>,
}

impl Queue {
    pub(super) fn push(&mut self, request: Request) -> Result<(), Misuse> {
        if self.waiting.len() >= WAITING {
            return Err(Misuse::Busy);
        }
        self.waiting.push_back(request);
        Ok(())
    }

    /// Takes back the first request that has not begun.
    pub(super) fn withdraw(&mut self) -> Option<Request> {
        self.waiting.pop_front()
    }

    /// Lets begin what may. A request whose arguments cannot be sent is over at once.
    pub(super) fn advance(&mut self, link: &mut Link) {
        while self.running.is_none() {
            let Some(request) = self.waiting.pop_front() else { return };
            match Task::begin(link, request) {
                Ok(task) => self.running = Some(task),
                Err(error) => link.notify(Event::Done(Err(error))),
            }
        }
        let most = link.config.depth.map_or(FOLLOWERS, |depth| depth.saturating_sub(1));
        while self.followers.len() < most && self.may_be_followed(link) {
            let Some(task) = self.waiting.front().and_then(|request| Task::begin_early(link, request)) else { return };
            self.waiting.pop_front();
            let expected = task.expected();
            self.followers.push_back(Follower { task, expected, held: VecDeque::new() });
            link.followed = true;
        }
    }

    /// May commands go out behind those of the last request whose own are out?
    fn may_be_followed(&self, link: &Link) -> bool {
        link.may_queue()
            && match self.followers.back() {
                Some(follower) => follower.task.needs_no_more(),
                None => self.running.as_ref().is_some_and(|task| task.may_be_followed(link)),
            }
    }

    /// Takes a reply: where the request that runs stands after it.
    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        match &mut self.running {
            Some(task) if self.followers.is_empty() || task.awaits_reply() => task.reply(link, reply),
            Some(_) => {
                self.hold(link, reply);
                Flow::Going
            }
            // Nobody asked. A second 226 is the usual case.
            None => Flow::Going,
        }
    }

    /// Keeps a reply for the first follower that one is to come for.
    fn hold(&mut self, link: &mut Link, reply: Reply) {
        let Some(follower) = self.followers.iter_mut().find(|follower| follower.expected > 0) else { return };
        // What is asked first, EPSV or a question, is never answered so: it is a second one for the transfer before.
        let first = follower.held.is_empty();
        if first && link.late_226 && reply.code() == Code::TRANSFER_DONE {
            link.late_226 = false;
            return;
        }
        let preliminary = reply.code().class() == Class::Preliminary;
        if preliminary && follower.held.len() >= HELD {
            return;
        }
        follower.expected -= usize::from(!preliminary);
        follower.held.push_back(reply);
    }

    /// Is this reply a follower's, so that the one to the transfer that runs must have been lost?
    pub(super) fn has_lost_reply(&self, reply: &Reply) -> bool {
        let number = reply.code().number();
        let of_a_transfer = matches!(number, 226 | 250) || !matches!(number, 200..=299);
        !of_a_transfer
            && !self.followers.is_empty()
            && matches!(&self.running, Some(Task::Transfer(transfer)) if transfer.may_get_226())
    }

    /// The request that ran is over. It is the next one's turn, if its commands are out: where that one stands.
    pub(super) fn next(&mut self, link: &mut Link) -> Flow {
        let Some(Follower { task, mut held, .. }) = self.followers.pop_front() else {
            self.running = None;
            return Flow::Going;
        };
        link.followed = !self.followers.is_empty();
        link.expect_reply();
        let task = self.running.insert(task);
        task.take_turn(link);
        let mut flow = Flow::Going;
        while let (Flow::Going, Some(reply)) = (&flow, held.pop_front()) {
            flow = task.reply(link, reply);
        }
        flow
    }

    /// TLS has begun on the control connection.
    pub(super) fn secured(&mut self, link: &mut Link) {
        if let Some(task) = &mut self.running {
            task.secured(link);
        }
    }

    pub(super) fn complete(&mut self, link: &mut Link, op: OpId, done: ClientCompletion) -> Flow {
        self.running.as_mut().map_or(Flow::Going, |task| task.complete(link, op, done))
    }

    pub(super) fn listing(&mut self, link: &mut Link, bytes: &[u8]) -> Result<(), ListingTooLarge> {
        match &mut self.running {
            Some(Task::Transfer(transfer)) => transfer.listing(link, bytes),
            _ => Ok(()),
        }
    }

    pub(super) fn timeout(&mut self, link: &mut Link) -> Flow {
        self.running.as_mut().map_or(Flow::Going, |task| task.timeout(link))
    }

    pub(super) fn abort(&mut self, link: &mut Link) -> Flow {
        self.running.as_mut().map_or(Flow::Going, |task| task.abort(link))
    }

    /// Ends all requests: the one that runs with `result`.
    pub(super) fn end(&mut self, link: &mut Link, result: Option<Result<Outcome, ClientError>>) {
        let mut result = result;
        let begun = self.running.iter().len() + self.followers.len();
        if let Some(mut task) = self.running.take() {
            task.cancel_data(link);
        }
        for _ in 0..begun + self.waiting.len() {
            link.notify(Event::Done(result.take().unwrap_or(Err(ClientError::Disconnected))));
        }
        self.followers.clear();
        self.waiting.clear();
    }
}
