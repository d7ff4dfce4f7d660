//! [`Turnstile`]: lets so many threads through at once, and lends each a tool of its own; the others wait their turn.

use crate::sync::{Condvar, Mutex, PoisonError};
use std::mem;
use std::ops::{Deref, DerefMut};

#[derive(Debug)]
pub(crate) struct Turnstile<T> {
    /// The tools that nobody has. The one given back last is lent first, so that those which are never needed stay as they were made.
    free: Mutex<Vec<T>>,
    freed: Condvar,
}

impl<T: Default> Turnstile<T> {
    /// So many at once; at least one.
    pub(crate) fn new(at_once: usize) -> Self {
        let tools = (0..at_once.max(1)).map(|_| T::default());
        Self { free: Mutex::new(tools.collect()), freed: Condvar::new() }
    }

    /// Waits for a turn.
    pub(crate) fn pass(&self) -> Turn<'_, T> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(tool) = free.pop() {
                return Turn { turnstile: self, tool };
            }
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A turn, and the tool that goes with it. Both are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t, T: Default> {
    turnstile: &'t Turnstile<T>,
    tool: T,
}

impl<T: Default> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.tool
    }
}

impl<T: Default> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.tool
    }
}

impl<T: Default> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        let tool = mem::take(&mut self.tool);
        self.turnstile.free.lock().unwrap_or_else(PoisonError::into_inner).push(tool);
        self.turnstile.freed.notify_one();
    }
}
