//! STRU P (RFC 959 3.1.2.3): a file as numbered pages, each behind a header.
//!
//! A header's fields are logical bytes, of eight bits with every TYPE that is served. So a page holds 255 bytes at most,
//! and its number is that of the page modulo 256. Storage knows no holes and no descriptors: pages are of the simple
//! type, follow each other, and end with the last page (type 0). Anything else is refused rather than stored without what
//! it says. The first page may have any number, since a transfer may begin again in the middle.

use super::Fault;
use super::content::{Follows, Incoming, Outgoing, Piece, copy};

/// The fields of a header: its length, the page's number, the length of the data, and the type.
const HEADER: usize = 4;

/// The most data in a page.
const PAGE: usize = 255;

const LAST: u8 = 0;
const SIMPLE: u8 = 1;

/// Makes pages.
#[derive(Clone, Debug)]
pub(super) struct PageWriter {
    inner: Outgoing,
    /// A header and its data.
    page: [u8; HEADER + PAGE],
    filled: usize,
    /// How much of the page has left, once it is closed.
    sent: Option<usize>,
    number: u8,
    last: bool,
}

impl PageWriter {
    pub(super) fn new(inner: Outgoing) -> Self {
        Self { inner, page: [0; HEADER + PAGE], filled: HEADER, sent: None, number: 0, last: false }
    }

    pub(super) fn may_be_marked(&self) -> bool {
        self.inner.may_be_marked()
    }

    pub(super) fn piece(&mut self, src: &[u8], dst: &mut [u8], follows: Follows) -> Piece {
        let mut piece = Piece::default();
        loop {
            if let Some(sent) = &mut self.sent {
                let left = self.page.get(*sent..self.filled).unwrap_or_default();
                let count = copy(left, dst.get_mut(piece.written..).unwrap_or_default());
                piece.written += count;
                *sent += count;
                if *sent < self.filled {
                    return piece;
                }
                self.sent = None;
                self.filled = HEADER;
                if self.last {
                    piece.file_ends = true;
                    return piece;
                }
            }
            let rest = src.get(piece.read..).unwrap_or_default();
            let inner = self.inner.piece(rest, self.page.get_mut(self.filled..).unwrap_or_default(), follows);
            piece.read += inner.read;
            self.filled += inner.written;
            let holds = self.filled > HEADER;
            match follows {
                _ if piece.read < src.len() => self.close(SIMPLE),
                Follows::Nothing | Follows::Marker if holds => self.close(SIMPLE),
                Follows::Nothing => {
                    self.last = true;
                    self.close(LAST);
                }
                Follows::Marker | Follows::Unknown => return piece,
            }
        }
    }

    fn close(&mut self, kind: u8) {
        let header = [HEADER as u8, self.number, (self.filled - HEADER) as u8, kind];
        copy(&header, &mut self.page);
        self.number = self.number.wrapping_add(1);
        self.sent = Some(0);
    }
}

/// Reads pages.
#[derive(Clone, Debug)]
pub(super) struct PageReader {
    inner: Incoming,
    header: [u8; HEADER],
    /// Bytes of the header that have come.
    known: usize,
    /// Bytes of the page's data to come.
    left: usize,
    /// The number of the next page, once there was one.
    next: Option<u8>,
    over: bool,
}

impl PageReader {
    pub(super) fn new(inner: Incoming) -> Self {
        Self { inner, header: [0; HEADER], known: 0, left: 0, next: None, over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.known == 0 && self.left == 0 && self.inner.holds_nothing()
    }

    pub(super) fn data(&mut self, src: &[u8], dst: &mut [u8]) -> Result<(usize, usize), Fault> {
        let (mut read, mut written) = (0, 0);
        while let Some(rest) = src.get(read..)
            && !rest.is_empty()
        {
            if self.left > 0 {
                let data = rest.get(..self.left).unwrap_or(rest);
                let (used, made) = self.inner.data(data, dst.get_mut(written..).unwrap_or_default())?;
                read += used;
                written += made;
                self.left -= used;
                if used == 0 {
                    break;
                }
                continue;
            }
            if self.over {
                // Nothing comes after the last page.
                return if read == 0 { Err(Fault::Malformed) } else { Ok((read, written)) };
            }
            let count = copy(rest, self.header.get_mut(self.known..).unwrap_or_default());
            read += count;
            self.known += count;
            if self.known == HEADER {
                self.known = 0;
                self.begin()?;
            }
        }
        Ok((read, written))
    }

    /// The header is there.
    fn begin(&mut self) -> Result<(), Fault> {
        let [length, number, data, kind] = self.header;
        if usize::from(length) != HEADER {
            return Err(Fault::Malformed);
        }
        match kind {
            LAST if data == 0 => self.over = true,
            SIMPLE if self.next.is_none_or(|next| next == number) => self.left = usize::from(data),
            _ => return Err(Fault::Malformed),
        }
        self.next = Some(number.wrapping_add(1));
        Ok(())
    }

    pub(super) fn end_file(&mut self, dst: &mut [u8]) -> Result<Option<usize>, Fault> {
        if self.over { self.inner.end_file(dst) } else { Err(Fault::Incomplete) }
    }
}
