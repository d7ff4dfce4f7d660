//! [`Pipe`]: bytes from a socket into a file without a copy through this process.

use super::pool::Pool;
use crate::channel::uninterrupted;
use rustix::fd::{AsFd, OwnedFd};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use std::fs::File;
use std::io;

/// A pipe of [`Pipe::CAPACITY`] bytes. It is empty whenever it is in the pool.
pub(super) struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
}

static PIPES: Pool<Pipe> = Pool::new();

impl Pipe {
    /// As much as an unprivileged process may have (pipe(7), `pipe-max-size`); a smaller pipe is slower than a buffer.
    pub(super) const CAPACITY: usize = 1 << 20;

    /// An empty pipe.
    ///
    /// # Errors
    /// When there are no more descriptors, or the pipes of this user hold too much memory already.
    pub(super) fn take() -> io::Result<Self> {
        if let Some(pipe) = PIPES.take() {
            return Ok(pipe);
        }
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setpipe_size(&write, Self::CAPACITY)?;
        Ok(Self { read, write })
    }

    /// Keeps an empty pipe for the next borrower.
    pub(super) fn give_back(self) {
        PIPES.give(self);
    }

    /// Moves bytes from the socket into the empty pipe.
    ///
    /// # Errors
    /// What the socket says.
    pub(super) fn fill(&self, socket: impl AsFd, most: usize) -> io::Result<usize> {
        let most = most.min(Self::CAPACITY);
        uninterrupted(|| splice(&socket, None, &self.write, None, most, SpliceFlags::NONBLOCK))
    }

    /// Moves bytes from the pipe into the file.
    ///
    /// # Errors
    /// What the file says.
    pub(super) fn drain(&self, file: &File, most: usize) -> io::Result<usize> {
        uninterrupted(|| splice(&self.read, None, file, None, most, SpliceFlags::empty()))
    }

    /// Reads bytes from the pipe, for a file that does not take them from one.
    ///
    /// # Errors
    /// What the pipe says.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| rustix::io::read(&self.read, &mut *buffer))
    }
}
