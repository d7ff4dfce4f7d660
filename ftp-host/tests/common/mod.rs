//! Loopback pairs, a driver that waits as an adapter does, and an upload in memory: what tests of transfers share.

#![allow(dead_code, reason = "each test file uses some of it")]

use ftp_core::action::{StorageError, TransferError};
use ftp_core::path::VirtualPath;
use ftp_host::channel::Channel;
use ftp_host::pump::{Pump, Step};
use ftp_host::storage::{Result, Source, Upload};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};

/// A data connection: our end of it, and the peer's, which blocks.
pub(crate) fn pair() -> (Channel, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (Channel::data(listener.accept().unwrap().0).unwrap(), peer)
}

/// Waits until the socket is ready for this.
pub(crate) fn wait(socket: impl AsFd, flags: PollFlags) {
    poll(&mut [PollFd::new(&socket, flags)], None).unwrap();
}

/// Steps to the end, waiting as the pump says.
pub(crate) fn run(pump: &mut Pump, budget: usize) -> std::result::Result<u64, TransferError> {
    loop {
        match pump.step(budget) {
            Step::Again | Step::Marker => {}
            Step::Readable => wait(pump.channel().socket(), PollFlags::IN),
            Step::Writable => wait(pump.channel().socket(), PollFlags::OUT),
            Step::Done(result) => return result,
        }
    }
}

/// Bytes that are not the same everywhere.
pub(crate) fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// A file of these bytes as a source.
pub(crate) fn file_source(bytes: &[u8]) -> Source {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    Source::File { file, remaining: bytes.len() as u64 }
}

/// What became of a [`Double`].
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) bytes: Vec<u8>,
    pub(crate) published: bool,
    pub(crate) dropped: bool,
}

/// An upload into memory or a file, with room for so many bytes.
pub(crate) struct Double {
    path: VirtualPath,
    pub(crate) file: Option<File>,
    room: usize,
    outcome: Arc<Mutex<Outcome>>,
}

impl Double {
    pub(crate) fn new(file: Option<File>, room: usize) -> (Box<Self>, Arc<Mutex<Outcome>>) {
        let outcome = Arc::default();
        (Box::new(Self { path: VirtualPath::root(), file, room, outcome: Arc::clone(&outcome) }), outcome)
    }
}

impl Upload for Double {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    fn file(&mut self) -> Option<&File> {
        self.file.as_ref()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() > self.room {
            return Err(StorageError::NoSpace);
        }
        self.room -= bytes.len();
        match &mut self.file {
            Some(file) => file.write_all(bytes).unwrap(),
            None => self.outcome.lock().unwrap().bytes.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.outcome.lock().unwrap().published = true;
        Ok(())
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        let mut outcome = self.outcome.lock().unwrap();
        if let Some(file) = &mut self.file {
            file.rewind().unwrap();
            file.read_to_end(&mut outcome.bytes).unwrap();
        }
        outcome.dropped = true;
    }
}
