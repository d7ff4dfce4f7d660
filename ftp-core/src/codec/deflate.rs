//! MODE Z (draft-preston-ftpext-deflate-04): the bytes of MODE S, in a zlib stream (RFC 1950). The end of the stream, with
//! its checksum, is the end of the file.

use super::content::copy;
use super::{Decoder, Encoder, Fault, Progress, Transcoder, Transmission};
use crate::command::Mode;
use alloc::boxed::Box;
use alloc::vec;
use core::fmt;
use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// How hard a compressor tries: from 0, not at all, to 9. 6 is what most use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level(u8);

impl Level {
    /// `None` where there is no such level.
    pub const fn new(level: u8) -> Option<Self> {
        if level <= 9 { Some(Self(level)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Level {
    fn default() -> Self {
        Self(6)
    }
}

/// Bytes between the two steps.
const ROOM: usize = 16 << 10;

/// The bytes of MODE S on their way from one step to the other.
struct Between {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    /// Nothing follows them.
    complete: bool,
}

impl Between {
    fn new() -> Self {
        Self { bytes: vec![0; ROOM].into_boxed_slice(), start: 0, end: 0, complete: false }
    }

    fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Compresses.
pub(super) struct Deflater {
    /// What makes the bytes of MODE S, if they are not those of storage.
    inner: Option<Encoder>,
    between: Between,
    /// All the bytes that go into the compressor at a time are there: what it makes depends on how they are cut.
    full: bool,
    compressor: Box<CompressorOxide>,
}

impl Deflater {
    pub(super) fn new(transmission: &Transmission) -> Self {
        let mut compressor = Box::<CompressorOxide>::default();
        compressor.set_format_and_level(DataFormat::Zlib, transmission.level.get());
        Self { inner: in_stream_mode(transmission).encoder(), between: Between::new(), full: false, compressor }
    }

    /// Gathers more of `src`: how much was used.
    fn gather(&mut self, src: &[u8], eof: bool) -> Result<usize, Fault> {
        let mut read = 0;
        loop {
            let rest = src.get(read..).unwrap_or_default();
            let room = self.between.bytes.get_mut(self.between.end..).unwrap_or_default();
            let made = if let Some(inner) = &mut self.inner {
                inner.step(rest, room, eof)?
            } else {
                let count = copy(rest, room);
                Progress { read: count, written: count, done: eof && count == rest.len(), marker: false }
            };
            read += made.read;
            self.between.end += made.written;
            self.between.complete = made.done;
            if made.done || made.read + made.written == 0 {
                // The last bytes of the room may be too few for what comes next.
                self.full = made.done || read < src.len() || self.between.end == self.between.bytes.len();
                return Ok(read);
            }
        }
    }
}

impl Transcoder for Deflater {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        loop {
            if !self.full {
                progress.read += self.gather(src.get(progress.read..).unwrap_or_default(), eof)?;
            }
            let room = dst.get_mut(progress.written..).unwrap_or_default();
            if room.is_empty() || !self.full {
                return Ok(progress);
            }
            let flush = if self.between.complete { MZFlush::Finish } else { MZFlush::None };
            let made = deflate(&mut self.compressor, self.between.held(), room, flush);
            progress.written += made.bytes_written;
            self.between.start += made.bytes_consumed;
            if self.between.held().is_empty() && !self.between.complete {
                (self.between.start, self.between.end, self.full) = (0, 0, false);
            }
            match made.status {
                Ok(MZStatus::StreamEnd) => {
                    progress.done = true;
                    return Ok(progress);
                }
                Ok(_) => {}
                // It wants more, or room.
                Err(_) => return Ok(progress),
            }
        }
    }
}

/// Decompresses.
pub(super) struct Inflater {
    /// What reads the bytes of MODE S, if they are not those of storage.
    inner: Option<Decoder>,
    between: Between,
    state: Box<InflateState>,
    /// The stream is over.
    ended: bool,
    came: u64,
    made: u64,
}

impl Inflater {
    /// The most bytes for each that came, once there are more than [`Self::FREE`]. Deflate reaches 1032; files that are
    /// not made to fill a disk stay far below.
    const RATIO: u64 = 256;
    /// So many bytes are let through whatever came for them: a sparse file may be harmless.
    const FREE: u64 = 64 << 20;

    pub(super) fn new(transmission: &Transmission) -> Self {
        Self {
            inner: in_stream_mode(transmission).decoder(),
            between: Between::new(),
            state: InflateState::new_boxed(DataFormat::Zlib),
            ended: false,
            came: 0,
            made: 0,
        }
    }
}

impl Transcoder for Inflater {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        loop {
            let room = dst.get_mut(progress.written..).unwrap_or_default();
            if let Some(inner) = &mut self.inner {
                let ended = self.ended;
                if !self.between.held().is_empty() || ended {
                    let made = inner.step(self.between.held(), room, ended)?;
                    progress.written += made.written;
                    self.between.start += made.read;
                    self.between.complete |= made.done;
                    let left = !self.between.held().is_empty();
                    if self.between.complete && left {
                        // More than the file, by its own codes.
                        return Err(Fault::Malformed);
                    }
                    if ended || left {
                        progress.done = ended && self.between.complete;
                        return Ok(progress);
                    }
                }
            }
            if self.ended {
                progress.done = true;
                return Ok(progress);
            }
            let rest = src.get(progress.read..).unwrap_or_default();
            let room = match self.inner {
                Some(_) => &mut *self.between.bytes,
                None => dst.get_mut(progress.written..).unwrap_or_default(),
            };
            if room.is_empty() {
                return Ok(progress);
            }
            let made = inflate(&mut self.state, rest, room, MZFlush::None);
            progress.read += made.bytes_consumed;
            self.came += made.bytes_consumed as u64;
            self.made += made.bytes_written as u64;
            if self.inner.is_some() {
                (self.between.start, self.between.end) = (0, made.bytes_written);
            } else {
                progress.written += made.bytes_written;
            }
            if self.made > Self::FREE.max(self.came.saturating_mul(Self::RATIO)) {
                return Err(Fault::Malformed);
            }
            match made.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) if made.bytes_consumed + made.bytes_written > 0 => {}
                // It wants more than there is.
                Ok(_) | Err(miniz_oxide::MZError::Buf) if !eof => return Ok(progress),
                Ok(_) | Err(miniz_oxide::MZError::Buf) => return Err(Fault::Incomplete),
                Err(_) => return Err(Fault::Malformed),
            }
        }
    }
}

fn in_stream_mode(transmission: &Transmission) -> Transmission {
    let mut inner = *transmission;
    inner.codec.mode = Mode::Stream;
    inner
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").finish_non_exhaustive()
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}
