//! [`Watch`]: what a caller sees of a request while it runs; and [`News`], what the adapter makes of each turn.

use super::Connection;
use crate::readiness::Turn;
use ftp_core::client::{ClientError, Event, Misuse, Outcome, Request};
use std::time::Duration;

/// How often a [`Watch`] hears of a transfer's progress, at least.
const PROGRESS: Duration = Duration::from_millis(200);

/// Sees what happens while a call runs. `()` sees nothing.
pub trait Watch {
    /// A command was sent, or a reply came.
    fn event(&mut self, _event: &Event) {}

    /// So many bytes have moved over the data connection.
    fn progress(&mut self, _bytes: u64) -> Go {
        Go::On
    }
}

impl Watch for () {}

/// Whether a transfer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Yes.
    On,
    /// No: it is aborted, and its call ends with [`ClientError::Aborted`].
    Abort,
}

/// Where a request stands after a turn.
#[derive(Debug)]
pub enum News {
    /// It is done.
    Done(Result<Outcome, ClientError>),
    /// Wait as the [`Interest`](crate::readiness::Interest) says, but no longer than this; `None`: no limit.
    Wait(Option<Duration>),
}

impl Connection {
    /// Asks for something, as a call that [`watched`](Self::watched) follows to its end.
    ///
    /// # Errors
    /// [`ClientError`], when nothing can be asked for.
    pub fn call(&mut self, request: Request, end: Option<super::End>) -> Result<(), ClientError> {
        self.request(request, end).map_err(|misuse| match misuse {
            Misuse::Disconnected => ClientError::Disconnected,
            Misuse::Busy => ClientError::Protocol("fewer requests at once"),
        })?;
        self.calls += 1;
        Ok(())
    }

    /// Calls whose end [`watched`](Self::watched) has not told yet.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Tells `watch` what came of a turn, and the adapter what is next. Where several requests were done in one turn, each call gives one.
    pub fn watched(&mut self, turn: Turn, watch: &mut dyn Watch) -> News {
        while let Some(event) = self.event() {
            watch.event(&event);
            if let Event::Done(result) = event {
                self.calls = self.calls.saturating_sub(1);
                return News::Done(result);
            }
        }
        if turn == Turn::Over {
            self.calls = 0;
            return News::Done(Err(ClientError::Disconnected));
        }
        let moved = self.moved();
        if moved.is_some_and(|bytes| watch.progress(bytes) == Go::Abort) {
            self.abort();
        }
        let deadline = self.clock().sleep_for(self.interest().deadline);
        News::Wait(match (turn, moved) {
            (Turn::Again, _) => Some(Duration::ZERO),
            (_, Some(_)) => Some(deadline.map_or(PROGRESS, |deadline| deadline.min(PROGRESS))),
            (_, None) => deadline,
        })
    }
}
