//! MODE B (RFC 959 3.4.2): blocks, each behind a descriptor and a count of two bytes.

use super::Fault;
use super::content::copy;
use super::frame::{KNOWN, Token};

const HEADER: usize = 3;

/// Writes blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockWriter {
    /// Bytes of the block, with its header, that are written.
    at: usize,
}

impl BlockWriter {
    /// Writes more of the frame, which is a block of its own: how many bytes, and whether that was all.
    pub(super) fn write(&mut self, frame: &[u8], codes: u8, dst: &mut [u8]) -> (usize, bool) {
        let [.., high, low] = frame.len().to_be_bytes();
        let header = [codes, high, low];
        let mut written = 0;
        if let Some(left) = header.get(self.at..) {
            written = copy(left, dst);
            self.at += written;
        }
        if let Some(left) = self.at.checked_sub(HEADER).and_then(|at| frame.get(at..)) {
            let count = copy(left, dst.get_mut(written..).unwrap_or_default());
            self.at += count;
            written += count;
        }
        let all = self.at == HEADER + frame.len();
        if all {
            self.at = 0;
        }
        (written, all)
    }
}

/// Reads blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockReader {
    header: [u8; HEADER],
    /// Bytes of the header that have come.
    known: usize,
    /// Bytes of data to come.
    left: usize,
}

impl BlockReader {
    pub(super) fn next(&mut self, src: &[u8]) -> Result<(usize, Token), Fault> {
        let mut skipped = 0;
        if self.known < HEADER {
            skipped = copy(src, self.header.get_mut(self.known..).unwrap_or_default());
            self.known += skipped;
            if self.known < HEADER {
                return Ok((skipped, Token::More));
            }
            let [codes, high, low] = self.header;
            if codes & !KNOWN != 0 {
                return Err(Fault::Malformed);
            }
            self.left = usize::from(u16::from_be_bytes([high, low]));
        }
        if self.left == 0 {
            self.known = 0;
            return Ok((skipped, Token::Codes(self.codes())));
        }
        Ok((skipped, if skipped == src.len() { Token::More } else { Token::Data(self.left) }))
    }

    pub(super) fn taken(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
    }

    pub(super) fn codes(&self) -> u8 {
        let [codes, ..] = self.header;
        codes
    }
}
