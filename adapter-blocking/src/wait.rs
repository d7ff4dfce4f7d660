//! Where a thread sleeps: [`Alarm`], which wakes it from elsewhere, and [`wait`], which sleeps until a session is ready.

use ftp_host::readiness::{Direction, Interest, Ready};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, read, write};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// Wakes a thread that sleeps in [`wait`]. It rings until it is [`silence`](Alarm::silence)d, so a wake-up before the
/// sleep is not lost.
#[derive(Debug)]
pub(crate) struct Alarm(OwnedFd);

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?))
    }

    pub(crate) fn ring(&self) {
        // It fails only when it has rung 2^64 times already: then it rings.
        let _ = write(&self.0, &1_u64.to_ne_bytes());
    }

    pub(crate) fn silence(&self) {
        // It fails only when it does not ring.
        let _ = read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Sleeps until something of `interest` is ready, the alarm rings, or `limit` is over (`None`: no limit).
pub(crate) fn wait(interest: &Interest<'_>, alarm: &Alarm, limit: Option<Duration>) -> Ready {
    let mut control = PollFlags::empty();
    control.set(PollFlags::IN, interest.control_read);
    control.set(PollFlags::OUT, interest.control_write);
    control.set(PollFlags::PRI, interest.control_urgent);
    let (data_fd, data) = match &interest.data {
        Some((socket, Direction::Read)) => (socket.as_fd(), PollFlags::IN),
        Some((socket, Direction::Write)) => (socket.as_fd(), PollFlags::OUT),
        None => (alarm.as_fd(), PollFlags::IN),
    };
    let mut fds = [
        PollFd::from_borrowed_fd(alarm.as_fd(), PollFlags::IN),
        PollFd::from_borrowed_fd(interest.control, control),
        PollFd::from_borrowed_fd(data_fd, data),
    ];
    // A control connection that nobody wants to read from would report its end over and over: it is left out.
    let (watched, control_at, data_at) = if control.is_empty() {
        fds.swap(1, 2);
        (&mut fds[..2], None, 1)
    } else {
        (&mut fds[..], Some(1), 2)
    };
    sleep(watched, limit);
    let ready = |at: usize| !watched[at].revents().is_empty();
    if ready(0) {
        alarm.silence();
    }
    // A connection that breaks while only urgent data is awaited has to be read from, too, or it would wake for ever.
    let attention = PollFlags::PRI | PollFlags::ERR | PollFlags::HUP;
    let urgent = interest.control_urgent && control_at.is_some_and(|at| watched[at].revents().intersects(attention));
    Ready { control: control_at.is_some_and(ready), urgent, data: interest.data.is_some() && ready(data_at) }
}

/// Sleeps until one of these is ready or `limit` is over. An interruption or a failure to sleep counts as a wake-up: the
/// caller looks again.
pub(crate) fn sleep(fds: &mut [PollFd<'_>], limit: Option<Duration>) {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    match poll(fds, limit.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        // Out of memory for a moment: do not spin.
        Err(_) => std::thread::sleep(Duration::from_millis(10)),
    }
}
