//! [`Places`]: the connections of one loop, what each waits for, and whose turn it is. What a turn is, is not known here:
//! servers' and clients' connections share it.

use crate::sockets::{Address, Sockets};
use crate::timers::{Alarm, Timers};
use ftp_core::time::Time;
use ftp_host::readiness::{Interest, Ready};
use mio::Registry;
use mio::event::Event;
use slab::Slab;
use std::collections::VecDeque;
use std::io;

/// The connections of a loop.
#[derive(Debug)]
pub(crate) struct Places<T> {
    slab: Slab<Place<T>>,
    /// Whose turn it is, each once.
    queue: VecDeque<usize>,
    timers: Timers,
}

#[derive(Debug)]
struct Place<T> {
    /// `None` while it is away.
    tenant: Option<T>,
    /// What was found ready and the tenant has not been told.
    ready: Ready,
    /// It stands in the queue.
    queued: bool,
    /// Its turn came while it was away: somebody woke it, and has to be heard.
    missed: bool,
    sockets: Sockets,
    alarm: Alarm,
}

impl<T> Places<T> {
    pub(crate) const fn new() -> Self {
        Self { slab: Slab::new(), queue: VecDeque::new(), timers: Timers::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    /// The key that the next tenant gets.
    pub(crate) fn next_key(&self) -> usize {
        self.slab.vacant_key()
    }

    /// Takes in a tenant, whose turn it is then.
    pub(crate) fn insert(&mut self, tenant: T, sockets: Sockets) -> usize {
        let alarm = Alarm::default();
        let place =
            Place { tenant: Some(tenant), ready: Ready::default(), queued: false, missed: false, sockets, alarm };
        let key = self.slab.insert(place);
        self.enqueue(key, Ready::ALL);
        key
    }

    /// Gives up a place; its tenant, if it is not away.
    pub(crate) fn remove(&mut self, key: usize) -> Option<T> {
        self.slab.try_remove(key)?.tenant
    }

    pub(crate) fn get(&self, key: usize) -> Option<&T> {
        self.slab.get(key)?.tenant.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.slab.get_mut(key)?.tenant.as_mut()
    }

    /// Notes what is ready, and that it is this one's turn.
    pub(crate) fn enqueue(&mut self, key: usize, ready: Ready) {
        let Some(place) = self.slab.get_mut(key) else { return };
        place.ready.control |= ready.control;
        place.ready.urgent |= ready.urgent;
        place.ready.data |= ready.data;
        if !place.queued {
            place.queued = true;
            self.queue.push_back(key);
        }
    }

    /// Notes what an event says; one for a tenant that is gone may come to the next, who looks in vain.
    pub(crate) fn note(&mut self, event: &Event) {
        let address = Address::of(event.token());
        if let Some(place) = self.slab.get(address.key) {
            self.enqueue(address.key, address.ready(event, place.sockets.wants_urgent()));
        }
    }

    /// Puts those into the queue whose time has come.
    pub(crate) fn ring(&mut self, now: Time) {
        while let Some((time, key)) = self.timers.pop(now) {
            if self.slab.get_mut(key).is_some_and(|place| place.alarm.went_off(time)) {
                self.enqueue(key, Ready::default());
            }
        }
    }

    /// How many turns are due.
    pub(crate) fn due(&self) -> usize {
        self.queue.len()
    }

    /// The next deadline.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Whose turn it is.
    pub(crate) fn next(&mut self) -> Option<usize> {
        let key = self.queue.pop_front()?;
        if let Some(place) = self.slab.get_mut(key) {
            place.queued = false;
        }
        Some(key)
    }

    /// Takes a tenant out for its turn, and what was found ready. `None`: it is away, and has its turn when it is back.
    pub(crate) fn take(&mut self, key: usize) -> Option<(T, Ready)> {
        let place = self.slab.get_mut(key)?;
        place.missed = place.tenant.is_none();
        place.tenant.take().map(|tenant| (tenant, std::mem::take(&mut place.ready)))
    }

    /// What was found ready for a tenant that is away.
    pub(crate) fn take_ready(&mut self, key: usize) -> Ready {
        self.slab.get_mut(key).map(|place| std::mem::take(&mut place.ready)).unwrap_or_default()
    }

    /// Puts a tenant back, who waits for what `interest` says, if for anything; with `again`, it has another turn.
    ///
    /// # Errors
    /// What the system says: it cannot be waited for.
    pub(crate) fn put(
        &mut self,
        key: usize,
        tenant: T,
        again: bool,
        registry: &Registry,
        interest: impl FnOnce(&T) -> Option<Interest<'_>>,
    ) -> io::Result<()> {
        let Some(place) = self.slab.get_mut(key) else { return Ok(()) };
        let tenant = place.tenant.insert(tenant);
        let Some(interest) = interest(tenant) else { return Ok(()) };
        place.sockets.wait(registry, key, &interest)?;
        self.timers.set(key, &mut place.alarm, interest.deadline);
        if again || place.missed || place.ready != Ready::default() {
            self.enqueue(key, Ready::default());
        }
        Ok(())
    }
}
