//! Reading lines as `ls -l` shows them, which most servers give for LIST. Writing them stands in `long.rs`.

use super::digits::{number, parse_number};
use super::long::{DAY, MONTHS};
use super::{Entry, EntryKind};
use crate::time::{Civil, WallTime};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while_m_n};
use nom::character::complete::{one_of, space0, space1};
use nom::combinator::{map_opt, opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Reads a line of `ls -l`, without its end. Dates are the server's local time, whose zone is not told, and are
/// taken for UTC. The user may do anything with the entry, as far as this line tells. `None` for any other line, such
/// as `total 12`.
///
/// How many fields stand between mode and date depends on the server: links, owner and group may be missing, device
/// numbers come as two, and columns that are full are glued together. So the date is what is looked for, behind
/// a field that ends in a number, which is the size. A month that is not English is accepted where nothing else is a
/// date, and leaves the date unknown.
pub fn parse_unix(line: &[u8], now: WallTime) -> Option<Entry> {
    let (fields, (kind, mode)) = mode(line).ok()?;
    let columns = columns(fields)?;
    let (kind, name) = match kind {
        b'd' => (EntryKind::of_directory(columns.name), columns.name),
        b'l' => {
            let (name, target) = split_link(columns.name, columns.size);
            (EntryKind::Symlink(target.into()), name)
        }
        b'-' => (EntryKind::File, columns.name),
        _ => (EntryKind::Other, columns.name),
    };
    Some(Entry {
        size: columns.size,
        modified: columns.date.resolve(now),
        mode: Some(mode),
        links: columns.links,
        ..Entry::new(name, kind)
    })
}

/// ```text
/// mode = *SP type 9*9bit [ "+" / "." / "@" ] *SP ; the mark behind it tells of an ACL or other attributes
/// ```
fn mode(line: &[u8]) -> IResult<&[u8], (u8, u32)> {
    let kind = one_of("-dlbcpsDP").map(|letter| letter as u8);
    let bits = map_opt(take_while_m_n(9, 9, |byte| b"-rwxsStTlL".contains(&byte)), mode_bits);
    delimited(space0, (kind, bits), (opt(one_of("+.@")), space0)).parse(line)
}

fn mode_bits(letters: &[u8]) -> Option<u32> {
    let mut mode = 0;
    for (at, letter) in letters.iter().enumerate() {
        let bit = 0o400 >> at;
        // The execute place of owner, group and others tells set-uid, set-gid and sticky too.
        let special = 0o4000 >> (at / 3);
        mode |= match (at % 3, letter) {
            (_, b'-') => 0,
            (0, b'r') | (1, b'w') | (2, b'x') => bit,
            (2, b's' | b't') => bit | special,
            (2, b'S' | b'T' | b'l' | b'L') => special,
            _ => return None,
        };
    }
    Some(mode)
}

/// What stands behind the mode.
pub(super) struct Columns<'a> {
    links: Option<u64>,
    /// `None` of a device, which has its numbers there.
    pub(super) size: Option<u64>,
    pub(super) date: Date,
    pub(super) name: &'a [u8],
}

/// Finds the columns by the date in their middle.
pub(super) fn columns(fields: &[u8]) -> Option<Columns<'_>> {
    columns_with(fields, english).or_else(|| columns_with(fields, foreign))
}

/// ```text
/// columns = *( field 1*SP ) size 1*SP date SP name
/// size    = *NONSP 1*DIGIT
/// ```
fn columns_with(fields: &[u8], month: Month) -> Option<Columns<'_>> {
    let mut rest = fields;
    let mut before: Option<&[u8]> = None;
    let mut links = None;
    loop {
        let (after, field) = field(rest).ok()?;
        if field.last().is_some_and(u8::is_ascii_digit)
            && let Ok((name, date)) = terminated(|date| Date::read(date, month), tag(" ")).parse(after)
            && !name.is_empty()
        {
            let device = field.contains(&b',') || before.is_some_and(|before| before.ends_with(b","));
            let text = field.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
            let size = if device { None } else { parse_number(&field[text..], 10) };
            return Some(Columns { links, size, date, name });
        }
        if before.is_none() {
            links = parse_number(field, 10);
        }
        before = Some(field);
        rest = after;
    }
}

fn field(line: &[u8]) -> IResult<&[u8], &[u8]> {
    terminated(take_till1(|byte| byte == b' '), space1).parse(line)
}

/// A date as the line shows it.
pub(super) struct Date {
    /// 0 where the month is none that is known.
    month: u8,
    day: u8,
    clock: Clock,
}

/// The last column of a date.
enum Clock {
    Year(i64),
    Time(u8, u8),
    Both(i64, u8, u8),
}

/// Reads the name of a month: 1 to 12.
type Month = fn(&[u8]) -> IResult<&[u8], u8>;

fn english(line: &[u8]) -> IResult<&[u8], u8> {
    map_opt(word, |word| {
        let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word))?;
        u8::try_from(month + 1).ok()
    })
    .parse(line)
}

fn foreign(line: &[u8]) -> IResult<&[u8], u8> {
    word.map(|_| 0).parse(line)
}

fn word(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let letter = |byte: u8| !byte.is_ascii() || byte.is_ascii_alphabetic();
    terminated(take_while_m_n(2, 12, letter), opt(tag("."))).parse(line)
}

impl Date {
    /// ```text
    /// date = month 1*SP day 1*SP ( time / year )
    ///      / day [ "." ] 1*SP month 1*SP ( time / year )
    ///      / year "-" 2DIGIT "-" 2DIGIT 1*SP time
    /// day  = 1*2DIGIT ; 1 to 31
    /// year = 4DIGIT
    /// ```
    fn read(line: &[u8], month: Month) -> IResult<&[u8], Self> {
        let month_first = (terminated(month, space1), terminated(day, space1), clock);
        let day_first = (terminated(day, (opt(tag(".")), space1)), terminated(month, space1), clock);
        let iso = (
            terminated(number(4, 4), tag("-")),
            terminated(number(2, 2), tag("-")),
            terminated(number(2, 2), space1),
            time,
        );
        alt((
            month_first.map(|(month, day, clock)| Self { month, day, clock }),
            day_first.map(|(day, month, clock)| Self { month, day, clock }),
            iso.map(|(year, month, day, (hour, minute))| Self {
                month: month as u8,
                day: day as u8,
                clock: Clock::Both(year.into(), hour, minute),
            }),
        ))
        .parse(line)
    }

    /// The moment it names; `None` where there is no such date. A time without a year is the latest one that is not
    /// more than a day ahead, which is right whether the server shows times for six months or for twelve.
    pub(super) fn resolve(&self, now: WallTime) -> Option<WallTime> {
        let on = |year, hour, minute| {
            WallTime::from_civil(Civil { year, month: self.month, day: self.day, hour, minute, second: 0 })
        };
        match self.clock {
            Clock::Year(year) => on(year, 0, 0),
            Clock::Both(year, hour, minute) => on(year, hour, minute),
            Clock::Time(hour, minute) => {
                let this_year = now.civil().year;
                let latest = now.seconds.saturating_add(DAY);
                // A 29th of February may lie eight years back.
                let years = (this_year - 8..=this_year + 1).rev();
                years.filter_map(|year| on(year, hour, minute)).find(|time| time.seconds <= latest)
            }
        }
    }
}

fn day(line: &[u8]) -> IResult<&[u8], u8> {
    verify(number(1, 2).map(|day| day as u8), |day| (1..=31).contains(day)).parse(line)
}

fn clock(line: &[u8]) -> IResult<&[u8], Clock> {
    let time = time.map(|(hour, minute)| Clock::Time(hour, minute));
    let year = number(4, 4).map(|year| Clock::Year(year.into()));
    alt((time, year)).parse(line)
}

/// ```text
/// time = 1*2DIGIT ":" 2DIGIT [ ":" 2DIGIT ]
/// ```
fn time(line: &[u8]) -> IResult<&[u8], (u8, u8)> {
    let seconds = opt(preceded(tag(":"), number(2, 2)));
    let (line, (hour, minute)) = (terminated(number(1, 2), tag(":")), terminated(number(2, 2), seconds)).parse(line)?;
    Ok((line, (hour as u8, minute as u8)))
}

/// Splits `name -> target`. Where the arrow comes more than once, the size tells: that of a link is its target's length.
fn split_link(text: &[u8], size: Option<u64>) -> (&[u8], &[u8]) {
    const ARROW: &[u8] = b" -> ";
    let mut arrows = memchr::memmem::find_iter(text, ARROW).filter(|&at| at > 0);
    let target = |at: usize| &text[at + ARROW.len()..];
    let sized = arrows.clone().find(|&at| Some(target(at).len() as u64) == size);
    match sized.or_else(|| arrows.next()) {
        Some(at) => (&text[..at], target(at)),
        None => (text, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{entry, moment, mutate};
    use super::super::write_long;
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// 2026-11-20 12:00.
    const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

    fn read(line: &str) -> Entry {
        parse_unix(line.as_bytes(), NOW).unwrap_or_else(|| panic!("{line:?} is not understood"))
    }

    fn on(stamp: &str) -> Option<WallTime> {
        WallTime::parse(stamp.as_bytes())
    }

    #[test]
    fn columns_come_in_many_numbers() {
        let expected = Entry { modified: on("20261107085200"), mode: Some(0o644), ..Entry::file("a  b", 512) };
        for (line, links) in [
            ("-rw-r--r--   1 ftp      ftp           512 Nov  7 08:52 a  b", Some(1)),
            ("-rw-r--r--   1 ftp 512 Nov  7 08:52 a  b", Some(1)),
            ("-rw-r--r--   1 512 Nov  7 08:52 a  b", Some(1)),
            ("-rw-r--r--  ftp ftp 512 Nov  7 08:52 a  b", None),
            ("-rw-r--r--1234 ftp ftp 512 Nov  7 08:52 a  b", Some(1234)),
            ("-rw-r--r--  512 Nov  7 08:52 a  b", None),
            ("-rw-r--r--+ 12 domain users with spaces ftp 512 Nov  7 08:52 a  b", Some(12)),
            ("-rw-r--r--. 1 500 500 512 Nov 7 08:52 a  b", Some(1)),
            ("-rw-r--r--@ 1 ftp ftp512 nov 07 8:52 a  b", Some(1)),
            ("  -rw-r--r-- 1 ftp ftp 512 7 Nov 08:52 a  b", Some(1)),
            ("-rw-r--r-- 1 ftp ftp 512 7. Nov. 08:52 a  b", Some(1)),
            ("-rw-r--r-- 1 ftp ftp 512 Nov 7 08:52:30 a  b", Some(1)),
            ("-rw-r--r-- 1 ftp ftp 512 2026-11-07 08:52 a  b", Some(1)),
        ] {
            assert_eq!(read(line), Entry { links, ..expected.clone() }, "{line}");
        }
    }

    #[test]
    fn names_keep_their_spaces() {
        assert_eq!(read("-rw-r--r-- 1 ftp ftp 5 Nov  7  1998  two leading").name, b" two leading");
        assert_eq!(read("-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 Nov  8 10:00 x ").name, b"Nov  8 10:00 x ");
        assert_eq!(read("-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 a -> b").name, b"a -> b");
    }

    #[test]
    fn a_time_without_year_is_the_latest_that_can_be() {
        let date = |text: &str| read(&alloc::format!("-rw-r--r-- 1 ftp ftp 5 {text} f")).modified;
        assert_eq!(date("Nov 20 12:00"), on("20261120120000"));
        assert_eq!(date("Nov 21 12:00"), on("20261121120000"));
        assert_eq!(date("Nov 21 12:01"), on("20251121120100"));
        assert_eq!(date("Dec 31 23:59"), on("20251231235900"));
        assert_eq!(date("Feb 29 01:00"), on("20240229010000"));
        assert_eq!(date("Feb 29  2000"), on("20000229000000"));
        assert_eq!(date("Feb 30  2000"), None);
        let new_year = WallTime::parse(b"20261231200000").unwrap();
        let ahead = parse_unix(b"-rw-r--r-- 1 ftp ftp 5 Jan  1 02:00 f", new_year).unwrap();
        assert_eq!(ahead.modified, on("20270101020000"));
    }

    #[test]
    fn a_month_in_another_language_leaves_the_date_open() {
        for month in ["Mär", "févr.", "мар", "Ağu"] {
            let entry = read(&alloc::format!("-rw-r--r-- 1 ftp ftp 5 {month}  7 08:52 f"));
            assert_eq!((&entry.name[..], entry.size, entry.modified), (&b"f"[..], Some(5), None));
        }
    }

    #[test]
    fn links_have_targets() {
        let link = |target: &str| EntryKind::Symlink(target.as_bytes().into());
        let read = |line| {
            let entry = read(line);
            (entry.name, entry.kind)
        };
        assert_eq!(read("lrwxrwxrwx 1 ftp ftp 3 Nov  7  1998 l -> pub"), (b"l".into(), link("pub")));
        assert_eq!(read("lrwxrwxrwx 1 ftp ftp 3 Nov  7  1998 l"), (b"l".into(), link("")));
        assert_eq!(read("lrwxrwxrwx 1 ftp ftp 1 Nov  7  1998 a -> b -> c"), (b"a -> b".into(), link("c")));
        assert_eq!(read("lrwxrwxrwx 1 ftp ftp 9 Nov  7  1998 a -> b -> c"), (b"a".into(), link("b -> c")));
        assert_eq!(split_link(b" -> a", Some(1)), (&b" -> a"[..], &b""[..]));
    }

    #[test]
    fn devices_have_no_size() {
        for numbers in ["1,   3", "1, 3", "1,3"] {
            let entry = read(&alloc::format!("crw-rw-rw- 1 root root {numbers} Nov  7  1998 null"));
            assert_eq!((&entry.name[..], entry.kind, entry.size), (&b"null"[..], EntryKind::Other, None));
        }
    }

    #[test]
    fn a_directory_and_its_parent_are_told_apart() {
        let kind = |name: &str| read(&alloc::format!("drwxr-xr-x 2 ftp ftp 4096 Nov  7  1998 {name}")).kind;
        assert_eq!([kind("."), kind(".."), kind("...")], [EntryKind::Current, EntryKind::Parent, EntryKind::Directory]);
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "total 12",
            "pub:",
            "-rw-r--r--",
            "-rw-r--r-- 1 ftp ftp 5 Nov  7  1998",
            "-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 ",
            "-rw-r--r-- 1 ftp ftp 5 Nov 32  1998 f",
            "-rw-r--r-- 1 ftp ftp Nov  7  1998 f",
            "-xw-r--r-- 1 ftp ftp 5 Nov  7  1998 f",
            "?rw-r--r-- 1 ftp ftp 5 Nov  7  1998 f",
        ] {
            assert_eq!(parse_unix(line.as_bytes(), NOW), None, "{line}");
        }
    }

    fn written(entry: &Entry, now: WallTime) -> Vec<u8> {
        let mut out = Vec::new();
        write_long(entry, now, &mut out);
        out
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(mut entry in entry(), now in moment()) {
            // Two arrows could be read in two ways.
            entry.name.retain(|&byte| byte != b'>');
            prop_assume!(entry.is_listable() && entry.name != b"." && entry.name != b"..");
            let read = parse_unix(&written(&entry, now), now).unwrap();
            // What the name of `.` would tell, the type does not.
            let kind = match &entry.kind {
                EntryKind::Current | EntryKind::Parent => &EntryKind::Directory,
                kind => kind,
            };
            // A target with arrows of its own can look like a shorter one of the size that is told.
            if entry.size.is_none_or(|size| size > 100) {
                prop_assert_eq!((&read.name, &read.kind), (&entry.name, kind));
            }
            prop_assert_eq!(read.size, Some(entry.size.unwrap_or(0)));
            prop_assert_eq!(read.links, Some(entry.links.unwrap_or(1)));
            if let Some(mode) = entry.mode {
                prop_assert_eq!(read.mode, Some(mode));
            }
            let precision = if written(&entry, now).contains(&b':') && entry.modified.is_some() { 366 * DAY } else { DAY };
            let modified = entry.modified.unwrap_or_default();
            let late = modified.seconds - read.modified.unwrap().seconds;
            prop_assert!((0..precision).contains(&late), "{late} s late");
        }

        #[test]
        fn a_recent_date_is_read_to_the_minute(now in moment(), age in -DAY..15_778_476) {
            let modified = WallTime { seconds: now.seconds - age, nanos: 0 };
            prop_assume!((1000..=9998).contains(&modified.civil().year) && now.civil().year < 9999);
            let line = written(&Entry { modified: Some(modified), ..Entry::file("f", 1) }, now);
            let read = parse_unix(&line, now).unwrap().modified.unwrap();
            prop_assert_eq!(read.seconds, modified.seconds - modified.seconds.rem_euclid(60));
        }

        #[test]
        fn anything_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..80), seconds: i64) {
            let _ = parse_unix(&line, WallTime { seconds, nanos: 0 });
        }

        #[test]
        fn a_damaged_line_can_be_read(entry in entry(), at: prop::sample::Index, byte: u8, how: u8) {
            let line = mutate(written(&entry, NOW), at, byte, how);
            if let Some(entry) = parse_unix(&line, NOW) {
                prop_assert!(!entry.name.is_empty());
            }
        }
    }
}
