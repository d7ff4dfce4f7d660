//! Lines as `DIRECTORY` of VMS shows them, which its servers give for LIST. Only read, never written.
//!
//! A file comes in versions, of which the last is listed first and is the one that its name without a version means. Where a
//! name is long, the rest of its line stands on the next: [`long_name`] finds such a name.

use super::digits::number;
use super::long::MONTHS;
use super::{Entry, EntryKind};
use crate::time::{Civil, WallTime};
use nom::bytes::complete::{tag, take_till1, take_while_m_n, take_while1};
use nom::character::complete::{space0, space1};
use nom::combinator::{all_consuming, map_opt, opt, recognize};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// Reads a line such as `README.TXT;4  18/21  10-AUG-2026 14:01:19  [ANN]  (RWED,RE,RE,RE)`. The size is told in blocks, so
/// that it is not known in bytes; dates are the server's local time, whose zone is not told, and are taken for UTC. `None` for
/// any other line, and for that of a file that may not be looked at.
pub(super) fn parse_vms(line: &[u8]) -> Option<Entry> {
    let (_, (name, modified)) = entry(line).ok()?;
    let (name, kind) = match name.split_at_checked(name.len().saturating_sub(4)) {
        Some((stem, suffix)) if suffix.eq_ignore_ascii_case(b".DIR") && !stem.is_empty() => {
            (stem, EntryKind::of_directory(stem))
        }
        _ => (name, EntryKind::File),
    };
    Some(Entry { modified, ..Entry::new(name, kind) })
}

/// The name and version of a line that holds nothing else.
pub(super) fn long_name(line: &[u8]) -> Option<&[u8]> {
    all_consuming(terminated(recognize(name), space0)).parse(line).ok().map(|(_, name)| name)
}

/// ```text
/// line = name 1*SP blocks [ 1*SP date 1*SP time ] *OCTET
/// ```
fn entry(line: &[u8]) -> IResult<&[u8], (&[u8], Option<WallTime>)> {
    let moment = map_opt((terminated(date, space1), time), |((year, month, day), (hour, minute, second))| {
        WallTime::from_civil(Civil { year, month, day, hour, minute, second })
    });
    (terminated(name, (space1, blocks)), opt(preceded(space1, moment))).parse(line)
}

/// ```text
/// name    = 1*( %x21-3A / %x3C-FF ) ";" version
/// version = 1*5DIGIT
/// ```
fn name(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let version = take_while_m_n(1, 5, |byte: u8| byte.is_ascii_digit());
    terminated(take_till1(|byte: u8| byte == b';' || byte <= b' '), (tag(";"), version)).parse(line)
}

/// ```text
/// blocks = 1*DIGIT [ "/" 1*DIGIT ] ; used, and allocated
/// ```
fn blocks(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let digits = || take_while1(|byte: u8| byte.is_ascii_digit());
    recognize((digits(), opt((tag("/"), digits())))).parse(line)
}

/// ```text
/// date = 1*2DIGIT "-" 3ALPHA "-" 4DIGIT
/// ```
fn date(line: &[u8]) -> IResult<&[u8], (i64, u8, u8)> {
    let month = map_opt(take_while_m_n(3, 3, |byte: u8| byte.is_ascii_alphabetic()), |word: &[u8]| {
        let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word))?;
        u8::try_from(at + 1).ok()
    });
    (terminated(number(1, 2), tag("-")), terminated(month, tag("-")), number(4, 4))
        .map(|(day, month, year)| (year.into(), month, day as u8))
        .parse(line)
}

/// ```text
/// time = 1*2DIGIT ":" 2DIGIT [ ":" 2DIGIT [ "." *DIGIT ] ]
/// ```
fn time(line: &[u8]) -> IResult<&[u8], (u8, u8, u8)> {
    let seconds = opt(preceded(tag(":"), number(2, 2)));
    (terminated(number(1, 2), tag(":")), number(2, 2), seconds)
        .map(|(hour, minute, second)| (hour as u8, minute as u8, second.unwrap_or(0) as u8))
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
        let file = |name: &str, stamp: &str| Entry { modified: at(stamp), ..Entry::new(name, EntryKind::File) };
        for (line, expected) in [
            (
                "README.TXT;4                18/21    10-AUG-2026 14:01:19  [ANONYMOUS]  (RWED,RE,RE,RE)",
                file("README.TXT", "20260810140119"),
            ),
            ("a.b;12 3   9-Jan-1998 03:33 [ANN,USERS] (RWED,RWED,,)", file("a.b", "19980109033300")),
            ("LOGIN.COM;1  2/4  21-NOV-2026 08:05:01.33", file("LOGIN.COM", "20261121080501")),
            ("NODATE.;1  0", Entry::new("NODATE.", EntryKind::File)),
            (
                "PUB.DIR;1  1/3  21-NOV-2026 08:05  [SYSTEM]  (RWE,RWE,RE,RE)",
                Entry { modified: at("20261121080500"), ..Entry::directory("PUB") },
            ),
        ] {
            assert_eq!(parse_vms(line.as_bytes()), Some(expected), "{line}");
        }
        assert_eq!(long_name(b"A_VERY_LONG_NAME_INDEED.TXT;1 "), Some(&b"A_VERY_LONG_NAME_INDEED.TXT;1"[..]));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "Directory DISK$USER:[ANN]",
            "Total of 3 files, 20/28 blocks.",
            "SECRET.TXT;1  %RMS-E-PRV, insufficient privilege or file protection violation",
            "a b;1  1/3  21-NOV-2026 08:05",
            "-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 a;1 2",
            "11-07-98 12:00AM 5 f",
        ] {
            assert_eq!(parse_vms(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_read(line in "[A-Z.]{0,9};[0-9]{0,6} ?[0-9/]{0,6} {0,2}[-A-Z0-9:. ]{0,24}", end: Vec<u8>) {
            let line = [line.as_bytes(), &end].concat();
            prop_assert!(parse_vms(&line).is_none_or(|entry| line.starts_with(&entry.name)));
            let _ = long_name(&line);
        }
    }
}
