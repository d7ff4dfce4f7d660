//! [`EventLoop`]: one thread's sessions, and the one place where it sleeps.

use crate::crew::{Crew, Errand, Return, State};
use crate::entrance::Entrance;
use crate::inbox::{Inbox, Letter};
use crate::places::Places;
use crate::sockets::Sockets;
use ftp_host::door::{Arrival, Door};
use ftp_host::host::Host;
use ftp_host::job::Job;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use mio::{Events, Poll, Token};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Events fetched at a time.
const EVENTS: usize = 256;

/// Connections accepted at a time: then those that are here have their turn.
const ACCEPTED: usize = 32;

/// Room to read commands into; one for all sessions of a loop.
const SCRATCH: usize = 16 * 1024;

/// An event loop that serves FTP. [`serve`](crate::serve) runs one on each core; whoever has a loop of his own calls
/// [`poll_once`](Self::poll_once) from it.
#[derive(Debug)]
pub struct EventLoop {
    host: Arc<Host>,
    poll: Poll,
    events: Events,
    doors: Vec<Entrance>,
    crew: Arc<Crew>,
    inbox: Arc<Inbox>,
    letters: Vec<Letter>,
    /// A session is away while it has a job.
    places: Places<Box<Session>>,
    scratch: Box<[u8]>,
    ended: bool,
}

impl EventLoop {
    /// A loop that serves every connection that comes in on `listeners`, and runs jobs on threads of its own.
    ///
    /// # Errors
    /// What the system says when there is no poll to be had.
    pub fn new(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Self> {
        let doors = listeners.into_iter().map(|listener| Ok(Arc::new(Door::open(listener)?)));
        Self::shared(&doors.collect::<io::Result<Vec<_>>>()?, host, Arc::new(Crew::new()))
    }

    /// One of several loops with the same doors and the same crew.
    pub(crate) fn shared(doors: &[Arc<Door>], host: Arc<Host>, crew: Arc<Crew>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(poll.registry())?);
        let open =
            |(at, door): (usize, &Arc<Door>)| Entrance::open(Arc::clone(door), poll.registry(), Token(FIRST_DOOR - at));
        let doors = doors.iter().enumerate().map(open).collect::<io::Result<_>>()?;
        Ok(Self {
            host,
            poll,
            events: Events::with_capacity(EVENTS),
            doors,
            crew,
            inbox,
            letters: Vec::new(),
            places: Places::new(),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            ended: false,
        })
    }

    /// Sleeps until there is something to do, no longer than `limit` (`None`: no limit), and does it: at most one turn of
    /// each session. How many turns there were; a session that has more to do has its next turn in the next call, which does
    /// not sleep then.
    ///
    /// # Errors
    /// What the system says when it cannot poll: then this loop cannot go on.
    pub fn poll_once(&mut self, limit: Option<Duration>) -> io::Result<usize> {
        let limit = self.sleep(limit);
        match self.poll.poll(&mut self.events, limit) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        self.sort_events();
        self.read_letters();
        self.places.ring(self.host.clock.now());
        self.accept();
        let due = self.places.due();
        for _ in 0..due {
            if let Some(key) = self.places.next() {
                self.turn(key);
            }
        }
        Ok(due)
    }

    /// How many sessions it has.
    pub fn sessions(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Takes turns until it is told to end, or nobody is left and nobody can come.
    pub(crate) fn run(mut self) {
        while !self.ended && (!self.doors.is_empty() || self.places.len() > 0) {
            // Without a poll nobody can be served.
            if self.poll_once(None).is_err() {
                return;
            }
        }
    }

    /// How long it may sleep.
    fn sleep(&self, limit: Option<Duration>) -> Option<Duration> {
        if self.places.due() > 0 {
            return Some(Duration::ZERO);
        }
        let doors = self.doors.iter().filter_map(Entrance::patience);
        let timers = self.host.clock.sleep_for(self.places.deadline());
        doors.chain(timers).chain(limit).min()
    }

    fn sort_events(&mut self) {
        for event in &self.events {
            let token = event.token();
            if token == Inbox::TOKEN {
                continue;
            }
            match FIRST_DOOR.checked_sub(token.0).and_then(|at| self.doors.get_mut(at)) {
                Some(door) => door.knock(),
                None => self.places.note(event),
            }
        }
    }

    fn read_letters(&mut self) {
        let mut letters = std::mem::take(&mut self.letters);
        self.inbox.fetch(&mut letters);
        for letter in letters.drain(..) {
            match letter {
                Letter::Wake(key) => self.places.enqueue(key, Ready::default()),
                Letter::Back(Return { key, state }) => match state {
                    State::Here(session, turn) => self.settle(key, session, turn),
                    State::Busy(session, job) => self.go_on(key, session, job),
                    State::Gone => self.leave(key),
                },
                Letter::Close => {
                    for door in self.doors.drain(..) {
                        door.close(self.poll.registry());
                    }
                }
                Letter::End => self.ended = true,
            }
        }
        self.letters = letters;
    }

    fn accept(&mut self) {
        for at in 0..self.doors.len() {
            for _ in 0..ACCEPTED {
                let Some(arrival) = self.doors.get_mut(at).and_then(Entrance::accept) else { break };
                // A connection that is gone already is dropped.
                if self.admit(arrival).is_err()
                    && let Some(door) = self.doors.get_mut(at)
                {
                    door.shut();
                }
            }
        }
    }

    fn admit(&mut self, arrival: Arrival) -> io::Result<()> {
        let key = self.places.next_key();
        let inbox = Arc::clone(&self.inbox);
        let session = Session::new(&self.host, arrival, Arc::new(move || inbox.send(Letter::Wake(key))))?;
        let sockets = Sockets::begin(self.poll.registry(), key, &session.interest())?;
        self.places.insert(Box::new(session), sockets);
        Ok(())
    }

    /// One turn of a session.
    fn turn(&mut self, key: usize) {
        let Some((mut session, ready)) = self.places.take(key) else { return };
        let scratch = &mut self.scratch;
        // A panic ends this session, and nothing else.
        let done = catch_unwind(AssertUnwindSafe(move || match session.turn(ready, scratch) {
            Turn::Over => None,
            turn => Some((turn, session.take_job(), session)),
        }));
        match done {
            Err(_) | Ok(None) => self.leave(key),
            Ok(Some((_, Some(job), session))) => self.send_away(key, session, job),
            Ok(Some((turn, None, session))) => self.settle(key, session, turn),
        }
    }

    /// A session has come back with another job: first it hears what has come meanwhile.
    fn go_on(&mut self, key: usize, mut session: Box<Session>, job: Job) {
        let ready = self.places.take_ready(key);
        let scratch = &mut self.scratch;
        let done = catch_unwind(AssertUnwindSafe(move || match session.turn(ready, scratch) {
            Turn::Over => None,
            _ => Some((session, job)),
        }));
        match done {
            Err(_) | Ok(None) => self.leave(key),
            Ok(Some((session, job))) => self.send_away(key, session, job),
        }
    }

    fn send_away(&mut self, key: usize, session: Box<Session>, job: Job) {
        self.crew.send(Errand { key, session, job, home: Arc::clone(&self.inbox) });
    }

    /// A session has done what it could.
    fn settle(&mut self, key: usize, session: Box<Session>, turn: Turn) {
        let registry = self.poll.registry();
        if self.places.put(key, session, turn == Turn::Again, registry, |session| Some(session.interest())).is_err() {
            // A session that cannot wait cannot go on.
            self.leave(key);
        }
    }

    fn leave(&mut self, key: usize) {
        let session = self.places.remove(key);
        // What a session drops may panic as well.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(session)));
    }
}

/// The token of the first listener; those of the others lie below.
const FIRST_DOOR: usize = Inbox::TOKEN.0 - 1;
