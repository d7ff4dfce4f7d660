//! [`EventLoop`]: one thread's sessions, and the one place where it sleeps.

use crate::crew::{Crew, Errand, Return, State};
use crate::door::Door;
use crate::inbox::{Inbox, Letter};
use crate::sockets::{Address, Sockets};
use crate::timers::{Alarm, Timers};
use ftp_host::host::Host;
use ftp_host::job::Job;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use mio::{Events, Poll, Token};
use slab::Slab;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
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
    doors: Vec<Door>,
    crew: Arc<Crew>,
    inbox: Arc<Inbox>,
    letters: Vec<Letter>,
    places: Slab<Place>,
    /// Whose turn it is, each once.
    queue: VecDeque<usize>,
    timers: Timers,
    scratch: Box<[u8]>,
    ended: bool,
}

/// Where a session lives.
#[derive(Debug)]
struct Place {
    /// `None` while it is away with a job.
    session: Option<Box<Session>>,
    /// What was found ready and the session has not been told.
    ready: Ready,
    /// It stands in the queue.
    queued: bool,
    /// Its turn came while it was away.
    missed: bool,
    sockets: Sockets,
    alarm: Alarm,
}

impl EventLoop {
    /// A loop that serves every connection that comes in on `listeners`, and runs jobs on threads of its own.
    ///
    /// # Errors
    /// What the system says when there is no poll to be had.
    pub fn new(listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Self> {
        let listeners: Vec<_> = listeners.into_iter().map(Arc::new).collect();
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        Self::shared(&listeners, host, Arc::new(Crew::new()))
    }

    /// One of several loops with the same listeners, which do not block, and the same crew.
    pub(crate) fn shared(listeners: &[Arc<TcpListener>], host: Arc<Host>, crew: Arc<Crew>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(poll.registry())?);
        let open = |(at, listener): (usize, &Arc<TcpListener>)| {
            Door::open(Arc::clone(listener), poll.registry(), Token(FIRST_DOOR - at))
        };
        let doors = listeners.iter().enumerate().map(open).collect::<io::Result<_>>()?;
        Ok(Self {
            host,
            poll,
            events: Events::with_capacity(EVENTS),
            doors,
            crew,
            inbox,
            letters: Vec::new(),
            places: Slab::new(),
            queue: VecDeque::new(),
            timers: Timers::default(),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            ended: false,
        })
    }

    /// Sleeps until there is something to do, no longer than `limit` (`None`: no limit), and does it: at most one turn of
    /// each session. Did not all get their turn, the next call does not sleep.
    ///
    /// # Errors
    /// What the system says when it cannot poll: then this loop cannot go on.
    pub fn poll_once(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let limit = self.sleep(limit);
        match self.poll.poll(&mut self.events, limit) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        self.sort_events();
        self.read_letters();
        let now = self.host.clock.now();
        while let Some((time, key)) = self.timers.pop(now) {
            if self.places.get_mut(key).is_some_and(|place| place.alarm.went_off(time)) {
                self.enqueue(key, Ready::default());
            }
        }
        self.accept();
        for _ in 0..self.queue.len() {
            if let Some(key) = self.queue.pop_front() {
                self.turn(key);
            }
        }
        Ok(())
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
        while !self.ended && !(self.doors.is_empty() && self.places.is_empty()) {
            // Without a poll nobody can be served.
            if self.poll_once(None).is_err() {
                return;
            }
        }
    }

    /// How long it may sleep.
    fn sleep(&self, limit: Option<Duration>) -> Option<Duration> {
        if !self.queue.is_empty() {
            return Some(Duration::ZERO);
        }
        let doors = self.doors.iter().filter_map(Door::patience);
        let timers = self.timers.next().and_then(|next| self.host.clock.sleep_for(Some(next)));
        doors.chain(timers).chain(limit).min()
    }

    fn sort_events(&mut self) {
        let Self { events, places, doors, queue, .. } = self;
        for event in events.iter() {
            let token = event.token();
            if token == Inbox::TOKEN {
                continue;
            }
            if let Some(door) = FIRST_DOOR.checked_sub(token.0).and_then(|at| doors.get_mut(at)) {
                door.knock();
                continue;
            }
            let address = Address::of(token);
            if let Some(place) = places.get_mut(address.key) {
                let ready = address.ready(event, place.sockets.wants_urgent());
                place.enqueue(address.key, ready, queue);
            }
        }
    }

    fn read_letters(&mut self) {
        let mut letters = std::mem::take(&mut self.letters);
        self.inbox.fetch(&mut letters);
        for letter in letters.drain(..) {
            match letter {
                Letter::Wake(key) => self.enqueue(key, Ready::default()),
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
                let Some(stream) = self.doors.get_mut(at).and_then(Door::accept) else { break };
                // A connection that is gone already is dropped.
                if self.admit(stream).is_err()
                    && let Some(door) = self.doors.get_mut(at)
                {
                    door.shut();
                }
            }
        }
    }

    fn admit(&mut self, stream: TcpStream) -> io::Result<()> {
        let key = self.places.vacant_key();
        let inbox = Arc::clone(&self.inbox);
        let session = Session::new(&self.host, stream, Arc::new(move || inbox.send(Letter::Wake(key))))?;
        let sockets = Sockets::begin(self.poll.registry(), key, &session.interest())?;
        let place = Place {
            session: Some(Box::new(session)),
            ready: Ready::default(),
            queued: false,
            missed: false,
            sockets,
            alarm: Alarm::default(),
        };
        self.places.insert(place);
        self.enqueue(key, Ready::ALL);
        Ok(())
    }

    fn enqueue(&mut self, key: usize, ready: Ready) {
        if let Some(place) = self.places.get_mut(key) {
            place.enqueue(key, ready, &mut self.queue);
        }
    }

    /// One turn of a session.
    fn turn(&mut self, key: usize) {
        let Some(place) = self.places.get_mut(key) else { return };
        place.queued = false;
        // Away: it gets its turn when it is back.
        let Some(mut session) = place.session.take() else {
            place.missed = true;
            return;
        };
        let ready = std::mem::take(&mut place.ready);
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
        let Some(place) = self.places.get_mut(key) else { return };
        let ready = std::mem::take(&mut place.ready);
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
        let Some(place) = self.places.get_mut(key) else { return };
        let interest = session.interest();
        let waits = place.sockets.wait(self.poll.registry(), key, &interest);
        self.timers.set(key, &mut place.alarm, interest.deadline);
        let more = turn == Turn::Again || std::mem::take(&mut place.missed) || place.ready != Ready::default();
        place.session = Some(session);
        match waits {
            // A session that cannot wait cannot go on.
            Err(_) => self.leave(key),
            Ok(()) if more => self.enqueue(key, Ready::default()),
            Ok(()) => {}
        }
    }

    fn leave(&mut self, key: usize) {
        let place = self.places.try_remove(key);
        // What a session drops may panic as well.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(place)));
    }
}

/// The token of the first listener; those of the others lie below.
const FIRST_DOOR: usize = Inbox::TOKEN.0 - 1;

impl Place {
    /// Notes what is ready, and sees that the session stands in the queue.
    fn enqueue(&mut self, key: usize, ready: Ready, queue: &mut VecDeque<usize>) {
        self.ready.control |= ready.control;
        self.ready.urgent |= ready.urgent;
        self.ready.data |= ready.data;
        if !self.queued {
            self.queued = true;
            queue.push_back(key);
        }
    }
}
