//! Lines as `NetWare` shows them, which its servers give for LIST: rights in brackets where Unix has its mode. Only read, never
//! written.

use super::unix::columns;
use super::{Entry, EntryKind};
use crate::time::WallTime;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{one_of, space0, space1};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

/// Reads a line such as `d [RWCEAFMS] supervisor  512  Jan 16 18:53    login`. Dates are the server's local time, whose zone
/// is not told, and are taken for UTC; `now` is the client's, from which a date without a year is understood. `None` for any
/// other line.
pub(super) fn parse_netware(line: &[u8], now: WallTime) -> Option<Entry> {
    let (fields, kind) = rights(line).ok()?;
    let columns = columns(fields)?;
    // The column of names begins where it begins.
    let name = columns.name.trim_ascii_start();
    if name.is_empty() {
        return None;
    }
    let kind = if kind == 'd' { EntryKind::of_directory(name) } else { EntryKind::File };
    Some(Entry { size: columns.size, modified: columns.date.resolve(now), ..Entry::new(name, kind) })
}

/// ```text
/// rights = ( "d" / "-" ) *SP "[" 1*8right "]" 1*SP
/// ```
fn rights(line: &[u8]) -> IResult<&[u8], char> {
    let letters = take_while_m_n(1, 8, |byte| b"-SRWCIEMFA ".contains(&byte));
    let rights = delimited(tag("["), letters, tag("]"));
    terminated(one_of("d-"), (space0, rights, space1)).parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// 2026-11-20 12:00.
    const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

    #[test]
    fn lines_of_the_field() {
        let directory = parse_netware(b"d [R----F--] supervisor            512       Jan 16 18:53    login", NOW);
        let expected =
            Entry { size: Some(512), modified: WallTime::parse(b"20260116185300"), ..Entry::directory("login") };
        assert_eq!(directory, Some(expected));
        let file = parse_netware(b"- [R----F--] rhesus             214059       Oct 20  1995    cx file.exe", NOW);
        let expected = Entry { modified: WallTime::parse(b"19951020000000"), ..Entry::file("cx file.exe", 214_059) };
        assert_eq!(file, Some(expected));
        assert!(parse_netware(b"-[RWCEAFMS] 1 ann 5 Oct 20 15:27 f", NOW).is_some());
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            &b""[..],
            b"total 5",
            b"d [R----F--]",
            b"d [R----F--] supervisor 512 Jan 16 18:53    ",
            b"d [XYZ] supervisor 512 Jan 16 18:53 login",
            b"drwxr-xr-x 1 ftp ftp 5 Nov  7  1998 f",
        ] {
            assert_eq!(parse_netware(line, NOW), None);
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_read(start in "[d-] ?\\[[-RWCEAFMS]{0,9}\\] ?", rest: Vec<u8>) {
            let _ = parse_netware(&[start.as_bytes(), &rest].concat(), NOW);
        }
    }
}
