//! MODE S with codes (RFC 959 3.4.1): in STRU R, 0xFF and 1 end a record, 0xFF and 2 the file, 0xFF and 3 both, and 0xFF
//! twice is a byte of data.

use super::Fault;
use super::content::copy;
use super::frame::{FILE_END, RECORD_END, Token};
use memchr::memchr;

const ESCAPE: u8 = 0xff;

/// Writes frames.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamWriter {
    /// Bytes of the frame that are written.
    at: usize,
}

impl StreamWriter {
    /// Writes more of the frame: how many bytes, and whether that was all.
    pub(super) fn write(&mut self, frame: &[u8], codes: u8, dst: &mut [u8]) -> (usize, bool) {
        let mut written = 0;
        while let Some(rest) = frame.get(self.at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.get(..memchr(ESCAPE, rest).unwrap_or(rest.len())).unwrap_or_default();
            let count = copy(plain, dst.get_mut(written..).unwrap_or_default());
            self.at += count;
            written += count;
            // An escape, unless all of it has left. Where the room ended before, there is none for two bytes either.
            if count < rest.len() {
                let Some(room) = dst.get_mut(written..written + 2) else { return (written, false) };
                room.fill(ESCAPE);
                self.at += 1;
                written += 2;
            }
        }
        let code = u8::from(codes & RECORD_END != 0) | u8::from(codes & FILE_END != 0) << 1;
        if code != 0 {
            let Some(room) = dst.get_mut(written..written + 2) else { return (written, false) };
            copy(&[ESCAPE, code], room);
            written += 2;
        }
        self.at = 0;
        (written, true)
    }
}

/// Reads codes.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamReader {
    escaped: bool,
}

impl StreamReader {
    pub(super) fn next(&mut self, src: &[u8]) -> Result<(usize, Token), Fault> {
        let Some(&first) = src.first() else { return Ok((0, Token::More)) };
        if self.escaped {
            // The data byte is not taken before it has found room.
            if first == ESCAPE {
                return Ok((0, Token::Data(1)));
            }
            self.escaped = false;
            return match first {
                1 => Ok((1, Token::Codes(RECORD_END))),
                2 => Ok((1, Token::Codes(FILE_END))),
                3 => Ok((1, Token::Codes(RECORD_END | FILE_END))),
                _ => Err(Fault::Malformed),
            };
        }
        match memchr(ESCAPE, src) {
            Some(0) => {
                self.escaped = true;
                let (skipped, token) = self.next(src.get(1..).unwrap_or_default())?;
                Ok((skipped + 1, token))
            }
            Some(at) => Ok((0, Token::Data(at))),
            None => Ok((0, Token::Data(src.len()))),
        }
    }

    pub(super) fn taken(&mut self, count: usize) {
        if count > 0 {
            self.escaped = false;
        }
    }
}
