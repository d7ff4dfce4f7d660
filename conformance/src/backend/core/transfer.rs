//! [`Transfer`]: file bytes between storage and a [`Socket`], as a host moves them, with the codec in between. Server and client
//! share it.

use super::chunks::Chunks;
use crate::network::{Broken, Read as Came, Socket};
use ftp_core::action::{Marker, StorageError, TransferError};
use ftp_core::codec::{Decoder, Encoder, Transcoder, Transmission};
use ftp_host::storage::Upload;
use std::io::Read;

/// Room for what a transcoder gives at a time.
const ROOM: usize = 16 * 1024;

/// Bytes that move.
pub(crate) enum Transfer {
    /// Towards the client.
    Send(Sender),
    /// From the client.
    Receive(Receiver),
}

/// What is left to do after a step.
pub(crate) enum Step {
    /// Something moved.
    Moved,
    /// The other side has to do something first.
    Blocked,
    /// A restart marker came, and everything before it is stored.
    Marker(Marker),
    /// It is over.
    Over(Result<u64, TransferError>),
}

pub(crate) struct Sender {
    reader: Box<dyn Read + Send>,
    encoder: Option<Encoder>,
    /// Read and not converted.
    read: Vec<u8>,
    at_end: bool,
    /// Converted and not sent.
    ready: Vec<u8>,
    /// Nothing more will be ready.
    done: bool,
    /// The connection stays open.
    keeps: bool,
    moved: u64,
}

pub(crate) struct Receiver {
    target: Target,
    transmission: Transmission,
    decoder: Option<Decoder>,
    announced: Option<u64>,
    /// Came and not decoded: behind the end of the data it belongs to the next transfer.
    ahead: Vec<u8>,
    /// The other side has closed the connection.
    closed: bool,
    stored: u64,
    moved: u64,
}

/// A data connection that stays open, and what came over it for the next transfer.
pub(crate) struct Kept {
    pub(crate) socket: Socket,
    pub(crate) ahead: Vec<u8>,
}

impl Kept {
    /// A connection on which nothing has come.
    pub(crate) fn fresh(socket: Socket) -> Self {
        Self { socket, ahead: Vec::new() }
    }

    /// Has the other side closed it?
    pub(crate) fn is_closed(&self) -> bool {
        self.ahead.is_empty() && matches!(self.socket.read(0), Came::Closed | Came::Broken)
    }
}

/// Where received bytes go.
enum Target {
    /// To storage.
    Upload(Box<dyn Upload>),
    /// Nowhere: the upload is published.
    Published,
    /// To whoever takes them out.
    Memory(Vec<u8>),
}

impl From<Broken> for TransferError {
    fn from(Broken: Broken) -> Self {
        Self::Broken
    }
}

impl Transfer {
    pub(crate) fn send(reader: Box<dyn Read + Send>, transmission: Transmission) -> Self {
        Self::Send(Sender {
            reader,
            encoder: transmission.encoder(),
            read: Vec::new(),
            at_end: false,
            ready: Vec::new(),
            done: false,
            keeps: transmission.codec.keeps_connection(),
            moved: 0,
        })
    }

    pub(crate) fn receive(upload: Box<dyn Upload>, transmission: Transmission, announced: Option<u64>) -> Self {
        Self::Receive(Receiver::new(Target::Upload(upload), transmission, announced))
    }

    /// Bytes that [`Transfer::take`] takes out.
    pub(crate) fn keep(transmission: Transmission) -> Self {
        Self::Receive(Receiver::new(Target::Memory(Vec::new()), transmission, None))
    }

    /// What came over the connection before this transfer began.
    pub(crate) fn with_ahead(mut self, bytes: Vec<u8>) -> Self {
        if let Self::Receive(receiver) = &mut self {
            receiver.ahead = bytes;
        }
        self
    }

    /// Does the data connection stay open after it?
    pub(crate) fn keeps_connection(&self) -> bool {
        match self {
            Self::Send(sender) => sender.keeps,
            Self::Receive(receiver) => receiver.transmission.codec.keeps_connection(),
        }
    }

    /// What came for the next transfer.
    pub(crate) fn into_ahead(self) -> Vec<u8> {
        match self {
            Self::Receive(receiver) => receiver.ahead,
            Self::Send(_) => Vec::new(),
        }
    }

    /// What has come and is kept.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Receive(Receiver { target: Target::Memory(bytes), .. }) => std::mem::take(bytes),
            _ => Vec::new(),
        }
    }

    /// Bytes moved over the data connection.
    pub(crate) fn moved(&self) -> u64 {
        match self {
            Self::Send(sender) => sender.moved,
            Self::Receive(receiver) => receiver.moved,
        }
    }

    /// Moves a chunk.
    pub(crate) fn step(&mut self, socket: &Socket, chunks: &mut Chunks) -> Step {
        let stepped = match self {
            Self::Send(sender) => sender.step(socket, chunks),
            Self::Receive(receiver) => receiver.step(socket, chunks),
        };
        stepped.unwrap_or_else(|error| Step::Over(Err(error)))
    }
}

impl Sender {
    fn step(&mut self, socket: &Socket, chunks: &mut Chunks) -> Result<Step, TransferError> {
        if socket.is_broken() {
            return Err(TransferError::Broken);
        }
        socket.reset_on_close(true);
        let room = socket.room();
        if room == 0 {
            return Ok(Step::Blocked);
        }
        if self.ready.is_empty() && !self.done {
            self.prepare(chunks.data_size(room, self.moved))?;
        }
        let count = socket.write(&self.ready)?;
        self.ready.drain(..count);
        self.moved += count as u64;
        let over = self.done && self.ready.is_empty();
        // Whatever ends it before makes no whole file of a part.
        socket.reset_on_close(!over);
        Ok(if over { Step::Over(Ok(self.moved)) } else { Step::Moved })
    }

    /// Reads, at most so much, and converts.
    fn prepare(&mut self, most: usize) -> Result<(), TransferError> {
        if self.read.is_empty() && !self.at_end {
            self.read = vec![0; most];
            let count = self.reader.read(&mut self.read).map_err(|_| TransferError::Storage(StorageError::Local))?;
            self.read.truncate(count);
            self.at_end = count == 0;
        }
        if let Some(encoder) = &mut self.encoder {
            let mut out = [0; ROOM];
            let progress = encoder.step(&self.read, &mut out, self.at_end)?;
            self.read.drain(..progress.read);
            self.ready.extend_from_slice(&out[..progress.written]);
            self.done = progress.done;
        } else {
            self.ready.append(&mut self.read);
            self.done = self.at_end;
        }
        Ok(())
    }
}

impl Receiver {
    fn new(target: Target, transmission: Transmission, announced: Option<u64>) -> Self {
        let decoder = transmission.decoder();
        Self { target, transmission, decoder, announced, ahead: Vec::new(), closed: false, stored: 0, moved: 0 }
    }

    fn step(&mut self, socket: &Socket, chunks: &mut Chunks) -> Result<Step, TransferError> {
        if self.ahead.is_empty() && !self.closed {
            match socket.read(chunks.data_size(socket.available(), self.moved)) {
                Came::Bytes(bytes) => self.ahead = bytes,
                Came::Nothing => return Ok(Step::Blocked),
                Came::Closed if socket.is_truncated() => return Err(TransferError::Truncated),
                Came::Closed => self.closed = true,
                Came::Broken => return Err(TransferError::Broken),
            }
        }
        let step = self.decode()?;
        if self.announced.is_some_and(|announced| self.moved > announced) {
            return Err(TransferError::Storage(StorageError::OverQuota));
        }
        match step {
            Step::Blocked if self.closed => Err(TransferError::BadData),
            step => Ok(step),
        }
    }

    /// Decodes some of what has come.
    fn decode(&mut self) -> Result<Step, TransferError> {
        let mut out = [0; ROOM];
        let Some(decoder) = &mut self.decoder else {
            self.moved += self.ahead.len() as u64;
            self.target.write(&std::mem::take(&mut self.ahead)).map_err(TransferError::Storage)?;
            return if self.closed { self.end() } else { Ok(Step::Moved) };
        };
        let progress = decoder.step(&self.ahead, &mut out, self.closed)?;
        let marker = if progress.marker { decoder.take_marker() } else { None };
        self.ahead.drain(..progress.read);
        self.moved += progress.read as u64;
        self.stored += progress.written as u64;
        self.target.write(&out[..progress.written]).map_err(TransferError::Storage)?;
        if progress.done {
            return self.end();
        }
        if let (Some(sender), Some(start)) = (marker, self.transmission.start) {
            return Ok(Step::Marker(Marker { sender, offset: start + self.stored }));
        }
        Ok(if progress.read + progress.written > 0 { Step::Moved } else { Step::Blocked })
    }

    /// Everything has come.
    fn end(&mut self) -> Result<Step, TransferError> {
        let shown = self.transmission.codec.shows_its_end();
        if self.transmission.proof && !shown && self.announced.is_none() {
            return Err(TransferError::Incomplete);
        }
        if self.announced.is_some_and(|announced| self.moved < announced) {
            return Err(TransferError::Incomplete);
        }
        self.target = match std::mem::replace(&mut self.target, Target::Published) {
            Target::Upload(upload) => {
                upload.publish().map_err(TransferError::Storage)?;
                Target::Published
            }
            other => other,
        };
        Ok(Step::Over(Ok(self.moved)))
    }
}

impl Target {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        match self {
            Self::Upload(upload) => upload.write(bytes),
            Self::Published => Ok(()),
            Self::Memory(kept) => {
                kept.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}
