//! [`Waiter`]: all that one connection waits with: its sockets in the reactor, a timer, a [`Bell`].
//!
//! A socket is registered once and kept: adding it to epoll and taking it out again at each wait would cost more than
//! many a wait. Registered, it costs a system call only where the last readiness was used up.

use crate::bell::Bell;
use crate::urgent::Urgent;
use ftp_core::time::Time;
use ftp_host::clock::Clock;
use ftp_host::readiness::{Direction, Interest, Ready, Socket};
use smol::{Async, Timer};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What one connection waits with.
#[derive(Debug)]
pub(crate) struct Waiter {
    control: Async<Arc<TcpStream>>,
    data: Option<Async<Arc<TcpStream>>>,
    urgent: Option<Box<Urgent>>,
    timer: Timer,
    /// What the timer is set to.
    alarm: Option<Time>,
    bell: Arc<Bell>,
}

impl Waiter {
    /// It waits for this control connection, and for the bell.
    ///
    /// # Errors
    /// What the system says: there is no room in the reactor.
    pub(crate) fn new(control: Arc<TcpStream>, bell: Arc<Bell>) -> io::Result<Self> {
        let control = Async::new_nonblocking(control)?;
        Ok(Self { control, data: None, urgent: None, timer: Timer::never(), alarm: None, bell })
    }

    /// Lets go of a data connection that is not wanted any more, so that it closes. Call it when its owner may have
    /// closed it.
    pub(crate) fn release(&mut self, interest: &Interest<'_>) {
        let wanted = match (&self.data, &interest.data) {
            (Some(kept), Some((Socket::Stream(stream), _))) => Arc::ptr_eq(kept.get_ref(), stream),
            _ => false,
        };
        if !wanted {
            self.data = None;
        }
    }

    /// What is to be waited for as [`Interest`] says. Where there is no memory left to watch a data socket, its transfer
    /// stalls until its time limit.
    pub(crate) fn watch<'a>(&mut self, interest: &Interest<'a>) -> Watched<'a> {
        let mut listener = None;
        match interest.data {
            Some((Socket::Stream(stream), _)) if self.data.is_none() => {
                self.data = Async::new_nonblocking(Arc::clone(stream)).ok();
            }
            Some((Socket::Listener(socket), _)) => listener = Async::new_nonblocking(socket).ok(),
            _ => {}
        }
        match (&self.urgent, interest.control_urgent) {
            (None, true) => self.urgent = Urgent::new(interest.control).ok().map(Box::new),
            (Some(_), false) => self.urgent = None,
            _ => {}
        }
        Watched {
            read: interest.control_read,
            write: interest.control_write,
            data: interest.data.map(|(_, direction)| direction),
            listener,
            deadline: interest.deadline,
        }
    }

    /// What is ready, if anything is; the deadline and the bell count as well.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>, watched: &Watched<'_>, clock: &Clock) -> Poll<Ready> {
        let mut ready = Ready::default();
        let mut woken = self.bell.poll(context).is_ready();
        if watched.read && self.control.poll_readable(context).is_ready() {
            ready.control = true;
        }
        if watched.write && self.control.poll_writable(context).is_ready() {
            woken = true;
        }
        if let Some(urgent) = &self.urgent {
            woken |= urgent.poll(context, &mut ready).is_ready();
        }
        if let Some(direction) = watched.data {
            ready.data = match (&watched.listener, &self.data) {
                (Some(listener), _) => poll_socket(listener, direction, context),
                (None, Some(stream)) => poll_socket(stream, direction, context),
                (None, None) => false,
            };
        }
        woken |= self.poll_alarm(context, watched.deadline, clock).is_ready();
        if woken || ready != Ready::default() { Poll::Ready(ready) } else { Poll::Pending }
    }

    /// An idle limit moves on with each command. Setting the timer anew each time is work for nothing: it goes off as it
    /// was set, and then is set to what is wanted by then.
    fn poll_alarm(&mut self, context: &mut Context<'_>, deadline: Option<Time>, clock: &Clock) -> Poll<()> {
        let Some((deadline, limit)) = deadline.zip(clock.sleep_for(deadline)) else { return Poll::Pending };
        if self.alarm.is_none_or(|alarm| deadline < alarm) {
            self.timer.set_after(limit);
            self.alarm = Some(deadline);
        }
        if Pin::new(&mut self.timer).poll(context).is_pending() {
            return Poll::Pending;
        }
        self.alarm = None;
        Poll::Ready(())
    }
}

/// What is waited for.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    read: bool,
    write: bool,
    data: Option<Direction>,
    /// A port is the session's alone, to be free as soon as the session closes it: it is registered for one wait.
    listener: Option<Async<&'a TcpListener>>,
    deadline: Option<Time>,
}

/// Is it ready? An error counts: looking at the socket tells what it is.
fn poll_socket<T: AsFd>(socket: &Async<T>, direction: Direction, context: &mut Context<'_>) -> bool {
    match direction {
        Direction::Read => socket.poll_readable(context).is_ready(),
        Direction::Write => socket.poll_writable(context).is_ready(),
    }
}
