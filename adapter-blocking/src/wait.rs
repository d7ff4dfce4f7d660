//! Where a thread sleeps: [`Alarm`], which wakes it from elsewhere; [`wait`], which sleeps until a session is ready, and
//! [`wait_for_any`], until one of several is.

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
    let mut fds = Vec::with_capacity(3);
    fds.push(PollFd::from_borrowed_fd(alarm.as_fd(), PollFlags::IN));
    let places = Places::of(interest, &mut fds);
    sleep(&mut fds, limit);
    if fds.first().is_some_and(|fd| !fd.revents().is_empty()) {
        alarm.silence();
    }
    places.ready(interest, &fds)
}

/// Sleeps until something of these interests is ready or `limit` is over (`None`: no limit): what is ready of each, in their order.
pub(crate) fn wait_for_any(interests: &[Interest<'_>], limit: Option<Duration>) -> Vec<Ready> {
    let mut fds = Vec::with_capacity(2 * interests.len());
    let places: Vec<_> = interests.iter().map(|interest| Places::of(interest, &mut fds)).collect();
    sleep(&mut fds, limit);
    interests.iter().zip(places).map(|(interest, places)| places.ready(interest, &fds)).collect()
}

/// Where the sockets of an interest stand among those that are polled.
struct Places {
    control: Option<usize>,
    data: Option<usize>,
}

impl Places {
    /// Adds its sockets to those that are polled.
    fn of<'fd>(interest: &Interest<'fd>, fds: &mut Vec<PollFd<'fd>>) -> Self {
        let mut add = |fd, flags| {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
            fds.len() - 1
        };
        let mut control = PollFlags::empty();
        control.set(PollFlags::IN, interest.control_read);
        control.set(PollFlags::OUT, interest.control_write);
        control.set(PollFlags::PRI, interest.control_urgent);
        Self {
            // One that nobody wants to read from would report its end over and over: it is left out.
            control: (!control.is_empty()).then(|| add(interest.control, control)),
            data: interest.data.map(|(socket, direction)| match direction {
                Direction::Read => add(socket.into_fd(), PollFlags::IN),
                Direction::Write => add(socket.into_fd(), PollFlags::OUT),
            }),
        }
    }

    /// What was found ready.
    fn ready(&self, interest: &Interest<'_>, fds: &[PollFd<'_>]) -> Ready {
        let found =
            |place: Option<usize>| place.and_then(|place| fds.get(place)).map_or(PollFlags::empty(), PollFd::revents);
        let control = found(self.control);
        // A connection that breaks while only urgent data is awaited has to be read from, too, or it would wake for ever.
        let attention = PollFlags::PRI | PollFlags::ERR | PollFlags::HUP;
        Ready {
            control: !control.is_empty(),
            urgent: interest.control_urgent && control.intersects(attention),
            data: !found(self.data).is_empty(),
        }
    }
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
