//! [`Pool`]: what a step borrows, so that a transfer that waits for its peer holds none of it.

use std::sync::{Mutex, PoisonError};

/// A few things kept for the next borrower.
pub(super) struct Pool<T> {
    kept: Mutex<Vec<T>>,
}

impl<T> Pool<T> {
    /// More than steps run at the same time on most machines, and little enough to keep for ever.
    const KEPT: usize = 4;

    pub(super) const fn new() -> Self {
        Self { kept: Mutex::new(Vec::new()) }
    }

    pub(super) fn take(&self) -> Option<T> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(super) fn give(&self, thing: T) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < Self::KEPT {
            kept.push(thing);
        }
    }
}
