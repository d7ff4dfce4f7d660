//! [`Urgent`]: waits for urgent data (the Telnet Synch, RFC 854), which async-io cannot wait for.
//!
//! An epoll descriptor can itself be waited for: it is readable when one of those it watches is ready. So a small one
//! watches the control connection for `EPOLLPRI` alone, and async-io waits until that can be read. To wait for ordinary
//! readability instead would not do: while a command is held back there is something to read all the time.
//! It costs a descriptor, but is needed only while a transfer runs and a command waits for its end.

use ftp_host::readiness::Ready;
use rustix::event::{Timespec, epoll};
use smol::Async;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};

/// Watches one socket for urgent data.
#[derive(Debug)]
pub(crate) struct Urgent(Async<OwnedFd>);

impl Urgent {
    pub(crate) fn new(control: impl AsFd) -> io::Result<Self> {
        let watcher = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        // A broken connection is told whether asked for or not; edge-triggered, it is told once.
        let flags = epoll::EventFlags::PRI | epoll::EventFlags::ET;
        epoll::add(&watcher, control, epoll::EventData::new_u64(0), flags)?;
        Ok(Self(Async::new_nonblocking(watcher)?))
    }

    /// Sets what is ready, if anything is.
    pub(crate) fn poll(&self, context: &mut Context<'_>, ready: &mut Ready) -> Poll<()> {
        // An error here is one of async-io's own; looking at once tells whether there is anything.
        if self.0.poll_readable(context).is_pending() {
            return Poll::Pending;
        }
        let mut events = [epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) }];
        let count = epoll::wait(self.0.get_ref(), events.as_mut_slice(), Some(&Timespec::default())).unwrap_or(0);
        if count == 0 {
            // For nothing; listen again, or nobody would wake this task.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        for event in events {
            let flags = event.flags;
            ready.urgent |= flags.contains(epoll::EventFlags::PRI);
        }
        ready.control = true;
        Poll::Ready(())
    }
}
