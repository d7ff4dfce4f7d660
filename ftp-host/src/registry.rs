//! [`Registry`]: the live sessions of a host, how to reach each, and how many there may be.

use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use ftp_core::time::Time;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Makes whoever waits for a session look at it again, from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// How long sessions that were ended may take to say so to their peers.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How many sessions there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub sessions: usize,
    /// From one address.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: 10_000, per_address: 1_000 }
    }
}

/// The live sessions.
#[derive(Debug, Default)]
pub struct Registry {
    limits: Limits,
    seats: Mutex<Seats>,
    /// How often [`Registry::show`] has been called.
    round: AtomicU64,
    /// A session has gone, or has seen the time.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    stopping: bool,
    live: BTreeMap<u64, Entry>,
    by_address: BTreeMap<IpAddr, usize>,
}

struct Entry {
    peer: SocketAddr,
    user: Option<String>,
    orders: Arc<AtomicU8>,
    waker: Waker,
    /// What the session has seen of a manual clock.
    seen: Option<Seen>,
}

/// The round that a session has dealt with, and the deadline it waits for.
#[derive(Clone, Copy, Debug)]
struct Seen {
    round: u64,
    deadline: Option<Time>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("peer", &self.peer).field("user", &self.user).finish_non_exhaustive()
    }
}

/// A session as those who watch see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Its number, by which it can be ended.
    pub id: u64,
    /// Who is connected.
    pub peer: SocketAddr,
    /// Who is logged in.
    pub user: Option<String>,
}

/// Why a connection gets no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are as many sessions as there may be.
    Sessions,
    /// There are as many from this address as there may be.
    Address,
    /// The server is stopping.
    Stopping,
}

impl Full {
    /// What the peer is told.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Sessions => "Too many sessions, try again later.",
            Self::Address => "Too many sessions from your address.",
            Self::Stopping => "The server is stopping.",
        }
    }
}

/// What a session was ordered to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// End once no transfer runs.
    Stop,
    /// End now.
    Kick,
}

const STOP: u8 = 1;
const KICK: u8 = 2;

/// A session's place in the registry, given up when dropped.
#[derive(Debug)]
pub struct Seat {
    registry: Arc<Registry>,
    id: u64,
    peer: IpAddr,
    orders: Arc<AtomicU8>,
}

impl Registry {
    /// An empty registry with these limits.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, ..Self::default() })
    }

    /// A place for a session from `peer`.
    ///
    /// # Errors
    /// [`Full`], when there is none.
    pub fn admit(self: &Arc<Self>, peer: SocketAddr, waker: Waker) -> Result<Seat, Full> {
        let mut seats = self.lock();
        let ip = peer.ip().to_canonical();
        let from_there = seats.by_address.get(&ip).copied().unwrap_or(0);
        if seats.stopping {
            return Err(Full::Stopping);
        }
        if seats.live.len() >= self.limits.sessions {
            return Err(Full::Sessions);
        }
        if from_there >= self.limits.per_address {
            return Err(Full::Address);
        }
        let id = seats.next;
        seats.next += 1;
        let orders = Arc::new(AtomicU8::new(0));
        seats.by_address.insert(ip, from_there + 1);
        seats.live.insert(id, Entry { peer, user: None, orders: Arc::clone(&orders), waker, seen: None });
        Ok(Seat { registry: Arc::clone(self), id, peer: ip, orders })
    }

    /// Everybody who is here.
    pub fn present(&self) -> Vec<Present> {
        let seats = self.lock();
        seats.live.iter().map(|(&id, entry)| Present { id, peer: entry.peer, user: entry.user.clone() }).collect()
    }

    /// Admits nobody any more and has each session end as soon as no transfer runs.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.order(STOP);
    }

    /// Stops in good order: idle sessions end at once, transfers have `grace` to finish and are then ended too. Did all end
    /// by themselves? Who listens for new connections should close before.
    pub fn wind_down(&self, grace: Duration) -> bool {
        self.stop();
        let in_time = self.wait_empty(grace);
        if !in_time {
            self.kick_all();
            self.wait_empty(LAST_WORDS);
        }
        in_time
    }

    /// Has every session end now.
    pub fn kick_all(&self) {
        self.order(KICK);
    }

    /// Makes every session look at its clock and its orders.
    pub fn wake_all(&self) {
        self.order(0);
    }

    /// Waits until nobody is left, no longer than `limit`: is that so?
    pub fn wait_empty(&self, limit: Duration) -> bool {
        self.wait_until(limit, |seats| seats.live.is_empty())
    }

    /// Wakes every session and waits until each has dealt with what there is now, no longer than `limit`: is that so?
    ///
    /// A turn that had begun before may have missed something, so only one that has begun since counts: each call is a
    /// round, and a session says in which its turn began.
    pub(crate) fn show(&self, limit: Duration) -> bool {
        let round = self.round.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake_all();
        let has_seen = |entry: &Entry| entry.seen.is_some_and(|seen| seen.round >= round);
        self.wait_until(limit, |seats| seats.live.values().all(has_seen))
    }

    /// The first deadline of a session after `now`.
    pub(crate) fn next_deadline(&self, now: Time) -> Option<Time> {
        let seats = self.lock();
        seats.live.values().filter_map(|entry| entry.seen?.deadline).filter(|deadline| *deadline > now).min()
    }

    fn wait_until(&self, limit: Duration, is_so: impl Fn(&Seats) -> bool) -> bool {
        let end = Instant::now() + limit;
        let mut seats = self.lock();
        while !is_so(&seats) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            seats = self.changed.wait_timeout(seats, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn order(&self, order: u8) {
        let wakers: Vec<Waker> = {
            let seats = self.lock();
            seats
                .live
                .values()
                .map(|entry| {
                    entry.orders.fetch_or(order, Ordering::SeqCst);
                    Arc::clone(&entry.waker)
                })
                .collect()
        };
        // Outside the lock: a waker may run a session, which may look into the registry.
        for waker in wakers {
            waker();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The order that came last, if one did.
    pub fn order(&self) -> Option<Order> {
        match self.orders.load(Ordering::SeqCst) {
            0 => None,
            STOP => Some(Order::Stop),
            _ => Some(Order::Kick),
        }
    }

    /// The present round of [`Registry::show`].
    pub(crate) fn round(&self) -> u64 {
        self.registry.round.load(Ordering::SeqCst)
    }

    /// The session has dealt with all there was when `round` began, and waits for `deadline`.
    pub(crate) fn has_seen(&self, round: u64, deadline: Option<Time>) {
        if let Some(entry) = self.registry.lock().live.get_mut(&self.id) {
            entry.seen = Some(Seen { round, deadline });
        }
        self.registry.changed.notify_all();
    }

    /// Shows who is logged in.
    pub fn set_user(&self, user: Option<String>) {
        if let Some(entry) = self.registry.lock().live.get_mut(&self.id) {
            entry.user = user;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.registry.lock();
        seats.live.remove(&self.id);
        if let Some(count) = seats.by_address.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                seats.by_address.remove(&self.peer);
            }
        }
        self.registry.changed.notify_all();
    }
}
