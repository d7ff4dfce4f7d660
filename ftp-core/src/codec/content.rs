//! TYPE and STRU (RFC 959 3.1): what a file is before MODE frames it, on its way out ([`Outgoing`]) and in ([`Incoming`]).
//!
//! In STRU R a record's end is a line's end in storage, for every TYPE, and the other way round: a file that does not end
//! in LF has a last record that ends with the file alone. So the bytes of a record are never an LF; a record that brings
//! one is refused, for it could not be given back as it was.

use super::ascii::{AsciiReceiver, AsciiSender};
use super::ebcdic::{TO_STORAGE, TO_WIRE, Table, translate};
use super::pages::{PageReader, PageWriter};
use super::{Codec, Fault, Representation};
use crate::command::Structure;
use alloc::boxed::Box;
use memchr::memchr;

/// The bytes of a file as they leave storage.
#[derive(Clone, Debug)]
pub(super) enum Outgoing {
    /// As they are.
    Bytes,
    /// Lines end in CRLF.
    Ascii(AsciiSender),
    /// By a table.
    Table(&'static Table),
    /// Records, perhaps by a table.
    Records(Option<&'static Table>),
    /// Pages.
    Pages(Box<PageWriter>),
}

/// What follows the bytes that [`Outgoing::piece`] is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// More, or the end: it is not known yet.
    Unknown,
    /// A restart marker: nothing may be held back.
    Marker,
    /// Nothing.
    Nothing,
}

/// What one [`Outgoing::piece`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) read: usize,
    pub(super) written: usize,
    /// A record ends here.
    pub(super) record_ends: bool,
    /// The file ends here.
    pub(super) file_ends: bool,
}

impl Outgoing {
    pub(super) fn new(codec: Codec) -> Self {
        match (codec.structure, codec.representation) {
            (Structure::File, Representation::Image) => Self::Bytes,
            (Structure::File, Representation::Ascii(_)) => Self::Ascii(AsciiSender::default()),
            (Structure::File, Representation::Ebcdic(_)) => Self::Table(&TO_WIRE),
            (Structure::Record, Representation::Ebcdic(_)) => Self::Records(Some(&TO_WIRE)),
            (Structure::Record, _) => Self::Records(None),
            (Structure::Page, _) => {
                Self::Pages(Box::new(PageWriter::new(Self::new(Codec { structure: Structure::File, ..codec }))))
            }
        }
    }

    /// Converts as much of `src` into `dst` as fits, to the end of a record at most.
    pub(super) fn piece(&mut self, src: &[u8], dst: &mut [u8], follows: Follows) -> Piece {
        let (read, written) = match self {
            Self::Bytes => {
                let count = copy(src, dst);
                (count, count)
            }
            Self::Ascii(ascii) => {
                let progress = ascii.convert(src, dst, false);
                (progress.read, progress.written)
            }
            Self::Table(table) => {
                let count = translate(table, src, dst);
                (count, count)
            }
            Self::Records(table) => {
                // The end of a record needs no room.
                let window = src.get(..dst.len() + 1).unwrap_or(src);
                let end = memchr(b'\n', window);
                let record = window.get(..end.unwrap_or(window.len())).unwrap_or_default();
                let count = by(*table, record, dst);
                if end.is_some() {
                    return Piece { read: count + 1, written: count, record_ends: true, file_ends: false };
                }
                (count, count)
            }
            Self::Pages(pages) => return pages.piece(src, dst, follows),
        };
        Piece { read, written, record_ends: false, file_ends: follows == Follows::Nothing && read == src.len() }
    }

    /// May a restart marker stand here? Not between a CR and its LF: whoever begins there would send a second CR.
    pub(super) fn may_be_marked(&self) -> bool {
        match self {
            Self::Ascii(ascii) => !ascii.is_after_cr(),
            Self::Pages(pages) => pages.may_be_marked(),
            Self::Bytes | Self::Table(_) | Self::Records(_) => true,
        }
    }
}

/// The bytes of a file as they go into storage.
#[derive(Clone, Debug)]
pub(super) enum Incoming {
    /// As they are.
    Bytes,
    /// CRLF ends a line.
    Ascii(AsciiReceiver),
    /// By a table.
    Table(&'static Table),
    /// Records, perhaps by a table.
    Records(Option<&'static Table>),
    /// Pages.
    Pages(Box<PageReader>),
}

impl Incoming {
    pub(super) fn new(codec: Codec) -> Self {
        match (codec.structure, codec.representation) {
            (Structure::File, Representation::Image) => Self::Bytes,
            (Structure::File, Representation::Ascii(_)) => Self::Ascii(AsciiReceiver::default()),
            (Structure::File, Representation::Ebcdic(_)) => Self::Table(&TO_STORAGE),
            (Structure::Record, Representation::Ebcdic(_)) => Self::Records(Some(&TO_STORAGE)),
            (Structure::Record, _) => Self::Records(None),
            (Structure::Page, _) => {
                Self::Pages(Box::new(PageReader::new(Self::new(Codec { structure: Structure::File, ..codec }))))
            }
        }
    }

    /// Converts as much of `src` into `dst` as fits: how many bytes were read and written.
    pub(super) fn data(&mut self, src: &[u8], dst: &mut [u8]) -> Result<(usize, usize), Fault> {
        let count = match self {
            Self::Bytes => copy(src, dst),
            Self::Ascii(ascii) => {
                let progress = ascii.convert(src, dst, false);
                return Ok((progress.read, progress.written));
            }
            Self::Table(table) => translate(table, src, dst),
            Self::Records(table) => {
                let count = by(*table, src, dst);
                if memchr(b'\n', dst.get(..count).unwrap_or_default()).is_some() {
                    return Err(Fault::Malformed);
                }
                count
            }
            Self::Pages(pages) => return pages.data(src, dst),
        };
        Ok((count, count))
    }

    /// A record ends: the bytes written, or `None` for want of room.
    pub(super) fn end_record(&mut self, dst: &mut [u8]) -> Result<Option<usize>, Fault> {
        let Self::Records(_) = self else { return Err(Fault::Malformed) };
        Ok(dst.first_mut().map(|first| {
            *first = b'\n';
            1
        }))
    }

    /// The file ends: the bytes written, or `None` for want of room.
    pub(super) fn end_file(&mut self, dst: &mut [u8]) -> Result<Option<usize>, Fault> {
        match self {
            Self::Ascii(ascii) => {
                let progress = ascii.convert(&[], dst, true);
                Ok(progress.done.then_some(progress.written))
            }
            Self::Pages(pages) => pages.end_file(dst),
            Self::Bytes | Self::Table(_) | Self::Records(_) => Ok(Some(0)),
        }
    }

    /// Has everything that came been written? Only then can a transfer begin again here.
    pub(super) fn holds_nothing(&self) -> bool {
        match self {
            Self::Ascii(ascii) => !ascii.holds_cr(),
            Self::Pages(pages) => pages.holds_nothing(),
            Self::Bytes | Self::Table(_) | Self::Records(_) => true,
        }
    }

    /// Has the content itself said that this is its end? Only pages do.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Pages(pages) if pages.is_over())
    }
}

/// Copies what fits, by this table if there is one.
fn by(table: Option<&Table>, src: &[u8], dst: &mut [u8]) -> usize {
    match table {
        Some(table) => translate(table, src, dst),
        None => copy(src, dst),
    }
}

/// Copies what fits.
pub(super) fn copy(src: &[u8], dst: &mut [u8]) -> usize {
    let count = src.len().min(dst.len());
    if let (Some(from), Some(to)) = (src.get(..count), dst.get_mut(..count)) {
        to.copy_from_slice(from);
    }
    count
}
