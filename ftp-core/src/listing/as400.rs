//! Lines as OS/400 (IBM i) shows them, which its servers give for LIST. Only read, never written.

use super::digits::{number, parse_number};
use super::{Entry, EntryKind};
use crate::time::{Civil, WallTime};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{one_of, space1};
use nom::combinator::{map_opt, opt, rest};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// Reads a line such as `QSYS  77824 02/23/26 15:09:55 *DIR  QOpenSys/`. Dates are the server's local time, whose zone is not
/// told, and are taken for UTC; whether month or day comes first is seen by the sign between them, and where that is `/` by
/// the numbers. `None` for any other line.
pub(super) fn parse_as400(line: &[u8]) -> Option<Entry> {
    let (_, (times, kind, name)) = entry(line).ok()?;
    let trimmed = name.trim_ascii();
    let name = trimmed.strip_suffix(b"/").unwrap_or(trimmed);
    if name.is_empty() {
        return None;
    }
    let directory = name.len() < trimmed.len() || matches!(kind, b"DIR" | b"DDIR" | b"LIB" | b"FLR");
    let kind = match kind {
        _ if directory => EntryKind::of_directory(name),
        b"SYMLNK" | b"LNK" => EntryKind::Symlink(alloc::vec::Vec::new()),
        _ => EntryKind::File,
    };
    let (size, modified) = times.map_or((None, None), |(size, modified)| (Some(size), Some(modified)));
    Some(Entry { size, modified, ..Entry::new(name, kind) })
}

type Line<'a> = (Option<(u64, WallTime)>, &'a [u8], &'a [u8]);

/// ```text
/// line = owner 1*SP [ size 1*SP date 1*SP time 1*SP ] "*" type 1*SP name ; a member of a file has neither size nor date
/// ```
fn entry(line: &[u8]) -> IResult<&[u8], Line<'_>> {
    let owner = take_till1(|byte: u8| byte <= b' ');
    let size = map_opt(take_while1(|byte: u8| byte.is_ascii_digit()), |digits| parse_number(digits, 10));
    let moment = map_opt((terminated(date, space1), time), |((year, month, day), (hour, minute, second))| {
        WallTime::from_civil(Civil { year, month, day, hour, minute, second })
    });
    let times = (terminated(size, space1), terminated(moment, space1));
    let kind = preceded(tag("*"), take_while1(|byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    (preceded((owner, space1), opt(times)), terminated(kind, space1), rest).parse(line)
}

/// ```text
/// date = 2DIGIT "/" 2DIGIT "/" 2DIGIT    ; month first, unless it can only be the day or the year
///      / 2DIGIT "." 2DIGIT "." 2DIGIT    ; day first
///      / 2DIGIT "-" 2DIGIT "-" 2DIGIT    ; year first
/// ```
fn date(line: &[u8]) -> IResult<&[u8], (i64, u8, u8)> {
    let (line, (first, sign)) = (number(2, 2), one_of("/.-")).parse(line)?;
    let sign_again = alt((tag("/"), tag("."), tag("-")));
    let (line, (second, third)) = (terminated(number(2, 2), sign_again), number(2, 2)).parse(line)?;
    let (year, month, day) = match (sign, first) {
        ('.', _) | ('/', 13..=31) => (third, second, first),
        ('-', _) | ('/', 32..) => (first, second, third),
        _ => (third, first, second),
    };
    let century = if year < 70 { 2000 } else { 1900 };
    Ok((line, (century + i64::from(year), month as u8, day as u8)))
}

/// ```text
/// time = 2DIGIT ( ":" / "." ) 2DIGIT ( ":" / "." ) 2DIGIT
/// ```
fn time(line: &[u8]) -> IResult<&[u8], (u8, u8, u8)> {
    let colon = || one_of(":.");
    (terminated(number(2, 2), colon()), terminated(number(2, 2), colon()), number(2, 2))
        .map(|(hour, minute, second)| (hour as u8, minute as u8, second as u8))
        .parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn lines_of_the_field() {
        let at = |stamp: &str| WallTime::parse(stamp.as_bytes());
        let directory = Entry { size: Some(77_824), modified: at("20000223150955"), ..Entry::directory("QOpenSys") };
        assert_eq!(parse_as400(b"QSYS            77824 02/23/00 15:09:55 *DIR       QOpenSys/"), Some(directory));
        let file = Entry { modified: at("20260223150955"), ..Entry::file("a file.txt", 512) };
        for date in ["02/23/26", "23/02/26", "23.02.26", "26-02-23"] {
            let line = alloc::format!("ANN  512 {date} 15:09:55 *STMF  a file.txt");
            assert_eq!(parse_as400(line.as_bytes()), Some(file.clone()), "{line}");
        }
        let member = Entry::new("MYFILE.MBR", EntryKind::File);
        assert_eq!(parse_as400(b"QPGMR                                    *MEM       MYFILE.MBR"), Some(member));
        let library = parse_as400(b"QSYS  28672 12/31/99 23:59:59 *LIB  QGPL.LIB/").unwrap();
        assert_eq!((library.kind, library.modified), (EntryKind::Directory, at("19991231235959")));
        let kind = |line: &[u8]| parse_as400(line).map(|entry| entry.kind);
        assert_eq!(kind(b"ANN 512 02/23/26 15:09:55 *DDIR work"), Some(EntryKind::Directory));
        assert_eq!(kind(b"ANN 512 02/23/26 15:09:55 *OTHER work/"), Some(EntryKind::Directory));
        assert_eq!(kind(b"ANN 512 02/23/26 15:09:55 *SYMLNK work"), Some(EntryKind::Symlink(Vec::new())));
    }

    #[test]
    fn two_digits_are_a_year_from_1970_to_2069() {
        let year = |date: &str| {
            let line = alloc::format!("ANN 512 {date} 15:09:55 *STMF f");
            parse_as400(line.as_bytes()).unwrap().modified.unwrap().civil().year
        };
        assert_eq!((year("02/23/69"), year("02/23/70")), (2069, 1970));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "QSYS 77824 02/23/00 15:09:55 *DIR ",
            "QSYS 77824 02/23/00 15:09:55 DIR x",
            "QSYS 77824 02/30/00 15:09:55 *DIR x",
            "*DIR x",
            "-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 f",
        ] {
            assert_eq!(parse_as400(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_read(line in "[A-Z]{0,6} {0,3}[0-9]{0,4} {0,2}[-0-9/.]{0,9} {0,2}[0-9:]{0,8} \\*?[A-Z]{0,5} ", end: Vec<u8>) {
            let _ = parse_as400(&[line.as_bytes(), &end].concat());
        }
    }
}
