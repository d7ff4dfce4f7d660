//! [`Socket`]: one end of a connection, which is a pipe each way.

use super::Network;
use super::weather::Strike;
use ftp_core::time::Time;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// One end of a connection. Dropping it closes it.
pub struct Socket {
    network: Network,
    incoming: Rc<RefCell<Pipe>>,
    outgoing: Rc<RefCell<Pipe>>,
    resets: Cell<bool>,
}

/// One direction.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    /// When its bytes, and its end, are there.
    arrives: Time,
    end: Option<End>,
    /// Nobody reads any more.
    deaf: bool,
    /// Who sends has begun TLS, resumed or not. Its bytes are as they were: here TLS is only said to be there.
    tls: Option<bool>,
    /// The end came without that of TLS.
    truncated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

/// The connection takes no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// What a connection brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// At least one byte.
    Bytes(Vec<u8>),
    /// Nothing is there now.
    Nothing,
    /// The other end closed its direction, and everything has come.
    Closed,
    /// The connection broke.
    Broken,
}

impl Socket {
    pub(super) fn pair(network: &Network) -> (Self, Self) {
        let (up, down) = <(Rc<RefCell<Pipe>>, Rc<RefCell<Pipe>>)>::default();
        let end = |incoming: &Rc<RefCell<Pipe>>, outgoing: &Rc<RefCell<Pipe>>| Self {
            network: network.clone(),
            incoming: Rc::clone(incoming),
            outgoing: Rc::clone(outgoing),
            resets: Cell::new(false),
        };
        (end(&down, &up), end(&up, &down))
    }

    /// Sends bytes: how many there was room for.
    ///
    /// # Errors
    /// [`Broken`], once the other end takes no more.
    pub fn write(&self, bytes: &[u8]) -> Result<usize, Broken> {
        if self.is_broken() {
            return Err(Broken);
        }
        let count = bytes.len().min(self.room());
        if count > 0 {
            let delay = match self.network.strike() {
                Strike::Delay(delay) => delay,
                Strike::Reset => {
                    self.reset();
                    return Err(Broken);
                }
            };
            let mut pipe = self.outgoing.borrow_mut();
            pipe.delay(&self.network, delay);
            pipe.bytes.extend(&bytes[..count]);
        }
        Ok(count)
    }

    /// The bytes that can be sent now.
    pub fn room(&self) -> usize {
        self.network.window().saturating_sub(self.outgoing.borrow().bytes.len())
    }

    /// The bytes that can be read now.
    pub fn available(&self) -> usize {
        let pipe = self.incoming.borrow();
        if pipe.arrives <= self.network.now() { pipe.bytes.len() } else { 0 }
    }

    /// Takes what has come, `limit` bytes at most.
    pub fn read(&self, limit: usize) -> Read {
        let count = self.available().min(limit);
        let mut pipe = self.incoming.borrow_mut();
        match pipe.end {
            Some(End::Reset) => Read::Broken,
            _ if count > 0 => Read::Bytes(pipe.bytes.drain(..count).collect()),
            Some(End::Closed) if pipe.bytes.is_empty() && pipe.arrives <= self.network.now() => Read::Closed,
            _ => Read::Nothing,
        }
    }

    /// Is it known that nothing can be sent any more?
    pub fn is_broken(&self) -> bool {
        let pipe = self.outgoing.borrow();
        pipe.deaf || pipe.end.is_some()
    }

    /// Says that nothing more is sent; what comes can still be read.
    pub fn close_write(&self) {
        if self.outgoing.borrow().end.is_some() {
            return;
        }
        match self.network.strike() {
            // What is on its way is lost, and who sent it does not learn that any more.
            Strike::Reset => self.reset(),
            Strike::Delay(delay) => {
                let mut pipe = self.outgoing.borrow_mut();
                pipe.end = Some(End::Closed);
                pipe.delay(&self.network, delay);
            }
        }
    }

    /// Begins TLS, as its client, going on from an earlier session or not.
    pub fn begin_tls(&self, resumed: bool) {
        self.outgoing.borrow_mut().tls = Some(resumed);
    }

    /// Has this side begun TLS?
    pub fn has_begun_tls(&self) -> bool {
        self.outgoing.borrow().tls.is_some()
    }

    /// Has the other end begun TLS, and does it go on from an earlier session?
    pub fn peer_tls(&self) -> Option<bool> {
        self.incoming.borrow().tls
    }

    /// Says that nothing more is sent, and does not end TLS.
    pub fn truncate(&self) {
        self.outgoing.borrow_mut().truncated = true;
        self.close_write();
    }

    /// The other end has ended its TLS, and may begin it anew.
    pub fn end_tls(&self) {
        self.incoming.borrow_mut().tls = None;
    }

    /// Has the other end not ended TLS?
    pub fn is_truncated(&self) -> bool {
        self.incoming.borrow().truncated
    }

    /// Has closing the connection break it from now on, or not.
    pub fn reset_on_close(&self, reset: bool) {
        self.resets.set(reset);
    }

    /// Breaks the connection: what is on its way is lost.
    pub fn reset(&self) {
        for pipe in [&self.incoming, &self.outgoing] {
            let mut pipe = pipe.borrow_mut();
            pipe.bytes.clear();
            pipe.end = Some(End::Reset);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let unread = {
            let mut pipe = self.incoming.borrow_mut();
            pipe.deaf = true;
            !pipe.bytes.is_empty()
        };
        if unread || self.resets.get() {
            self.reset();
        } else {
            self.close_write();
        }
    }
}

impl Pipe {
    /// What comes now comes after this delay, and never before what came earlier.
    fn delay(&mut self, network: &Network, delay: Duration) {
        if self.bytes.is_empty() {
            self.arrives = self.arrives.max(network.after(delay));
        }
    }
}
