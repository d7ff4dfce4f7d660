//! Lines as MVS (z/OS) shows data sets and the members of a partitioned one, which its servers give for LIST. Only read, never
//! written. A line says too little of itself: what its columns are stands in the heading above.

use super::digits::number;
use super::{Entry, EntryKind};
use crate::time::{Civil, WallTime};
use nom::bytes::complete::tag;
use nom::character::complete::space1;
use nom::combinator::map_opt;
use nom::sequence::terminated;
use nom::{IResult, Parser};

/// What the lines below a heading show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MvsColumns {
    /// `Volume Unit Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname`
    DataSets,
    /// `Name VV.MM Created Changed Size Init Mod Id`
    Members,
}

impl MvsColumns {
    /// What this heading announces; `None` for a line that is none.
    pub(super) fn announced_by(line: &[u8]) -> Option<Self> {
        let mut words = words(line);
        match (words.next()?, words.next()?, words.next_back()?) {
            (b"Volume", b"Unit", b"Dsname") => Some(Self::DataSets),
            (b"Name", b"VV.MM" | b"Size", _) => Some(Self::Members),
            _ => None,
        }
    }
}

/// Reads a line below a heading. A partitioned data set is a directory. Sizes are told in tracks or records, so that none is known
/// in bytes; dates are the server's local time, whose zone is not told, and are taken for UTC. `None` for a line that is
/// none.
pub(super) fn parse_mvs(line: &[u8], columns: MvsColumns) -> Option<Entry> {
    match columns {
        MvsColumns::DataSets => data_set(line),
        MvsColumns::Members => member(line),
    }
}

/// ```text
/// data-set = volume unit referred ext used recfm lrecl blksz dsorg dsname
///          / "Migrated" dsname / "Pseudo" "Directory" dsname / volume *word dsorg dsname
/// ```
fn data_set(line: &[u8]) -> Option<Entry> {
    let mut words = words(line);
    let name = words.next_back()?;
    let organisation = words.next_back()?;
    // The name is fully qualified where it is quoted.
    let name = name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name);
    if name.is_empty() {
        return None;
    }
    let partitioned = matches!(organisation, b"PO" | b"PO-E" | b"Directory");
    let kind = if partitioned { EntryKind::of_directory(name) } else { EntryKind::File };
    let referred = words.nth(2).and_then(|word| date(word).ok()).filter(|(rest, _)| rest.is_empty());
    let modified = referred.and_then(|(_, (year, month, day))| {
        WallTime::from_civil(Civil { year, month, day, hour: 0, minute: 0, second: 0 })
    });
    Some(Entry { modified, ..Entry::new(name, kind) })
}

/// ```text
/// member = name [ vv.mm created changed time size init mod id ] ; a load module's columns are others, and are passed over
/// ```
fn member(line: &[u8]) -> Option<Entry> {
    let name = words(line).next()?;
    let changed = line.windows(b"2026/11/21 12:00".len()).find_map(|window| moment(window).ok());
    Some(Entry { modified: changed.map(|(_, moment)| moment), ..Entry::new(name, EntryKind::File) })
}

fn words(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}

/// ```text
/// date = 4DIGIT "/" 2DIGIT "/" 2DIGIT
/// ```
fn date(line: &[u8]) -> IResult<&[u8], (i64, u8, u8)> {
    (terminated(number(4, 4), tag("/")), terminated(number(2, 2), tag("/")), number(2, 2))
        .map(|(year, month, day)| (year.into(), month as u8, day as u8))
        .parse(line)
}

/// ```text
/// moment = date 1*SP 2DIGIT ":" 2DIGIT
/// ```
fn moment(line: &[u8]) -> IResult<&[u8], WallTime> {
    map_opt(
        (terminated(date, space1), terminated(number(2, 2), tag(":")), number(2, 2)),
        |((year, month, day), hour, minute)| {
            WallTime::from_civil(Civil { year, month, day, hour: hour as u8, minute: minute as u8, second: 0 })
        },
    )
    .parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn headings_tell_the_columns() {
        let sets = b"Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname";
        assert_eq!(MvsColumns::announced_by(sets), Some(MvsColumns::DataSets));
        let members = b" Name     VV.MM   Created       Changed      Size  Init   Mod   Id";
        assert_eq!(MvsColumns::announced_by(members), Some(MvsColumns::Members));
        let modules = b" Name      Size     TTR   Alias-of AC--------- Attributes--------- Amode Rmode";
        assert_eq!(MvsColumns::announced_by(modules), Some(MvsColumns::Members));
        assert_eq!(MvsColumns::announced_by(b"total 5"), None);
        assert_eq!(MvsColumns::announced_by(b""), None);
    }

    #[test]
    fn data_sets_of_the_field() {
        let read = |line: &str| parse_mvs(line.as_bytes(), MvsColumns::DataSets).unwrap();
        let at = |stamp: &str| WallTime::parse(stamp.as_bytes());
        let file = Entry { modified: at("20030521000000"), ..Entry::new("48-MVS.FILE", EntryKind::File) };
        assert_eq!(read("WYOSPT 3420   2003/05/21  1  200  FB      80  8053  PS  48-MVS.FILE"), file);
        let library = Entry { modified: at("20261121000000"), ..Entry::directory("ANN.SOURCE") };
        assert_eq!(read("APC3WK 3390   2026/11/21  1   15  FB      80 27920  PO  'ANN.SOURCE'"), library);
        assert_eq!(read("Migrated                                                OLD.DATA").name, b"OLD.DATA");
        assert_eq!(read("Pseudo Directory                                        ANN.A"), Entry::directory("ANN.A"));
        assert_eq!(parse_mvs(b"APC3WK 3390  2026/11/21  1  15  FB  80 27920  PS  ''", MvsColumns::DataSets), None);
        assert_eq!(read("USER01 Error determining attributes                     ANN.B").name, b"ANN.B");
    }

    #[test]
    fn members_of_the_field() {
        let read = |line: &str| parse_mvs(line.as_bytes(), MvsColumns::Members).unwrap();
        let member = Entry { modified: WallTime::parse(b"20261121091500"), ..Entry::new("COMPILE", EntryKind::File) };
        assert_eq!(read(" COMPILE   01.03 2026/01/02 2026/11/21 09:15    44    40     0 ANN"), member);
        assert_eq!(read(" NOSTATS"), Entry::new("NOSTATS", EntryKind::File));
        assert_eq!(read("MODULE    00A1B0  000012            00 FO  RN  31 ANY").name, b"MODULE");
    }

    proptest! {
        #[test]
        fn anything_can_be_read(line: Vec<u8>) {
            let _ = MvsColumns::announced_by(&line);
            for columns in [MvsColumns::DataSets, MvsColumns::Members] {
                prop_assert!(parse_mvs(&line, columns).is_none_or(|entry| !entry.name.is_empty()));
            }
        }
    }
}
