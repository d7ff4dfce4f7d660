//! [`Record`]: what is there of a file that comes in pieces. It stands in the file itself, on the page behind its last byte, so that the two
//! cannot part; it goes when the file is whole. Each number is eight bytes, the low ones first; the last is a checksum.

use super::{MOST_PIECES, Piece, Version};
use crate::storage::Result;
use crate::storage::error::from_io;
use ftp_core::time::WallTime;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

/// How it begins.
const MAGIC: u64 = u64::from_le_bytes(*b"pieces\x01\n");

/// Its length in bytes: a page, which the system writes whole or not at all, whenever the process dies.
pub(super) const LENGTH: u64 = 4096;

/// What is there, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) version: Version,
    /// In order, without gaps.
    pub(super) pieces: Vec<Piece>,
}

/// Where the record of a file of this size stands.
pub(super) fn position(size: u64) -> Option<u64> {
    size.checked_next_multiple_of(LENGTH).filter(|position| position.checked_add(LENGTH).is_some())
}

impl Record {
    /// Do the pieces make up the file?
    pub(super) fn is_sound(&self) -> bool {
        let mut end = 0;
        let follows = |piece: &Piece| {
            let fits = piece.start == end && (piece.start..=piece.end).contains(&piece.at);
            end = piece.end;
            fits
        };
        self.pieces.len() <= MOST_PIECES && self.pieces.iter().all(follows) && end == self.version.size
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Version { size, modified } = self.version;
        let time = modified.unwrap_or_default();
        let head = [
            MAGIC,
            size,
            u64::from(modified.is_some()),
            time.seconds.cast_unsigned(),
            time.nanos.into(),
            self.pieces.len() as u64,
        ];
        let pieces = self.pieces.iter().flat_map(|piece| [piece.start, piece.at, piece.end]);
        let mut bytes: Vec<u8> = head.into_iter().chain(pieces).flat_map(u64::to_le_bytes).collect();
        let sum = crc32fast::hash(&bytes);
        bytes.extend(u64::from(sum).to_le_bytes());
        bytes
    }

    /// What such bytes say, with whatever follows them; `None` if they say nothing.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<8>();
        let mut numbers = words.iter().map(|word| u64::from_le_bytes(*word));
        numbers.next().filter(|&magic| magic == MAGIC)?;
        let (size, dated) = (numbers.next()?, numbers.next()?);
        let time = WallTime { seconds: numbers.next()?.cast_signed(), nanos: numbers.next()?.try_into().ok()? };
        let count =
            numbers.next().and_then(|count| usize::try_from(count).ok()).filter(|&count| count <= MOST_PIECES)?;
        let mut pieces = Vec::with_capacity(count);
        for _ in 0..count {
            pieces.push(Piece { start: numbers.next()?, at: numbers.next()?, end: numbers.next()? });
        }
        let record = Self { version: Version { size, modified: (dated == 1).then_some(time) }, pieces };
        let sum = numbers.next()?;
        let summed = bytes.get(..(6 + 3 * count) * 8)?;
        (record.is_sound() && sum == u64::from(crc32fast::hash(summed))).then_some(record)
    }

    /// The record of a file that is there, if it has one.
    pub(super) fn read(file: &File) -> Result<Option<Self>> {
        let length = file.metadata().map_err(|error| from_io(&error))?.len();
        let Some(at) = length.checked_sub(LENGTH) else { return Ok(None) };
        let mut page = [0; LENGTH as usize];
        match file.read_exact_at(&mut page, at) {
            Ok(()) => Ok(Self::parse(&page).filter(|record| position(record.version.size) == Some(at))),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(from_io(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn record()(
            parts in prop::collection::vec((any::<u32>(), any::<u32>()), 0..MOST_PIECES),
            modified in proptest::option::of((any::<i64>(), any::<u32>())),
        ) -> Record {
            let mut size = 0;
            let pieces = parts.into_iter().map(|(there, missing)| {
                let (start, at) = (size, size + u64::from(there));
                size = at + u64::from(missing);
                Piece { start, at, end: size }
            }).collect();
            let modified = modified.map(|(seconds, nanos)| WallTime { seconds, nanos });
            Record { version: Version { size, modified }, pieces }
        }
    }

    proptest! {
        /// A record is read back as it was written, and fits its page.
        #[test]
        fn what_is_written_is_read(record in record()) {
            let mut bytes = record.bytes();
            prop_assert!(bytes.len() as u64 <= LENGTH);
            bytes.resize(LENGTH as usize, 7);
            prop_assert_eq!(Record::parse(&bytes), Some(record));
        }

        /// One that is cut short or of which a bit has changed is none.
        #[test]
        fn what_is_not_whole_is_not_believed(record in record(), place: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = record.bytes();
            let place = place.index(bytes.len());
            prop_assert_eq!(Record::parse(&bytes[..place]), None);
            bytes[place] ^= 1_u8 << bit;
            prop_assert_eq!(Record::parse(&bytes), None);
        }

        /// Whatever the bytes, reading them ends.
        #[test]
        fn anything_may_stand_there(bytes: Vec<u8>) {
            let _ = Record::parse(&bytes);
        }
    }
}
