//! [`Watch`]: what a caller sees of a request while it runs; and [`News`], what the adapter makes of each turn.

use super::Connection;
use crate::readiness::Turn;
use ftp_core::client::{ClientError, Event, Misuse, Outcome, Request};
use std::time::Duration;

/// How often a [`Watch`] hears of a transfer's progress, or is asked whether to wait, at least.
const PROGRESS: Duration = Duration::from_millis(200);

/// Sees what happens while a call runs. `()` sees nothing.
pub trait Watch {
    /// A command was sent, or a reply came.
    fn event(&mut self, _event: &Event) {}

    /// So many bytes have moved over the data connection.
    fn progress(&mut self, _bytes: u64) -> Go {
        Go::On
    }

    /// No file moves: the server's word is awaited. Whoever may lose patience is asked as often as about a transfer, and has the connection given up
    /// by [`Go::Abort`], since nothing else ends a command that is not answered; its call ends with [`ClientError::Disconnected`]. `None`:
    /// he has all the time that the settings give.
    fn waiting(&mut self) -> Option<Go> {
        None
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
        if let Some(result) = self.told(watch) {
            return News::Done(result);
        }
        if turn == Turn::Over {
            self.calls = 0;
            return News::Done(Err(ClientError::Disconnected));
        }
        let moved = self.moved();
        let go = match moved {
            Some(bytes) => Some(watch.progress(bytes)),
            None => watch.waiting(),
        };
        match (go, moved) {
            (Some(Go::Abort), Some(_)) => self.abort(),
            (Some(Go::Abort), None) => {
                self.give_up();
                return News::Done(self.told(watch).unwrap_or(Err(ClientError::Disconnected)));
            }
            _ => {}
        }
        let deadline = self.clock().sleep_for(self.interest().deadline);
        News::Wait(match (turn, go) {
            (Turn::Again, _) => Some(Duration::ZERO),
            (_, Some(_)) => Some(deadline.map_or(PROGRESS, |deadline| deadline.min(PROGRESS))),
            (_, None) => deadline,
        })
    }

    /// Tells what happened, up to the end of a call.
    fn told(&mut self, watch: &mut dyn Watch) -> Option<Result<Outcome, ClientError>> {
        while let Some(event) = self.event() {
            watch.event(&event);
            if let Event::Done(result) = event {
                self.calls = self.calls.saturating_sub(1);
                return Some(result);
            }
        }
        None
    }
}
