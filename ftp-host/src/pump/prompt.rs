//! The one step of a transfer that needs no waiting for a disk: a small file that is in memory, sent whole.
//!
//! Whoever may not wait asks for it before a step is given away, since for a small file that costs more than the step.

use crate::channel::Channel;
use ftp_core::codec::{Encoder, Transcoder};
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

/// What `encoder` makes of all that remains of the file. `None`, with nothing done, where `scratch` cannot hold both or the file is not in
/// memory.
pub(super) fn encode<'a>(file: &File, remaining: u64, mut encoder: Encoder, scratch: &'a mut [u8]) -> Option<&'a [u8]> {
    let (bytes, room) = scratch.split_at_mut_checked(usize::try_from(remaining).ok()?)?;
    // What a header takes at least; there is no way back but to read again.
    let count = if room.len() > bytes.len() { read(file, bytes)? } else { return None };
    let mut encoded = (0, 0);
    let all = count == bytes.len()
        && loop {
            let (from, to) = encoded;
            let room = room.get_mut(to..).unwrap_or_default();
            match encoder.step(bytes.get(from..).unwrap_or_default(), room, true) {
                Ok(progress) if progress.done => {
                    encoded.1 += progress.written;
                    break true;
                }
                Ok(progress) if progress.read + progress.written > 0 => {
                    encoded = (from + progress.read, to + progress.written);
                }
                Ok(_) | Err(_) => break false,
            }
        };
    if !all {
        // Should this fail, whoever reads on finds the file shorter than it was, and says so.
        let _ = seek(file, SeekFrom::Current(-(count as i64)));
        return None;
    }
    room.get(..encoded.1)
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
