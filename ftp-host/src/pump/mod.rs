//! [`Pump`]: one transfer between storage and a [`Channel`], a step at a time.
//!
//! Server and client use it alike. It never waits: its owner calls [`Pump::step`], waits for what the answer says, and
//! calls again. Time limits are the owner's, who sees by [`Pump::moved`] whether anything happens. A step does block in
//! the file system, so an adapter that may not block runs it where it may.

mod buffer;
mod memory;
mod pool;
mod prompt;
mod receive;
mod send;
mod splice;

use crate::channel::Channel;
use crate::readiness::Direction;
use crate::storage::{Source, Upload, from_io};
use crate::tls::Failure;
use ftp_core::action::{Marker, TransferError};
use ftp_core::codec::Transmission;
pub use memory::Memory;
use receive::Receiver;
use send::Sender;
use std::io::{self, ErrorKind, Write};

/// One transfer. Dropped before it is over, it leaves an upload aside, unpublished, and closes the data connection.
pub struct Pump {
    channel: Channel,
    moved: u64,
    keeps: bool,
    /// Whoever receives could take a part for the whole.
    breaks: bool,
    flow: Flow,
}

/// Which way the bytes go.
enum Flow {
    Send(Sender),
    Receive(Receiver),
    Over(Result<u64, TransferError>),
}

/// What the owner of a [`Pump`] does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The budget is used up: call again when others have had their turn.
    Again,
    /// Wait until the socket is readable.
    Readable,
    /// Wait until the socket is writable.
    Writable,
    /// A restart marker came, and all before it is stored: fetch it with [`Pump::take_marker`], and call again.
    Marker,
    /// It is over: the bytes moved over the data connection, or why not all of them were. Drop the pump to close the
    /// connection, unless it is to be [kept](Pump::into_kept).
    Done(Result<u64, TransferError>),
}

/// Where received bytes go.
pub enum Sink {
    /// Into storage; published at the end of the data.
    Upload(Box<dyn Upload>),
    /// Into this writer, which may block; flushed at the end of the data. [`Memory`] is one.
    Writer(Box<dyn Write + Send>),
}

impl Pump {
    /// A budget for [`Pump::step`] beyond which nothing gets faster, measured over loopback (see `benches/transfer.rs`). A
    /// network fills or empties the socket's buffers long before, so a step is short all the same.
    pub const BUDGET: usize = 4 << 20;

    /// Sends all of `source`, then the end of the data.
    pub fn send(source: Source, transmission: impl Into<Transmission>, channel: Channel) -> Self {
        let transmission = transmission.into();
        let flow = Flow::Send(Sender::new(source, transmission, channel.is_plain()));
        Self {
            channel,
            moved: 0,
            keeps: transmission.codec.keeps_connection(),
            breaks: !transmission.codec.shows_its_end(),
            flow,
        }
    }

    /// Receives into `sink` until the end of the data.
    ///
    /// If `announced` bytes were (ALLO, RFC 959 4.1.3), then fewer end in [`TransferError::Incomplete`] with nothing
    /// published, and more in [`OverQuota`](ftp_core::action::StorageError::OverQuota). With a codec that stores fewer bytes than it receives, the
    /// bytes received may not be fewer and the bytes stored may not be more, since a client may have meant either.
    pub fn receive(
        sink: Sink,
        transmission: impl Into<Transmission>,
        channel: Channel,
        announced: Option<u64>,
    ) -> Self {
        let transmission = transmission.into();
        let flow = Flow::Receive(Receiver::new(sink, transmission, channel.is_plain(), announced));
        Self { channel, moved: 0, keeps: transmission.codec.keeps_connection(), breaks: false, flow }
    }

    /// Moves about `budget` bytes at most, or as many as the socket lets. Once it has said [`Step::Done`], it says the
    /// same again and does nothing.
    pub fn step(&mut self, budget: usize) -> Step {
        let mut wire = Wire { channel: &mut self.channel, moved: &mut self.moved, budget: budget.max(1) };
        let halt = match &mut self.flow {
            Flow::Send(sender) => sender.step(&mut wire),
            Flow::Receive(receiver) => receiver.step(&mut wire),
            Flow::Over(result) => return Step::Done(*result),
        };
        self.halted(halt)
    }

    /// As [`step`](Self::step), where that takes no waiting for storage: `None`, and nothing has happened, where it may. A
    /// small file that is in memory is sent so, by way of `scratch`.
    pub fn step_promptly(&mut self, scratch: &mut [u8]) -> Option<Step> {
        let Flow::Send(sender) = &mut self.flow else { return None };
        let mut wire = Wire { channel: &mut self.channel, moved: &mut self.moved, budget: usize::MAX };
        let halt = sender.step_promptly(&mut wire, scratch)?;
        Some(self.halted(halt))
    }

    fn halted(&mut self, halt: Result<Halt, TransferError>) -> Step {
        let result = match halt {
            Ok(Halt::Budget) => return Step::Again,
            Ok(Halt::Readable) => return self.waits(Direction::Read),
            Ok(Halt::Writable) => return self.waits(Direction::Write),
            Ok(Halt::Marker) => return Step::Marker,
            Ok(Halt::End) => Ok(self.moved),
            Err(error) => Err(error),
        };
        self.flow = Flow::Over(result);
        Step::Done(result)
    }

    /// The data will not come to its end. In MODE S a connection that is closed in good order is the end of the file
    /// (RFC 959 3.4.1), so one that carried less is reset when it is closed.
    pub fn break_off(&self) {
        if self.breaks {
            self.channel.reset_on_close();
        }
    }

    /// The restart marker of the last [`Step::Marker`].
    pub fn take_marker(&mut self) -> Option<Marker> {
        match &mut self.flow {
            Flow::Receive(receiver) => receiver.marker.take(),
            Flow::Send(_) | Flow::Over(_) => None,
        }
    }

    /// After a success, the data connection, where the mode lets it stay open (RFC 959 3.3). Bytes of the next transfer that
    /// came already are not lost.
    pub fn into_kept(self) -> Option<Channel> {
        (self.keeps && matches!(self.flow, Flow::Over(Ok(_)))).then_some(self.channel)
    }

    fn waits(&self, meant: Direction) -> Step {
        match self.channel.waits(meant) {
            Direction::Read => Step::Readable,
            Direction::Write => Step::Writable,
        }
    }

    /// The bytes moved over the data connection so far.
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// The channel, to wait for its readiness.
    pub const fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Ends the transfer and closes the data connection: [`TransferError::Cancelled`], or the outcome it had already. An
    /// upload stays aside.
    ///
    /// # Errors
    /// See [`TransferError`].
    pub fn cancel(self) -> Result<u64, TransferError> {
        match self.flow {
            Flow::Over(result) => result,
            Flow::Send(_) | Flow::Receive(_) => Err(TransferError::Cancelled),
        }
    }
}

/// Why a [`Sender`] or [`Receiver`] stopped for now.
#[derive(Clone, Copy)]
enum Halt {
    Budget,
    Readable,
    Writable,
    Marker,
    End,
}

/// The data connection during one step.
struct Wire<'a> {
    channel: &'a mut Channel,
    moved: &'a mut u64,
    budget: usize,
}

impl Wire<'_> {
    /// Gives back bytes that were read and counted.
    fn unread(&mut self, bytes: &[u8]) {
        *self.moved = self.moved.saturating_sub(bytes.len() as u64);
        self.channel.unread(bytes);
    }

    /// Counts bytes that a call on the channel moved. `None`: it would have blocked.
    fn count(&mut self, result: io::Result<usize>) -> Result<Option<usize>, TransferError> {
        match result {
            Ok(count) => {
                *self.moved += count as u64;
                self.budget = self.budget.saturating_sub(count);
                Ok(Some(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(Failure::of_transfer(&error)),
        }
    }
}

/// What a failure to read or write the file means to a session.
fn storage_error(error: &io::Error) -> TransferError {
    TransferError::Storage(from_io(error))
}
