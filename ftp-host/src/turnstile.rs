//! [`Turnstile`]: lets so many threads through at once; the others wait their turn.

use crate::sync::{Condvar, Mutex, PoisonError};

#[derive(Debug)]
pub(crate) struct Turnstile {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Turnstile {
    /// So many at once; at least one.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { free: Mutex::new(at_once.max(1)), freed: Condvar::new() }
    }

    /// Waits for a turn.
    pub(crate) fn pass(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }
}

/// A turn, given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t>(&'t Turnstile);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
