//! [`Receiver`]: from the data connection into storage.

use super::pool::Pool;
use super::splice::Pipe;
use super::{Halt, Sink, Wire, storage_error};
use ftp_core::action::{Marker, StorageError, TransferError};
use ftp_core::codec::{Decoder, Progress, Transcoder, Transmission};
use rustix::io::Errno;
use std::io::Write as _;

/// A transfer that comes in.
pub(super) struct Receiver {
    /// Until it is published.
    sink: Option<Sink>,
    decoder: Option<Decoder>,
    announced: Option<u64>,
    /// Where the first byte goes, if that is known.
    start: Option<u64>,
    stored: u64,
    /// The end of the connection is not proof enough that all has come.
    unproven: bool,
    /// A restart marker came, and has not been fetched.
    pub(super) marker: Option<Marker>,
    /// The kernel may move the bytes into a file.
    spliced: bool,
}

/// What a decoder came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// A restart marker, for which there is a place.
    Marker,
    /// The end of the data.
    Over,
}

/// Room for one read, or for what a decoder makes of it.
type Room = Box<[u8]>;

static ROOMS: Pool<Room> = Pool::new();

impl Receiver {
    /// Bytes read at a time where they are stored as they are.
    const RAW: usize = 1 << 20;
    /// Bytes read at a time where they are converted, so that they are still in the cache when they are stored.
    const CONVERTED: usize = 64 << 10;

    pub(super) fn new(sink: Sink, transmission: Transmission, plain: bool, announced: Option<u64>) -> Self {
        let Transmission { codec, start, proof, .. } = transmission;
        let decoder = transmission.decoder();
        let spliced = plain && decoder.is_none() && matches!(sink, Sink::Upload(_));
        Self {
            sink: Some(sink),
            decoder,
            announced,
            start,
            stored: 0,
            unproven: proof && !codec.shows_its_end() && announced.is_none(),
            marker: None,
            spliced,
        }
    }

    pub(super) fn step(&mut self, wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
        if self.spliced {
            match Pipe::take() {
                Ok(pipe) => {
                    let halt = self.splice(&pipe, wire)?;
                    // After a failure it is not empty and is closed instead.
                    pipe.give_back();
                    if let Some(halt) = halt {
                        return Ok(halt);
                    }
                }
                // Too many descriptors or too much memory in pipes: this transfer goes on without.
                Err(_) => self.spliced = false,
            }
        }
        let mut room = take_room();
        let halt = self.read(&mut room, wire);
        ROOMS.give(room);
        halt
    }

    /// Moves bytes by way of the pipe, and leaves that empty. `None`: this sink does not take them from a pipe.
    fn splice(&mut self, pipe: &Pipe, wire: &mut Wire<'_>) -> Result<Option<Halt>, TransferError> {
        while self.takes_splice() {
            if wire.budget == 0 {
                return Ok(Some(Halt::Budget));
            }
            let result = pipe.fill(wire.channel.socket(), wire.budget);
            match wire.count(result)? {
                None => return Ok(Some(Halt::Readable)),
                Some(0) => return self.finish(&mut [], wire).map(Some),
                Some(count) => self.drain(pipe, count)?,
            }
        }
        Ok(None)
    }

    fn takes_splice(&mut self) -> bool {
        let file = match &mut self.sink {
            Some(Sink::Upload(upload)) => upload.file().is_some(),
            _ => false,
        };
        self.spliced &= file;
        self.spliced
    }

    /// Stores the `count` bytes that are in the pipe.
    fn drain(&mut self, pipe: &Pipe, mut count: usize) -> Result<(), TransferError> {
        self.admit(count)?;
        while let (1.., Some(Sink::Upload(upload))) = (count, &mut self.sink) {
            let Some(file) = upload.file().filter(|_| self.spliced) else {
                let mut room = take_room();
                let most = count.min(room.len());
                let read =
                    pipe.read(room.get_mut(..most).unwrap_or_default()).map_err(|error| storage_error(&error))?;
                upload.write(room.get(..read).unwrap_or_default()).map_err(TransferError::Storage)?;
                ROOMS.give(room);
                count = count.saturating_sub(read);
                continue;
            };
            match pipe.drain(file, count) {
                Ok(0) => return Err(TransferError::Storage(StorageError::Local)),
                Ok(moved) => count = count.saturating_sub(moved),
                // The file is open for appending, or its file system has no splice.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => self.spliced = false,
                Err(error) => return Err(storage_error(&error)),
            }
        }
        Ok(())
    }

    /// Reads bytes, converts them where that is due, and stores them.
    fn read(&mut self, room: &mut [u8], wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
        // One room serves both sides of a decoder.
        let (room, converted) = match self.decoder {
            None => (room, &mut [][..]),
            Some(_) => room.split_at_mut(Self::CONVERTED),
        };
        let size = room.len().min(Self::RAW);
        loop {
            if wire.budget == 0 {
                return Ok(Halt::Budget);
            }
            let most = size.min(wire.budget);
            let result = wire.channel.read(room.get_mut(..most).unwrap_or_default());
            match wire.count(result)? {
                None => return Ok(Halt::Readable),
                Some(0) => return self.finish(converted, wire),
                Some(count) => {
                    let bytes = room.get(..count).unwrap_or_default();
                    let (used, stop) = self.accept(bytes, converted, false)?;
                    let left = bytes.get(used..).unwrap_or_default();
                    if let Some(stop) = stop {
                        // Behind the end it is of the next transfer or, in a mode without one, of none.
                        wire.unread(left);
                        return if stop == Stop::Over { self.publish() } else { Ok(Halt::Marker) };
                    }
                }
            }
        }
    }

    /// Stores what came, or what the decoder makes of it: how much it used, and whether it came upon something.
    fn accept(
        &mut self,
        bytes: &[u8],
        converted: &mut [u8],
        end: bool,
    ) -> Result<(usize, Option<Stop>), TransferError> {
        if self.decoder.is_none() {
            self.store(bytes)?;
            return Ok((bytes.len(), None));
        }
        let mut used = 0;
        while let Some(decoder) = &mut self.decoder
            && (end || used < bytes.len())
        {
            let progress = decoder.step(bytes.get(used..).unwrap_or_default(), converted, end)?;
            let marker = if progress.marker { decoder.take_marker() } else { None };
            used += progress.read;
            self.store(converted.get(..progress.written).unwrap_or_default())?;
            if progress.done {
                return Ok((used, Some(Stop::Over)));
            }
            if let (Some(sender), Some(start)) = (marker, self.start) {
                self.marker = Some(Marker { sender, offset: start + self.stored });
                return Ok((used, Some(Stop::Marker)));
            }
            if progress == Progress::default() {
                return Err(TransferError::BadData);
            }
        }
        Ok((used, None))
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.admit(bytes.len())?;
        match &mut self.sink {
            Some(Sink::Upload(upload)) => upload.write(bytes).map_err(TransferError::Storage),
            Some(Sink::Writer(writer)) => writer.write_all(bytes).map_err(|error| storage_error(&error)),
            None => Ok(()),
        }
    }

    /// May so many bytes more be stored?
    fn admit(&mut self, count: usize) -> Result<(), TransferError> {
        self.stored += count as u64;
        match self.announced {
            Some(announced) if self.stored > announced => Err(TransferError::Storage(StorageError::OverQuota)),
            _ => Ok(()),
        }
    }

    /// The connection has ended: was that all?
    fn finish(&mut self, converted: &mut [u8], wire: &mut Wire<'_>) -> Result<Halt, TransferError> {
        if self.unproven || self.announced.is_some_and(|announced| *wire.moved < announced) {
            return Err(TransferError::Incomplete);
        }
        self.accept(&[], converted, true)?;
        let halt = self.publish()?;
        if wire.channel.is_secured() {
            // Some peers wait for the other close_notify; to those that are gone already it does not matter.
            let _ = wire.channel.shutdown_write();
        }
        Ok(halt)
    }

    /// All has come.
    fn publish(&mut self) -> Result<Halt, TransferError> {
        match self.sink.take() {
            Some(Sink::Upload(upload)) => upload.publish().map_err(TransferError::Storage)?,
            Some(Sink::Writer(mut writer)) => writer.flush().map_err(|error| storage_error(&error))?,
            None => {}
        }
        Ok(Halt::End)
    }
}

fn take_room() -> Room {
    ROOMS.take().unwrap_or_else(|| vec![0; Receiver::RAW].into_boxed_slice())
}
