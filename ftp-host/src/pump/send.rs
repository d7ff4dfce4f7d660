//! [`Sender`]: from storage to the data connection.

use super::buffer::Buffer;
use super::{Halt, Wire, prompt, storage_error};
use crate::channel::uninterrupted;
use crate::storage::Source;
use crate::tls::Failure;
use ftp_core::action::{StorageError, TransferError};
use ftp_core::codec::{Encoder, Transcoder, Transmission};
use rustix::fs::sendfile;
use rustix::io::Errno;
use std::fs::File;
use std::io::{ErrorKind, Read};

/// A transfer that leaves.
pub(super) struct Sender {
    origin: Origin,
    /// The connection stays open behind the data.
    keeps: bool,
}

/// Where the bytes come from, and how they get to the socket.
enum Origin {
    /// The kernel sends them from the file.
    File { file: File, remaining: u64 },
    /// They are to be converted, and none has been read yet.
    Untouched { file: File, remaining: u64, transmission: Transmission },
    /// They come through buffers.
    Staged(Box<Staged>),
    /// All are sent; the end of the data is still to be.
    Exhausted,
    /// That is sent too: the peer is to close its side.
    Ended,
}

/// The file ends before it should: it shrank while it was sent. The peer must not take what it got for the whole.
const SHRANK: TransferError = TransferError::Storage(StorageError::Local);

impl Sender {
    /// The most that sendfile moves in one call (sendfile(2)).
    const SENDFILE_MOST: u64 = 0x7fff_f000;

    pub(super) fn new(source: Source, transmission: Transmission, plain: bool) -> Self {
        let encoder = transmission.encoder();
        let origin = match source {
            Source::File { file, remaining } if encoder.is_none() && plain => Origin::File { file, remaining },
            Source::File { file, remaining } if plain => Origin::Untouched { file, remaining, transmission },
            Source::File { file, remaining } => Staged::origin(Box::new(file), Some(remaining), encoder, plain),
            Source::Stream { reader, remaining } => Staged::origin(reader, remaining, encoder, plain),
        };
        Self { origin, keeps: transmission.codec.keeps_connection() }
    }

    pub(super) fn step(&mut self, wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
        loop {
            let halt = match &mut self.origin {
                Origin::File { file, remaining } => match send_file(file, remaining, wire) {
                    Err(Refused::Unsupported) => {
                        let file = file.try_clone().map_err(|error| storage_error(&error))?;
                        self.origin = Staged::origin(Box::new(file), Some(*remaining), None, true);
                        continue;
                    }
                    Err(Refused::Failed(error)) => return Err(error),
                    Ok(halt) => halt,
                },
                Origin::Staged(staged) => staged.send(wire)?,
                Origin::Untouched { .. } => {
                    self.touch();
                    continue;
                }
                Origin::Exhausted if self.keeps => return flush(wire),
                Origin::Exhausted => match end(wire)? {
                    Halt::End if wire.channel.waits_for_the_end() => {
                        self.origin = Origin::Ended;
                        continue;
                    }
                    halt => return Ok(halt),
                },
                Origin::Ended => return Ok(await_end(wire)),
            };
            match halt {
                Halt::End => self.origin = Origin::Exhausted,
                halt => return Ok(halt),
            }
        }
    }

    /// A step that waits for no disk; `None`, with nothing done, if it might.
    pub(super) fn step_promptly(
        &mut self,
        wire: &mut Wire<'_>,
        scratch: &mut [u8],
    ) -> Option<Result<Halt, TransferError>> {
        if let Origin::Untouched { file, remaining, transmission } = &self.origin {
            let encoded = prompt::encode(file, *remaining, transmission.encoder()?, scratch)?;
            return Some(self.send_encoded(wire, encoded));
        }
        let Origin::File { file, remaining } = &mut self.origin else { return None };
        let sent = prompt::send(file, *remaining, wire.channel, scratch)?;
        let sent = match wire.count(sent) {
            Ok(sent) => sent.unwrap_or(0) as u64,
            Err(error) => return Some(Err(error)),
        };
        *remaining = remaining.saturating_sub(sent);
        if *remaining > 0 {
            return Some(Ok(Halt::Writable));
        }
        self.origin = Origin::Exhausted;
        Some(self.step(wire))
    }
}

impl Sender {
    /// Begins to read what is to be converted.
    fn touch(&mut self) {
        self.origin = match std::mem::replace(&mut self.origin, Origin::Exhausted) {
            Origin::Untouched { file, remaining, transmission } => {
                Staged::origin(Box::new(file), Some(remaining), transmission.encoder(), true)
            }
            origin => origin,
        };
    }

    /// Sends these bytes, the last ones.
    fn send_encoded(&mut self, wire: &mut Wire<'_>, encoded: &[u8]) -> Result<Halt, TransferError> {
        let result = wire.channel.write(encoded);
        let sent = wire.count(result)?.unwrap_or(0);
        let rest = encoded.get(sent..).unwrap_or_default();
        self.origin = if rest.is_empty() { Origin::Exhausted } else { Staged::of(rest) };
        self.step(wire)
    }
}

/// Why sendfile did not do it.
enum Refused {
    /// This file system cannot.
    Unsupported,
    Failed(TransferError),
}

fn send_file(file: &File, remaining: &mut u64, wire: &mut Wire<'_>) -> Result<Halt, Refused> {
    while *remaining > 0 {
        if wire.budget == 0 {
            return Ok(Halt::Budget);
        }
        let most = (*remaining).min(wire.budget as u64).min(Sender::SENDFILE_MOST) as usize;
        let socket = wire.channel.socket();
        let result = uninterrupted(|| sendfile(socket, file, None, most));
        match &result {
            Ok(0) => return Err(Refused::Failed(SHRANK)),
            Err(error) => match Errno::from_io_error(error) {
                Some(Errno::INVAL | Errno::NOSYS) => return Err(Refused::Unsupported),
                // One call touches both sides; these are the file's faults, all others the connection's.
                Some(Errno::IO | Errno::STALE | Errno::OVERFLOW | Errno::BADF) => {
                    return Err(Refused::Failed(storage_error(error)));
                }
                _ => {}
            },
            Ok(_) => {}
        }
        match wire.count(result).map_err(Refused::Failed)? {
            Some(count) => {
                *remaining = remaining.saturating_sub(count as u64);
                // Less than was asked for: the socket is full. To ask again would only be told so, after the kernel has
                // taken up the next pages in vain.
                if count < most && *remaining > 0 {
                    return Ok(Halt::Writable);
                }
            }
            None => return Ok(Halt::Writable),
        }
    }
    Ok(Halt::End)
}

/// Ends the data, which for the peer is the end of the file.
fn end(wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
    match wire.channel.shutdown_write() {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Halt::Writable),
        Err(error) => return Err(Failure::of_transfer(&error)),
    }
    if wire.channel.waits_for_the_end() {
        return Ok(Halt::End);
    }
    // A socket closed with something unread resets the connection, and a peer that is reset may lose what it has not read
    // yet (RFC 1122 4.2.2.13). A peer has nothing to say here, so it is not worth waiting for.
    let mut scrap = [0; 4096];
    for _ in 0..16 {
        match wire.channel.read(&mut scrap) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            // A peer may close without close_notify once it has everything.
            Err(error) if Failure::of_transfer(&error) == TransferError::Truncated => break,
            Err(_) => return Err(TransferError::Broken),
        }
    }
    Ok(Halt::End)
}

/// Sees to it that everything has left, and leaves the connection open.
fn flush(wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
    match wire.channel.flush() {
        Ok(()) => Ok(Halt::End),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Halt::Writable),
        Err(error) => Err(Failure::of_transfer(&error)),
    }
}

/// Reads until the peer has closed its side, however it does: what was sent is on its way, and whether it is whole the peer
/// says elsewhere.
fn await_end(wire: &mut Wire<'_>) -> Halt {
    let mut scrap = [0; 4096];
    for _ in 0..16 {
        match wire.channel.read(&mut scrap) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Halt::Readable,
            Ok(0) | Err(_) => return Halt::End,
        }
    }
    Halt::Budget
}

/// Bytes that are read, perhaps converted, and written.
struct Staged {
    reader: Box<dyn Read + Send>,
    /// The size of a buffer.
    capacity: usize,
    /// What the reader has still to give, where that is known.
    remaining: Option<u64>,
    encoder: Option<Encoder>,
    /// What the encoder has not had yet; unused without one.
    input: Buffer,
    output: Buffer,
    /// The reader has given all.
    exhausted: bool,
    /// Nothing more will come into `output`.
    complete: bool,
}

impl Staged {
    /// Large enough for few system calls, small enough for many transfers that wait for slow peers.
    const BUFFER: usize = 64 << 10;
    /// The same under TLS, where a call costs more: the records of all these bytes leave together.
    const SEALED: usize = 256 << 10;
    /// For the smallest sources: there is always room for a step of the encoder.
    const BUFFER_LEAST: usize = 4 << 10;

    fn origin(reader: Box<dyn Read + Send>, remaining: Option<u64>, encoder: Option<Encoder>, plain: bool) -> Origin {
        let most = if plain || encoder.is_some() { Self::BUFFER } else { Self::SEALED };
        Origin::Staged(Box::new(Self {
            reader,
            capacity: remaining
                .map_or(most, |remaining| remaining.clamp(Self::BUFFER_LEAST as u64, most as u64) as usize),
            remaining,
            encoder,
            input: Buffer::default(),
            output: Buffer::default(),
            exhausted: false,
            complete: false,
        }))
    }

    /// Bytes that only have to leave.
    fn of(bytes: &[u8]) -> Origin {
        Origin::Staged(Box::new(Self {
            reader: Box::new(std::io::empty()),
            capacity: 0,
            remaining: Some(0),
            encoder: None,
            input: Buffer::default(),
            output: Buffer::of(bytes),
            exhausted: true,
            complete: true,
        }))
    }

    fn send(&mut self, wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
        loop {
            while !self.output.held().is_empty() {
                if wire.budget == 0 {
                    return Ok(Halt::Budget);
                }
                let held = self.output.held();
                let most = held.len().min(wire.budget);
                let result = wire.channel.write(held.get(..most).unwrap_or(held));
                match wire.count(result)? {
                    Some(count) => self.output.consume(count),
                    None => return Ok(Halt::Writable),
                }
            }
            if self.complete {
                return Ok(Halt::End);
            }
            self.fill()?;
        }
    }

    /// Fills the empty output, as far as the reader has something.
    fn fill(&mut self) -> Result<(), TransferError> {
        self.output.allocate(self.capacity);
        let Some(encoder) = &mut self.encoder else {
            self.exhausted = read(&mut self.reader, &mut self.remaining, &mut self.output)?;
            self.complete = self.exhausted;
            return Ok(());
        };
        if self.input.held().is_empty() && !self.exhausted {
            self.input.allocate(self.capacity);
            self.exhausted = read(&mut self.reader, &mut self.remaining, &mut self.input)?;
        }
        let progress = encoder.step(self.input.held(), self.output.room(), self.exhausted)?;
        self.input.consume(progress.read);
        self.output.fill(progress.written);
        self.complete = progress.done;
        if progress.read == 0 && progress.written == 0 && !progress.done {
            return Err(TransferError::BadData);
        }
        Ok(())
    }
}

/// Reads until `into` is full or the reader is at its end; says whether it is. A listing comes in small pieces, which
/// must not go out as small segments.
fn read(
    reader: &mut Box<dyn Read + Send>,
    remaining: &mut Option<u64>,
    into: &mut Buffer,
) -> Result<bool, TransferError> {
    loop {
        let room = into.room();
        if *remaining == Some(0) {
            return Ok(true);
        }
        if room.is_empty() {
            return Ok(false);
        }
        let most = remaining.map_or(room.len(), |remaining| remaining.min(room.len() as u64) as usize);
        let room = room.get_mut(..most).unwrap_or_default();
        match uninterrupted(|| reader.read(room)).map_err(|error| storage_error(&error))? {
            0 => return if remaining.is_none() { Ok(true) } else { Err(SHRANK) },
            count => {
                if let Some(remaining) = remaining {
                    *remaining = remaining.saturating_sub(count as u64);
                }
                into.fill(count);
            }
        }
    }
}
