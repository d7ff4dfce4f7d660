//! Lines as `DIR` of DOS and Windows shows them, which some servers give for LIST. Only read, never written.

use super::digits::number;
use super::{Entry, EntryKind};
use crate::time::{Civil, WallTime};
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while_m_n, take_while1};
use nom::character::complete::{space0, space1};
use nom::combinator::{map_opt, opt, rest, value, verify};
use nom::sequence::terminated;
use nom::{IResult, Parser};

/// Reads a line such as `02-25-99  05:36PM       <DIR>          pub`. Dates are the server's local time, whose zone
/// is not told, and are taken for UTC. `None` for any other line.
pub fn parse_dos(line: &[u8]) -> Option<Entry> {
    entry(line).ok().map(|(_, entry)| entry)
}

/// ```text
/// line = date 1*SP time 1*SP ( kind *SP / size SP ) name
/// ```
fn entry(line: &[u8]) -> IResult<&[u8], Entry> {
    let (line, modified) =
        map_opt((terminated(date, space1), terminated(time, space1)), |((year, month, day), (hour, minute))| {
            WallTime::from_civil(Civil { year, month, day, hour, minute, second: 0 })
        })
        .parse(line)?;
    let (line, (mut kind, size)) = alt((
        terminated(kind, directory_gap).map(|kind| (kind, None)),
        terminated(size, tag(" ")).map(|size| (EntryKind::File, Some(size))),
    ))
    .parse(line)?;
    let (line, name) = verify(rest, |name: &[u8]| !name.is_empty()).parse(line)?;
    if kind == EntryKind::Directory {
        kind = EntryKind::of_directory(name);
    }
    Ok((line, Entry { size, modified: Some(modified), ..Entry::new(name, kind) }))
}

/// ```text
/// date = 2DIGIT ( "-" / "/" ) 2DIGIT ( "-" / "/" ) ( 4DIGIT / 2DIGIT ) ; month, day, year; 70 to 99 are 19xx
/// ```
fn date(line: &[u8]) -> IResult<&[u8], (i64, u8, u8)> {
    let dash = || alt((tag("-"), tag("/")));
    let (line, month) = terminated(pair, dash()).parse(line)?;
    let (line, day) = terminated(pair, dash()).parse(line)?;
    let (line, year) = alt((number(4, 4), number(2, 2))).parse(line)?;
    let year = match i64::from(year) {
        year @ 70..=99 => 1900 + year,
        year @ 0..70 => 2000 + year,
        year => year,
    };
    Ok((line, (year, month, day)))
}

/// ```text
/// time = 2DIGIT ":" 2DIGIT [ *SP ( "AM" / "PM" ) ] ; without AM and PM, of 24 hours
/// ```
fn time(line: &[u8]) -> IResult<&[u8], (u8, u8)> {
    let (line, hour) = terminated(pair, tag(":")).parse(line)?;
    let (line, minute) = pair(line)?;
    let half = alt((value(0, tag_no_case("AM")), value(12, tag_no_case("PM"))));
    let (line, half) = opt((space0, half)).parse(line)?;
    // 12AM is midnight, 12PM noon.
    let hour = half.map_or(hour, |(_, half)| hour % 12 + half);
    Ok((line, (hour, minute)))
}

/// ```text
/// kind = "<DIR>" / "<JUNCTION>" / "<SYMLINKD>" / "<SYMLINK>"
/// ```
fn kind(line: &[u8]) -> IResult<&[u8], EntryKind> {
    let link = || EntryKind::Symlink(alloc::vec::Vec::new());
    alt((
        tag_no_case("<DIR>").map(|_| EntryKind::Directory),
        tag_no_case("<JUNCTION>").map(|_| link()),
        tag_no_case("<SYMLINKD>").map(|_| link()),
        tag_no_case("<SYMLINK>").map(|_| link()),
    ))
    .parse(line)
}

/// What lies between a kind and the name: the column is 20 wide and begins where sizes do, so that at most ten
/// spaces follow `<DIR>`; a further one is the name's.
fn directory_gap(line: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while_m_n(1, 10, |byte| byte == b' ')(line)
}

/// ```text
/// size = DIGIT *( DIGIT / "," )
/// ```
fn size(line: &[u8]) -> IResult<&[u8], u64> {
    let grouped = take_while1(|byte: u8| byte.is_ascii_digit() || byte == b',');
    let grouped = verify(grouped, |text: &[u8]| !text.starts_with(b","));
    map_opt(grouped, |text: &[u8]| {
        let mut digits = text.iter().filter(|&&byte| byte != b',');
        digits.try_fold(0_u64, |size, digit| size.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    })
    .parse(line)
}

fn pair(line: &[u8]) -> IResult<&[u8], u8> {
    number(2, 2).map(|number| number as u8).parse(line)
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{mutate, name};
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn read(line: &str) -> Entry {
        parse_dos(line.as_bytes()).unwrap_or_else(|| panic!("{line:?} is not understood"))
    }

    fn on(stamp: &str) -> Option<WallTime> {
        WallTime::parse(stamp.as_bytes())
    }

    #[test]
    fn files_and_directories() {
        let directory = Entry { modified: on("19990225173600"), ..Entry::directory("pub dir") };
        assert_eq!(read("02-25-99  05:36PM       <DIR>          pub dir"), directory);
        let file = Entry { modified: on("20240225053600"), ..Entry::file("a b", 12345) };
        assert_eq!(read("02-25-2024  05:36AM                12345 a b"), file);
        assert_eq!(read("02/25/24 05:36 12,345 a b"), file);
        assert_eq!(read("02-25-24  05:36 am 12345  two").name, b" two");
        assert_eq!(read("02-25-24  05:36AM       <DIR>           two").name, b" two");
        assert_eq!(read("02-25-24  05:36AM       <JUNCTION>     j").kind, EntryKind::Symlink(Vec::new()));
        assert_eq!(read("02-25-24  05:36AM       <DIR>          ..").kind, EntryKind::Parent);
    }

    #[test]
    fn years_and_hours() {
        let date = |text: &str| read(&format!("{text} 1 f")).modified;
        assert_eq!(date("01-01-70 12:00AM"), on("19700101000000"));
        assert_eq!(date("01-01-69 12:30PM"), on("20690101123000"));
        assert_eq!(date("12-31-1999 23:59"), on("19991231235900"));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "02-25-99",
            "02-25-99  05:36PM       <DIR>          ",
            "13-25-99  05:36PM  1 f",
            "02-30-99  05:36PM  1 f",
            "02-25-99  25:36  1 f",
            "02-25-999  05:36PM  1 f",
            "02-25-99  05:36PM  99999999999999999999 f",
            "02-25-99  05:36PM  , f",
            "-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 f",
        ] {
            assert_eq!(parse_dos(line.as_bytes()), None, "{line}");
        }
    }

    fn line(size: Option<u64>, name: &[u8]) -> Vec<u8> {
        let column = size.map_or("      <DIR>         ".into(), |size| format!("{size:20}"));
        let mut line = format!("11-07-98  08:52AM {column} ").into_bytes();
        line.extend_from_slice(name);
        line
    }

    proptest! {
        #[test]
        fn names_and_sizes_are_kept(size: Option<u64>, name in name()) {
            let entry = parse_dos(&line(size, &name)).unwrap();
            prop_assert_eq!((entry.size, entry.name), (size, name));
        }

        #[test]
        fn anything_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(parse_dos(&line).is_none_or(|entry| line.ends_with(&entry.name)));
        }

        #[test]
        fn a_damaged_line_can_be_read(size: Option<u64>, name in name(), at: prop::sample::Index, byte: u8, how: u8) {
            let _ = parse_dos(&mutate(line(size, &name), at, byte, how));
        }
    }
}
