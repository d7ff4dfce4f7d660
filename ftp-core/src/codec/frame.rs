//! [`Framer`] and [`Unframer`]: what the modes that mark the end of a record or file by codes have in common
//! (RFC 959 3.4). How the codes look is in `stream`, `block` and `compressed`.
//!
//! A [`Framer`] gathers a frame: content to the end of a record, to a restart marker, or as much as a frame holds. Only
//! when it knows what follows does it write the frame, so what leaves does not depend on how the bytes came, and the codes
//! for the ends of the last record and of the file stand together.

use super::block::{BlockReader, BlockWriter};
use super::compressed::{CompressedReader, CompressedWriter};
use super::content::{Follows, Incoming, Outgoing};
use super::stream::{StreamReader, StreamWriter};
use super::{Codec, Fault, Progress, Transcoder, Transmission};
use crate::command::Mode;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

/// The end of a record: the descriptor code of MODE B and C (RFC 959 3.4.2).
pub(super) const RECORD_END: u8 = 128;
/// The end of the file.
pub(super) const FILE_END: u8 = 64;
/// The sender suspects errors in the data.
pub(super) const SUSPECT: u8 = 32;
/// The data is a restart marker.
pub(super) const MARKER: u8 = 16;

/// The descriptor codes that there are.
pub(super) const KNOWN: u8 = RECORD_END | FILE_END | SUSPECT | MARKER;

/// The longest restart marker that is taken, in bytes. A sender's own are decimal numbers.
const MARKER_LIMIT: usize = 127;

/// Gathers frames and writes them.
#[derive(Debug)]
pub(super) struct Framer {
    content: Outgoing,
    writer: Writer,
    frame: Box<[u8]>,
    length: usize,
    /// What ends with the frame.
    codes: u8,
    /// The frame, or a marker, is being written.
    sending: Sending,
    /// The place in storage of the next byte.
    offset: u64,
    /// The place of the next marker, and the distance between two; none where the distance is 0.
    next_marker: u64,
    interval: u64,
    over: bool,
}

#[derive(Clone, Debug)]
enum Sending {
    Nothing,
    Frame,
    Marker(Vec<u8>),
}

#[derive(Clone, Debug)]
enum Writer {
    Stream(StreamWriter),
    Block(BlockWriter),
    Compressed(Box<CompressedWriter>),
}

impl Framer {
    /// Large enough for the headers to cost nothing, small enough for many transfers that wait.
    const FRAME: usize = 16 << 10;

    pub(super) fn new(transmission: &Transmission) -> Self {
        let Transmission { codec, start, markers, .. } = *transmission;
        let (writer, interval) = match codec.mode {
            Mode::Block => (Writer::Block(BlockWriter::default()), markers),
            Mode::Compressed => (Writer::Compressed(Box::new(CompressedWriter::new(codec.filler()))), markers),
            Mode::Stream | Mode::Deflate => (Writer::Stream(StreamWriter::default()), 0),
        };
        let offset = start.unwrap_or(0);
        Self {
            content: Outgoing::new(codec),
            writer,
            frame: vec![0; Self::FRAME].into_boxed_slice(),
            length: 0,
            codes: 0,
            sending: Sending::Nothing,
            offset,
            next_marker: offset.saturating_add(interval),
            interval,
            over: false,
        }
    }

    /// Gathers more of `src`: how much was used. After it the frame is to be written, or nothing can be done yet.
    fn gather(&mut self, src: &[u8], eof: bool) -> usize {
        let mut read = 0;
        loop {
            let rest = src.get(read..).unwrap_or_default();
            if self.codes & RECORD_END != 0 {
                if rest.is_empty() && !eof {
                    return read;
                }
                if rest.is_empty() {
                    self.codes |= FILE_END;
                }
                self.sending = Sending::Frame;
                return read;
            }
            let (mut window, mut follows) = (rest, if eof { Follows::Nothing } else { Follows::Unknown });
            let distance = self.next_marker.saturating_sub(self.offset);
            if self.interval > 0 && distance < rest.len() as u64 {
                if distance == 0 && !self.content.may_be_marked() {
                    self.next_marker += 1;
                    continue;
                }
                window = rest.get(..distance as usize).unwrap_or(rest);
                follows = if distance == 0 { Follows::Marker } else { Follows::Unknown };
            }
            let room = self.frame.get_mut(self.length..).unwrap_or_default();
            let piece = self.content.piece(window, room, follows);
            read += piece.read;
            self.offset += piece.read as u64;
            self.length += piece.written;
            if piece.record_ends {
                self.codes = RECORD_END;
            } else if piece.file_ends {
                self.codes = FILE_END;
                self.sending = Sending::Frame;
                return read;
            } else if piece.read == 0 && piece.written == 0 {
                if follows == Follows::Marker && window.is_empty() && self.length == 0 {
                    self.sending = Sending::Marker(format!("{}", self.offset).into_bytes());
                    self.next_marker = self.offset.saturating_add(self.interval);
                } else if self.length > 0 && !rest.is_empty() || eof {
                    self.sending = Sending::Frame;
                }
                return read;
            }
        }
    }
}

impl Transcoder for Framer {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        while !self.over {
            if matches!(self.sending, Sending::Nothing) {
                progress.read += self.gather(src.get(progress.read..).unwrap_or_default(), eof);
            }
            let (frame, codes) = match &self.sending {
                Sending::Nothing => break,
                Sending::Frame => (self.frame.get(..self.length).unwrap_or_default(), self.codes),
                Sending::Marker(text) => (&text[..], MARKER),
            };
            let room = dst.get_mut(progress.written..).unwrap_or_default();
            let (written, all) = match &mut self.writer {
                Writer::Stream(stream) => stream.write(frame, codes, room),
                Writer::Block(block) => block.write(frame, codes, room),
                Writer::Compressed(compressed) => compressed.write(frame, codes, room),
            };
            progress.written += written;
            if !all {
                break;
            }
            if let Sending::Frame = core::mem::replace(&mut self.sending, Sending::Nothing) {
                self.over = self.codes & FILE_END != 0;
                self.length = 0;
                self.codes = 0;
            }
        }
        progress.done = self.over;
        Ok(progress)
    }
}

/// What a reader finds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Nothing yet: it wants more bytes.
    More,
    /// So many bytes from here on are data, as far as they are there. Say how many of them were [taken](Unframer).
    Data(usize),
    /// A byte, and how often it is to be repeated.
    Run(u8, usize),
    /// These codes apply to what came before.
    Codes(u8),
}

/// Reads frames and writes their content.
#[derive(Debug)]
pub(super) struct Unframer {
    content: Incoming,
    reader: Reader,
    /// The restart marker that is coming, or has come.
    marker: Vec<u8>,
    /// It has come.
    marked: bool,
    /// These codes have come and are to be carried out.
    codes: u8,
    over: bool,
}

#[derive(Clone, Debug)]
enum Reader {
    Stream(StreamReader),
    Block(BlockReader),
    Compressed(CompressedReader),
}

impl Reader {
    fn next(&mut self, src: &[u8]) -> Result<(usize, Token), Fault> {
        match self {
            Self::Stream(stream) => stream.next(src),
            Self::Block(block) => block.next(src),
            Self::Compressed(compressed) => compressed.next(src),
        }
    }

    /// Of the data or run that [`next`](Self::next) found, so many bytes were taken.
    fn taken(&mut self, count: usize) {
        match self {
            Self::Stream(stream) => stream.taken(count),
            Self::Block(block) => block.taken(count),
            Self::Compressed(compressed) => compressed.taken(count),
        }
    }

    /// The codes of the data that comes.
    fn codes(&self) -> u8 {
        match self {
            Self::Stream(_) => 0,
            Self::Block(block) => block.codes(),
            Self::Compressed(compressed) => compressed.codes(),
        }
    }
}

impl Unframer {
    pub(super) fn new(codec: Codec) -> Self {
        let reader = match codec.mode {
            Mode::Block => Reader::Block(BlockReader::default()),
            Mode::Compressed => Reader::Compressed(CompressedReader::new(codec.filler())),
            Mode::Stream | Mode::Deflate => Reader::Stream(StreamReader::default()),
        };
        Self { content: Incoming::new(codec), reader, marker: Vec::new(), marked: false, codes: 0, over: false }
    }

    pub(super) fn take_marker(&mut self) -> Option<Vec<u8>> {
        core::mem::take(&mut self.marked).then(|| core::mem::take(&mut self.marker))
    }

    /// Carries out the codes that have come, as far as there is room.
    fn carry_out(&mut self, dst: &mut [u8], progress: &mut Progress) -> Result<(), Fault> {
        if self.codes & MARKER != 0 {
            if !self.marker.iter().all(u8::is_ascii_graphic) {
                return Err(Fault::Malformed);
            }
            self.codes &= !MARKER;
            self.marked = !self.marker.is_empty() && self.content.holds_nothing();
            progress.marker = self.marked;
            if self.marked {
                return Ok(());
            }
            self.marker.clear();
        }
        if self.codes & RECORD_END != 0 {
            let room = dst.get_mut(progress.written..).unwrap_or_default();
            let Some(written) = self.content.end_record(room)? else { return Ok(()) };
            progress.written += written;
            self.codes &= !RECORD_END;
        }
        if self.codes & FILE_END != 0 {
            let room = dst.get_mut(progress.written..).unwrap_or_default();
            let Some(written) = self.content.end_file(room)? else { return Ok(()) };
            progress.written += written;
            self.over = true;
        }
        self.codes = 0;
        Ok(())
    }

    /// Takes data, of a file or of a marker: how much.
    fn take(&mut self, data: &[u8], dst: &mut [u8], progress: &mut Progress) -> Result<usize, Fault> {
        if self.reader.codes() & MARKER != 0 {
            if self.marker.len() + data.len() > MARKER_LIMIT {
                return Err(Fault::Malformed);
            }
            self.marker.extend_from_slice(data);
            return Ok(data.len());
        }
        let room = dst.get_mut(progress.written..).unwrap_or_default();
        let (used, written) = self.content.data(data, room)?;
        progress.written += written;
        Ok(used)
    }
}

impl Transcoder for Unframer {
    fn step(&mut self, src: &[u8], dst: &mut [u8], eof: bool) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        // Whoever leaves a marker lying does without it.
        self.take_marker();
        while !self.over {
            if self.codes != 0 {
                self.carry_out(dst, &mut progress)?;
                if self.codes != 0 || progress.marker {
                    break;
                }
                continue;
            }
            let rest = src.get(progress.read..).unwrap_or_default();
            let (skipped, token) = self.reader.next(rest)?;
            progress.read += skipped;
            let rest = rest.get(skipped..).unwrap_or_default();
            match token {
                Token::More if eof && progress.read == src.len() => return Err(Fault::Incomplete),
                Token::More => break,
                Token::Codes(codes) => self.codes = codes,
                Token::Data(count) => {
                    let used = self.take(rest.get(..count).unwrap_or(rest), dst, &mut progress)?;
                    self.reader.taken(used);
                    progress.read += used;
                    if used == 0 {
                        break;
                    }
                }
                Token::Run(byte, count) => {
                    let run = [byte; CompressedReader::RUN];
                    let used = self.take(run.get(..count).unwrap_or(&run), dst, &mut progress)?;
                    self.reader.taken(used);
                    if used == 0 {
                        break;
                    }
                }
            }
        }
        progress.done = self.over && !progress.marker;
        Ok(progress)
    }
}
