//! Framing of the control connection, both ways: Telnet (RFC 854, as RFC 959 and RFC 1123 4.1.2.10 narrow it) and line
//! ends. Framing is dumb: it knows no command and no reply.

use alloc::vec::Vec;

/// Cuts incoming bytes into lines.
///
/// A line ends in CRLF, or in a bare LF, which is tolerated. `IAC IAC` is the byte 255, other Telnet commands vanish, `CR NUL` is
/// a CR (RFC 2640 3.1). A line longer than the limit is dropped up to its end, and reported once.
#[derive(Debug)]
pub struct LineReader {}

/// What [`LineReader::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A line without its end. It borrows from the input where nothing had to be changed, from the reader otherwise.
    Line(&'a [u8]),
    /// A line that was longer than the limit has ended.
    TooLong,
    /// The input is used up; the rest is kept, up to the limit.
    Partial,
}

impl LineReader {
    /// A reader that accepts lines of at most `limit` bytes. It allocates nothing until a line arrives in pieces.
    pub fn new(_limit: usize) -> Self {
        Self {}
    }

    /// Reads on in `input`: how many bytes were used, and what they gave. Bytes behind the line are not used.
    pub fn next<'a>(&'a mut self, input: &'a [u8]) -> (usize, Framed<'a>) {
        (input.len(), Framed::Partial)
    }

    /// The bytes of the present line that were dropped since it became too long.
    pub fn overrun(&self) -> u64 {
        0
    }

    /// Forgets a line begun: what came before TLS must not count after it (RFC 4217 15.1).
    pub fn clear(&mut self) {}
}

/// Appends `text` with the Telnet layer put on (255 doubled, CR as CR NUL) and CRLF. LF and NUL cannot be carried and
/// are replaced by a space.
pub fn write_line(_text: &[u8], _out: &mut Vec<u8>) {}
