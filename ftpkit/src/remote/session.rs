//! [`Session`]: a connection to a server, logged in, as every command uses it.

use super::kept::Kept;
use super::learnt::Memory;
use super::refusal::unanswered;
use super::url::FtpUrl;
use crate::conversation::Ear;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::runtime::{Client, Watched, finish_any};
use crate::transfer::{Limit, Unseen};
use ftp_core::client::{ClientError, Event, Features, Finding, Outcome, Request};
use ftp_core::reply::Reply;
use ftp_core::time::WallTime;
use ftp_host::client::{End, Go, Watch};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A connection, logged in.
pub(crate) struct Session {
    client: Box<dyn Client>,
    ear: Ear,
    number: Option<usize>,
    interrupt: Interrupt,
    farewell: Option<Reply>,
    limit: Option<Arc<Limit>>,
    /// Where it goes when nobody needs it any more.
    keeper: Option<(Kept, FtpUrl)>,
    /// What was begun and is not finished.
    open: usize,
    /// Nothing has gone wrong with the connection.
    sound: bool,
    /// Nobody has to wait for an answer who does not want to.
    stoppable: bool,
    memory: Memory,
    /// It was told that the server is to make the data connections.
    active: bool,
    /// What has been said of the transfer under way.
    said: Said,
}

/// What who looks on has said and been told of a transfer.
#[derive(Default)]
struct Said {
    /// So many bytes had moved.
    bytes: u64,
    /// It is to be aborted.
    abort: bool,
}

/// What a transfer gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    /// Bytes over the data connection.
    pub(crate) bytes: u64,
    /// How long it took.
    pub(crate) time: Duration,
}

impl Moved {
    /// There was nothing to move.
    pub(crate) const NOTHING: Self = Self { bytes: 0, time: Duration::ZERO };
}

/// Looks on while a file moves.
pub(crate) trait Looker: Send {
    /// So many bytes have moved.
    fn moved(&mut self, bytes: u64);

    /// Prints something with what else is on the screen out of the way.
    fn aside(&self, print: &mut dyn FnMut()) {
        print();
    }
}

/// The size that an answer tells, if it does.
fn size_of(answer: Result<Outcome, ClientError>) -> Result<Option<u64>, ClientError> {
    match answer {
        Ok(Outcome::Size(size)) => Ok(Some(size)),
        Ok(_) | Err(ClientError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The time that an answer tells, if it does.
fn time_of(answer: Result<Outcome, ClientError>) -> Result<Option<WallTime>, ClientError> {
    match answer {
        Ok(Outcome::Modified(time)) => Ok(Some(time)),
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Session {
    /// On a client that is connected.
    pub(super) fn new(
        client: Box<dyn Client>,
        (number, ear): (Option<usize>, Ear),
        interrupt: Interrupt,
        limit: Option<Arc<Limit>>,
        memory: Memory,
    ) -> Self {
        Self {
            client,
            ear,
            number,
            interrupt,
            farewell: None,
            limit,
            memory,
            keeper: None,
            open: 0,
            sound: true,
            stoppable: false,
            active: false,
            said: Said::default(),
        }
    }

    /// What is asked for can be stopped by whoever sits there before it is answered, for the price of the connection.
    pub(super) fn stoppable(self) -> Self {
        Self { stoppable: true, ..self }
    }

    /// Goes to `keeper` when nobody needs it any more.
    pub(super) fn kept_by(self, keeper: Kept, url: FtpUrl) -> Self {
        Self { keeper: Some((keeper, url)), ..self }
    }

    /// Its number among the connections that are heard, and who hears it.
    pub(super) fn heard(self, (number, ear): (Option<usize>, Ear)) -> Self {
        Self { ear, number, ..self }
    }

    /// A connection that was kept, for its next user: how fast it may be, and what ends it.
    pub(super) fn again(self, limit: Option<Arc<Limit>>, interrupt: Interrupt) -> Self {
        Self { interrupt, limit, ..self }
    }

    /// Its number among the connections that are heard; `None`: it has none yet.
    pub(super) fn number(&self) -> Option<usize> {
        self.number
    }

    /// Does the connection stand, as far as anybody knows?
    pub(crate) fn is_sound(&self) -> bool {
        self.sound
    }

    /// Asks for something that is no transfer of a file.
    ///
    /// # Errors
    /// What the server said, or that it said nothing.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Outcome, ClientError> {
        let (client, mut watcher) = self.parts(None);
        let outcome = client.request(request, &mut watcher);
        outcome.map_err(|error| self.explained(error))
    }

    /// The same, for a command whose failure is `what`.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) fn need(&mut self, request: Request, what: impl FnOnce() -> String) -> Result<Outcome, Failure> {
        self.ask(request).map_err(|error| unanswered(what(), &error))
    }

    /// The size of a file; `None` if the server does not tell, which does not mean that there is no file.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub(crate) fn size(&mut self, path: &[u8]) -> Result<Option<u64>, ClientError> {
        size_of(self.ask(Request::Size(path.to_vec())))
    }

    /// The size of a file that is to be fetched. Some servers say 0 of files that have bytes: that is taken for no answer, since an empty file
    /// turns out to be one by itself.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub(crate) fn size_to_come(&mut self, path: &[u8]) -> Result<Option<u64>, ClientError> {
        Ok(self.size(path)?.filter(|&size| size > 0))
    }

    /// The time of a file's last change; `None` if the server does not tell.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub(crate) fn modified(&mut self, path: &[u8]) -> Result<Option<WallTime>, ClientError> {
        time_of(self.ask(Request::Modified(path.to_vec())))
    }

    /// Both [`size_to_come`](Self::size_to_come) and [`modified`](Self::modified), asked for at once where the server bears it.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub(crate) fn size_and_time_to_come(
        &mut self,
        path: &[u8],
    ) -> Result<(Option<u64>, Option<WallTime>), ClientError> {
        self.begin(Request::Size(path.to_vec()), None)?;
        self.begin(Request::Modified(path.to_vec()), None)?;
        let (size, time) = (self.finish(&mut Unseen), self.finish(&mut Unseen));
        Ok((size_of(size)?.filter(|&size| size > 0), time_of(time)?))
    }

    /// Moves a file. Ctrl-C aborts it in good order.
    ///
    /// # Errors
    /// What the server said, or what broke.
    pub(crate) fn transfer(
        &mut self,
        request: Request,
        end: End,
        looker: &mut dyn Looker,
    ) -> Result<Moved, ClientError> {
        let held = self.interrupt.hold();
        if self.interrupt.asked() {
            return Err(ClientError::Aborted);
        }
        let began = Instant::now();
        self.begin(request, Some(end))?;
        let outcome = self.finish(looker);
        drop(held);
        match outcome? {
            Outcome::Transferred { bytes, .. } => Ok(Moved { bytes, time: began.elapsed() }),
            _ => Err(ClientError::Protocol("the end of a transfer")),
        }
    }

    /// Begins something that [`finish`](Self::finish) waits for. Several may be begun before the first is finished: where the server bears
    /// it, no round trip is lost between them.
    ///
    /// # Errors
    /// The connection is closed.
    pub(crate) fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        let begun = self.client.begin(request, end);
        self.open += 1;
        begun.map_err(|error| self.explained(error))
    }

    /// Waits for the end of what was begun first. Ctrl-C aborts it in good order, where it is held.
    ///
    /// # Errors
    /// What the server said, or what broke.
    pub(crate) fn finish(&mut self, looker: &mut dyn Looker) -> Result<Outcome, ClientError> {
        Self::finish_any(&mut [(self, looker)]).1
    }

    /// The same for the first end on any of these: whose it was, by its place, and what came of it.
    pub(crate) fn finish_any(waiting: &mut [(&mut Self, &mut dyn Looker)]) -> (usize, Result<Outcome, ClientError>) {
        let mut parts: Vec<_> =
            waiting.iter_mut().map(|(session, looker)| session.parts(Some(&mut **looker))).collect();
        let mut clients: Vec<Watched<'_>> =
            parts.iter_mut().map(|(client, watcher)| (&mut **client, watcher as &mut (dyn Watch + Send))).collect();
        let (at, outcome) = finish_any(&mut clients).unwrap_or_default();
        let outcome = outcome.unwrap_or(Err(ClientError::Disconnected));
        match waiting.get_mut(at) {
            Some((session, looker)) => (at, session.finished(outcome, &mut **looker)),
            None => (at, outcome),
        }
    }

    /// What was begun first has ended.
    fn finished(
        &mut self,
        outcome: Result<Outcome, ClientError>,
        looker: &mut dyn Looker,
    ) -> Result<Outcome, ClientError> {
        self.open = self.open.saturating_sub(1);
        if let Ok(Outcome::Transferred { bytes, .. }) = &outcome {
            self.parts(Some(looker)).1.progress(*bytes);
        }
        self.said = Said::default();
        outcome.map_err(|error| self.explained(error))
    }

    /// The client, and who looks on while it works.
    fn parts<'a>(&'a mut self, looker: Option<&'a mut dyn Looker>) -> (&'a mut dyn Client, Watcher<'a>) {
        // What moves no file is not broken off.
        let interrupt = looker.is_some().then_some(&self.interrupt);
        let limit = self.limit.as_deref().filter(|_| looker.is_some());
        let patience = self.stoppable.then_some(&self.interrupt);
        let Self { client, ear, farewell, said, .. } = self;
        (&mut **client, Watcher { ear, farewell, looker, interrupt, patience, limit, said })
    }

    /// Do many small files go best in MODE B there, over one data connection?
    pub(crate) fn keeps_data_connection(&self) -> bool {
        self.client.advice().small_in_blocks
    }

    /// Might it save a round trip for each file if the server made the data connections?
    pub(crate) fn may_gain_by_active(&self) -> bool {
        self.client.advice().try_active
    }

    /// Has the server make the data connections from now on, as long as they come to be.
    pub(crate) fn prefer_active(&mut self) {
        if !self.active {
            self.active = true;
            self.client.tell(Finding::ActiveWorks);
        }
    }

    /// Did the server say that it can do this (FEAT, RFC 2389 3)?
    pub(crate) fn offers(&self, feature: &str) -> bool {
        self.client.features().is_some_and(|features| features.has(feature))
    }

    /// The lines in which the server says what it can do.
    pub(crate) fn features(&self) -> impl Iterator<Item = &[u8]> {
        self.client.features().into_iter().flat_map(Features::lines)
    }

    /// Keeps what was learnt for the next connection.
    fn remember(&self) {
        if let Some(learnt) = self.client.learnt() {
            self.memory.keep(learnt);
        }
    }

    fn explained(&mut self, error: ClientError) -> ClientError {
        // What was learnt is often why it ended.
        self.remember();
        self.sound &= !matches!(
            error,
            ClientError::Disconnected | ClientError::TimedOut | ClientError::TlsFailed | ClientError::Protocol(_)
        );
        match (error, self.farewell.take()) {
            (ClientError::Disconnected, _) if self.stoppable && self.interrupt.asked() => ClientError::Aborted,
            (ClientError::Disconnected, Some(reply)) => ClientError::Refused(reply),
            (error, _) => error,
        }
    }

    /// Nobody needs it any more: it is kept for the next, or says goodbye.
    pub(crate) fn close(mut self) {
        let keeper = self.keeper.take().filter(|_| self.sound && self.open == 0);
        match keeper {
            Some((kept, url)) => {
                let keeper = Some((kept.clone(), url.clone()));
                kept.put(&url, Self { keeper, ..self });
            }
            None => self.quit(),
        }
    }

    /// Says goodbye. All is done by then: whether the server hears it does not matter.
    pub(crate) fn quit(mut self) {
        self.remember();
        if self.sound {
            let _ = self.ask(Request::Quit);
        }
    }
}

/// Whoever says why he hangs up says it in a 421 (RFC 959 4.2.2).
fn farewell(event: &Event) -> Option<&Reply> {
    match event {
        Event::Received(reply) if reply.code().number() == 421 => Some(reply),
        _ => None,
    }
}

/// Looks on while the client works.
struct Watcher<'a> {
    ear: &'a Ear,
    farewell: &'a mut Option<Reply>,
    looker: Option<&'a mut dyn Looker>,
    interrupt: Option<&'a Interrupt>,
    /// What ends the wait for an answer.
    patience: Option<&'a Interrupt>,
    limit: Option<&'a Limit>,
    said: &'a mut Said,
}

impl Watch for Watcher<'_> {
    fn event(&mut self, event: &Event) {
        if let Some(reply) = farewell(event) {
            *self.farewell = Some(reply.clone());
        }
        let mut print = || (self.ear)(event);
        match &self.looker {
            Some(looker) => looker.aside(&mut print),
            None => print(),
        }
    }

    fn progress(&mut self, bytes: u64) -> Go {
        if let Some(looker) = &mut self.looker {
            looker.moved(bytes);
        }
        let new = bytes.saturating_sub(self.said.bytes);
        self.said.bytes = bytes;
        let asked = || self.interrupt.is_some_and(Interrupt::asked);
        if let (Some(limit), 1..) = (self.limit, new) {
            limit.moved(new, asked);
        }
        if asked() {
            // From now on the answer to ABOR is awaited.
            self.said.abort = true;
            return Go::Abort;
        }
        Go::On
    }

    fn waiting(&mut self) -> Option<Go> {
        self.patience.filter(|_| !self.said.abort).map(|interrupt| if interrupt.asked() { Go::Abort } else { Go::On })
    }
}
