//! MODE C (RFC 959 3.4.3): strings of bytes as they are, of one byte repeated, and of filler; and escape sequences, whose
//! descriptor codes apply to the string after them.
//!
//! Where there is no string for a code to apply to, as at the end of an empty file, it applies to a filler string of
//! length 0: a string of bytes as they are has at least one.

use super::Fault;
use super::content::copy;
use super::frame::{KNOWN, MARKER, Token};

/// Of a string's first byte: one byte, repeated.
const REPEATED: u8 = 0b1000_0000;
/// Of a string's first byte: filler.
const FILLER: u8 = 0b1100_0000;
/// What distinguishes the two, and where their count is.
const KIND: u8 = 0b1100_0000;

/// The longest string of bytes as they are.
const LITERAL: usize = 127;

/// Writes strings.
#[derive(Clone, Debug)]
pub(super) struct CompressedWriter {
    filler: u8,
    /// Bytes of the frame that are in a string.
    at: usize,
    /// The string that is being written: escape, codes, first byte, bytes.
    string: [u8; 3 + LITERAL],
    length: usize,
    sent: usize,
    /// No string follows this one.
    last: bool,
}

impl CompressedWriter {
    pub(super) fn new(filler: u8) -> Self {
        Self { filler, at: 0, string: [0; 3 + LITERAL], length: 0, sent: 0, last: false }
    }

    /// Writes more of the frame: how many bytes, and whether that was all.
    pub(super) fn write(&mut self, frame: &[u8], codes: u8, dst: &mut [u8]) -> (usize, bool) {
        let mut written = 0;
        loop {
            let left = self.string.get(self.sent..self.length).unwrap_or_default();
            let count = copy(left, dst.get_mut(written..).unwrap_or_default());
            written += count;
            self.sent += count;
            if self.sent < self.length {
                return (written, false);
            }
            if self.last || (self.at == frame.len() && codes == 0) {
                (self.at, self.length, self.sent, self.last) = (0, 0, 0, false);
                return (written, true);
            }
            self.compose(frame, codes);
        }
    }

    /// Makes the next string.
    fn compose(&mut self, frame: &[u8], codes: u8) {
        let rest = frame.get(self.at..).unwrap_or_default();
        // A marker is one string of bytes.
        let literal = if codes & MARKER != 0 { rest.len().min(LITERAL) } else { self.literal(rest) };
        let (first, bytes, used) = match rest.first() {
            None => (FILLER, &[][..], 0),
            Some(_) if literal > 0 => (literal as u8, rest.get(..literal).unwrap_or_default(), literal),
            Some(&byte) => {
                let run = run(rest);
                if byte == self.filler {
                    (FILLER | run as u8, &[][..], run)
                } else {
                    (REPEATED | run as u8, rest.get(..1).unwrap_or_default(), run)
                }
            }
        };
        self.at += used;
        self.last = codes != 0 && self.at == frame.len();
        self.length = 0;
        self.sent = 0;
        if self.last {
            self.push(&[0, codes]);
        }
        self.push(&[first]);
        self.push(bytes);
    }

    fn push(&mut self, bytes: &[u8]) {
        self.length += copy(bytes, self.string.get_mut(self.length..).unwrap_or_default());
    }

    /// How many bytes stand before the next run that is worth a string of its own.
    fn literal(&self, rest: &[u8]) -> usize {
        let window = rest.get(..LITERAL).unwrap_or(rest);
        let pairs = window.windows(2);
        for (at, pair) in pairs.enumerate() {
            let [one, two] = pair else { break };
            if one == two && (*one == self.filler || rest.get(at + 2) == Some(one)) {
                return at;
            }
        }
        window.len()
    }
}

/// How often the first byte stands there, as far as one string can say.
fn run(bytes: &[u8]) -> usize {
    let window = bytes.get(..CompressedReader::RUN).unwrap_or(bytes);
    let first = window.first();
    window.iter().take_while(|byte| Some(*byte) == first).count()
}

/// Reads strings.
#[derive(Clone, Debug)]
pub(super) struct CompressedReader {
    filler: u8,
    state: State,
    codes: u8,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// A string, or an escape sequence, is to come.
    Between,
    /// The codes of an escape sequence are to come.
    Escaped,
    /// So many bytes of a string are to come.
    Literal(usize),
    /// The byte is to come that is repeated so often.
    Repeated(usize),
    /// The byte is still to be repeated so often.
    Run(u8, usize),
}

impl CompressedReader {
    /// The longest run.
    pub(super) const RUN: usize = 63;

    pub(super) fn new(filler: u8) -> Self {
        Self { filler, state: State::Between, codes: 0 }
    }

    pub(super) fn next(&mut self, src: &[u8]) -> Result<(usize, Token), Fault> {
        let mut skipped = 0;
        loop {
            let rest = src.get(skipped..).unwrap_or_default();
            match self.state {
                State::Literal(0) | State::Run(_, 0) => {
                    self.state = State::Between;
                    return Ok((skipped, Token::Codes(core::mem::take(&mut self.codes))));
                }
                State::Run(byte, left) => return Ok((skipped, Token::Run(byte, left))),
                State::Literal(left) if !rest.is_empty() => {
                    return Ok((skipped, Token::Data(left.min(rest.len()))));
                }
                _ => {}
            }
            let Some(&byte) = rest.first() else { return Ok((skipped, Token::More)) };
            skipped += 1;
            let count = usize::from(byte & !KIND);
            self.state = match self.state {
                State::Escaped if byte & !KNOWN != 0 => return Err(Fault::Malformed),
                State::Escaped => {
                    self.codes |= byte;
                    State::Between
                }
                State::Repeated(count) => State::Run(byte, count),
                _ if byte == 0 => State::Escaped,
                _ => match byte & KIND {
                    REPEATED => State::Repeated(count),
                    FILLER => State::Run(self.filler, count),
                    _ => State::Literal(usize::from(byte)),
                },
            };
        }
    }

    pub(super) fn taken(&mut self, count: usize) {
        match &mut self.state {
            State::Literal(left) | State::Run(_, left) => *left = left.saturating_sub(count),
            _ => {}
        }
    }

    pub(super) fn codes(&self) -> u8 {
        self.codes
    }
}
