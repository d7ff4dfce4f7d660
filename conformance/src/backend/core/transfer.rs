//! [`Transfer`]: file bytes between storage and a [`Link`], as a host moves them, with the codec in between.

use super::chunks::Chunks;
use super::link::{End, Link, WINDOW};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::codec::{Codec, Decoder, Encoder, Transcoder};
use ftp_host::storage::Upload;
use std::io::Read;

/// Room for what a transcoder gives at a time.
const ROOM: usize = 16 * 1024;

/// Bytes that move.
pub(super) enum Transfer {
    /// Towards the client.
    Send(Sender),
    /// From the client.
    Receive(Receiver),
}

/// What is left to do after a step.
pub(super) enum Step {
    /// Something moved.
    Moved,
    /// The other side has to do something first.
    Blocked,
    /// It is over.
    Over(Result<u64, TransferError>),
}

pub(super) struct Sender {
    reader: Box<dyn Read + Send>,
    encoder: Option<Encoder>,
    read: Vec<u8>,
    at_end: bool,
    moved: u64,
}

pub(super) struct Receiver {
    /// `None` once it is published.
    upload: Option<Box<dyn Upload>>,
    decoder: Option<Decoder>,
    announced: Option<u64>,
    moved: u64,
}

impl Transfer {
    pub(super) fn send(reader: Box<dyn Read + Send>, codec: Codec) -> Self {
        Self::Send(Sender { reader, encoder: codec.sender(), read: Vec::new(), at_end: false, moved: 0 })
    }

    pub(super) fn receive(upload: Box<dyn Upload>, codec: Codec, announced: Option<u64>) -> Self {
        Self::Receive(Receiver { upload: Some(upload), decoder: codec.receiver(), announced, moved: 0 })
    }

    /// Bytes moved over the data connection.
    pub(super) fn moved(&self) -> u64 {
        match self {
            Self::Send(sender) => sender.moved,
            Self::Receive(receiver) => receiver.moved,
        }
    }

    /// Moves a chunk.
    pub(super) fn step(&mut self, link: &mut Link, chunks: &mut Chunks) -> Step {
        let stepped = match self {
            Self::Send(sender) => sender.step(link, chunks),
            Self::Receive(receiver) => receiver.step(link, chunks),
        };
        stepped.unwrap_or_else(|error| Step::Over(Err(error)))
    }
}

impl Sender {
    fn step(&mut self, link: &mut Link, chunks: &mut Chunks) -> Result<Step, TransferError> {
        if link.client_end.is_some() {
            return Err(TransferError::Broken);
        }
        let room = WINDOW.saturating_sub(link.to_client.len());
        if room == 0 {
            return Ok(Step::Blocked);
        }
        if self.read.is_empty() && !self.at_end {
            self.read = vec![0; chunks.data_size(room, self.moved)];
            let count = self.reader.read(&mut self.read).map_err(|_| TransferError::Storage(StorageError::Local))?;
            self.read.truncate(count);
            self.at_end = count == 0;
        }
        let done = if let Some(encoder) = &mut self.encoder {
            let mut out = [0; ROOM];
            let progress = encoder.step(&self.read, &mut out, self.at_end);
            self.read.drain(..progress.read);
            link.to_client.extend_from_slice(&out[..progress.written]);
            self.moved += progress.written as u64;
            progress.done
        } else {
            self.moved += self.read.len() as u64;
            link.to_client.append(&mut self.read);
            self.at_end
        };
        Ok(if done { Step::Over(Ok(self.moved)) } else { Step::Moved })
    }
}

impl Receiver {
    fn step(&mut self, link: &mut Link, chunks: &mut Chunks) -> Result<Step, TransferError> {
        if link.client_end == Some(End::Reset) {
            return Err(TransferError::Broken);
        }
        let count = chunks.data_size(link.to_server.len(), self.moved);
        if count == 0 && link.client_end.is_none() {
            return Ok(Step::Blocked);
        }
        let bytes: Vec<u8> = link.to_server.drain(..count).collect();
        self.moved += count as u64;
        if self.announced.is_some_and(|announced| self.moved > announced) {
            return Err(TransferError::Storage(StorageError::OverQuota));
        }
        let at_end = count == 0;
        self.store(&bytes, at_end).map_err(TransferError::Storage)?;
        if !at_end {
            return Ok(Step::Moved);
        }
        if self.announced.is_some_and(|announced| self.moved < announced) {
            return Err(TransferError::Incomplete);
        }
        if let Some(upload) = self.upload.take() {
            upload.publish().map_err(TransferError::Storage)?;
        }
        Ok(Step::Over(Ok(self.moved)))
    }

    fn store(&mut self, bytes: &[u8], at_end: bool) -> Result<(), StorageError> {
        let Some(upload) = &mut self.upload else { return Ok(()) };
        let Some(decoder) = &mut self.decoder else { return upload.write(bytes) };
        let mut rest = bytes;
        loop {
            let mut out = [0; ROOM];
            let progress = decoder.step(rest, &mut out, at_end);
            rest = &rest[progress.read..];
            upload.write(&out[..progress.written])?;
            if progress.done || (rest.is_empty() && !at_end) {
                return Ok(());
            }
        }
    }
}
