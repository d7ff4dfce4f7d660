//! [`Transfer`]: file bytes between storage and a [`Socket`], as a host moves them, with the codec in between. Server and client
//! share it.

use super::chunks::Chunks;
use crate::network::{Broken, Read as Came, Socket};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::codec::{Codec, Decoder, Encoder, Transcoder};
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
    moved: u64,
}

pub(crate) struct Receiver {
    target: Target,
    decoder: Option<Decoder>,
    announced: Option<u64>,
    moved: u64,
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
    pub(crate) fn send(reader: Box<dyn Read + Send>, codec: Codec) -> Self {
        Self::Send(Sender {
            reader,
            encoder: codec.sender(),
            read: Vec::new(),
            at_end: false,
            ready: Vec::new(),
            done: false,
            moved: 0,
        })
    }

    pub(crate) fn receive(upload: Box<dyn Upload>, codec: Codec, announced: Option<u64>) -> Self {
        Self::Receive(Receiver { target: Target::Upload(upload), decoder: codec.receiver(), announced, moved: 0 })
    }

    /// Bytes that [`Transfer::take`] takes out.
    pub(crate) fn keep(codec: Codec) -> Self {
        let target = Target::Memory(Vec::new());
        Self::Receive(Receiver { target, decoder: codec.receiver(), announced: None, moved: 0 })
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
        Ok(if self.done && self.ready.is_empty() { Step::Over(Ok(self.moved)) } else { Step::Moved })
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
            let progress = encoder.step(&self.read, &mut out, self.at_end);
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
    fn step(&mut self, socket: &Socket, chunks: &mut Chunks) -> Result<Step, TransferError> {
        let bytes = match socket.read(chunks.data_size(socket.available(), self.moved)) {
            Came::Bytes(bytes) => bytes,
            Came::Nothing => return Ok(Step::Blocked),
            Came::Closed => return self.end(),
            Came::Broken => return Err(TransferError::Broken),
        };
        self.moved += bytes.len() as u64;
        if self.announced.is_some_and(|announced| self.moved > announced) {
            return Err(TransferError::Storage(StorageError::OverQuota));
        }
        self.store(&bytes, false).map_err(TransferError::Storage)?;
        Ok(Step::Moved)
    }

    /// Everything has come.
    fn end(&mut self) -> Result<Step, TransferError> {
        self.store(&[], true).map_err(TransferError::Storage)?;
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

    fn store(&mut self, bytes: &[u8], at_end: bool) -> Result<(), StorageError> {
        let Some(decoder) = &mut self.decoder else { return self.target.write(bytes) };
        let mut rest = bytes;
        loop {
            let mut out = [0; ROOM];
            let progress = decoder.step(rest, &mut out, at_end);
            rest = &rest[progress.read..];
            self.target.write(&out[..progress.written])?;
            if progress.done || (rest.is_empty() && !at_end) {
                return Ok(());
            }
        }
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
