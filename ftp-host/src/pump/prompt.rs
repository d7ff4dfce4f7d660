//! The one step of a transfer that needs no waiting for a disk: a small file that is in memory, sent whole.
//!
//! Whoever may not wait asks for it before a step is given away, since for a small file that costs more than the step.

use crate::channel::Channel;
use rustix::fs::{SeekFrom, seek};
use std::fs::File;
use std::io;

/// Sends what remains of the file; how many bytes the socket took. `None`, with nothing done, where `scratch` cannot hold it
/// or the file is not in memory.
pub(super) fn send(
    file: &File,
    remaining: u64,
    channel: &mut Channel,
    scratch: &mut [u8],
) -> Option<io::Result<usize>> {
    let bytes = scratch.get_mut(..usize::try_from(remaining).ok()?)?;
    let count = read(file, bytes)?;
    // With all that there is goes the end: one segment instead of two.
    let sent = (count == bytes.len()).then(|| channel.write_last(bytes));
    let taken = match &sent {
        Some(Ok(taken)) => *taken,
        _ => 0,
    };
    if taken < count {
        // What follows reads on from where this ends.
        let back = SeekFrom::Current(-((count - taken) as i64));
        if let Err(error) = seek(file, back) {
            return Some(Err(error.into()));
        }
    }
    sent
}

/// Reads from the file's position on, if it is in memory.
#[cfg(target_os = "linux")]
fn read(file: &File, bytes: &mut [u8]) -> Option<usize> {
    use crate::storage::is_in_memory;
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    use std::io::IoSliceMut;
    if bytes.is_empty() {
        return Some(0);
    }
    match preadv2(file, &mut [IoSliceMut::new(bytes)], u64::MAX, ReadWriteFlags::NOWAIT) {
        // tmpfs has never learnt it.
        Err(Errno::OPNOTSUPP) if is_in_memory(file) => rustix::io::read(file, bytes).ok(),
        result => result.ok(),
    }
}

#[cfg(not(target_os = "linux"))]
fn read(_: &File, _: &mut [u8]) -> Option<usize> {
    None
}
