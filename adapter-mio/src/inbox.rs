//! [`Inbox`]: how other threads reach a loop that sleeps in its poll.

use crate::crew::Return;
use mio::{Registry, Token, Waker};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a loop is told.
#[derive(Debug)]
pub(crate) enum Letter {
    /// Have this session take a turn.
    Wake(usize),
    /// A worker is done with a session, for now.
    Back(Return),
    /// Accept nobody any more.
    Close,
    /// Drop everything and end.
    End,
}

/// Letters for one loop. They are as many as there are sessions, and a few more.
pub(crate) struct Inbox {
    waker: Waker,
    /// The waker was used and the letters have not been fetched since: once is enough.
    rung: AtomicBool,
    letters: Mutex<Vec<Letter>>,
}

impl Inbox {
    /// Events with this token mean that there are letters.
    pub(crate) const TOKEN: Token = Token(usize::MAX);

    pub(crate) fn new(registry: &Registry) -> io::Result<Self> {
        Ok(Self {
            waker: Waker::new(registry, Self::TOKEN)?,
            rung: AtomicBool::new(false),
            letters: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn send(&self, letter: Letter) {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
        if !self.rung.swap(true, Ordering::SeqCst) {
            // It fails only when it was used 2^64 times already: then the loop is awake.
            let _ = self.waker.wake();
        }
    }

    /// Takes the letters out, into an empty `room`.
    pub(crate) fn fetch(&self, room: &mut Vec<Letter>) {
        // In this order: a letter that comes in between rings once too often rather than not at all.
        if self.rung.swap(false, Ordering::SeqCst) {
            std::mem::swap(&mut *self.letters.lock().unwrap_or_else(PoisonError::into_inner), room);
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
