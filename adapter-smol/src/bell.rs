//! [`Bell`]: wakes a session's task from elsewhere: from another thread, another task, or the clock of a test.

use atomic_waker::AtomicWaker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// It rings until it is heard, so that ringing before anybody listens is not lost.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: AtomicBool,
    listener: AtomicWaker,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rings.store(true, Ordering::SeqCst);
        self.listener.wake();
    }

    /// Ready once for each time that it rang, or for several together.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        // Listen first and look then: what rings in between is seen in one place or the other.
        self.listener.register(context.waker());
        if self.rings.swap(false, Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}
