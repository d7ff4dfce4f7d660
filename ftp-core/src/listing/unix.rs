//! Reading lines as `ls -l` shows them, which most servers give for LIST. Writing them stands in `long.rs`.

use super::digits::parse_number;
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
    let columns = columns(fields, english).or_else(|| columns(fields, foreign))?;
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
/// mode = *SP type 9*9bit [ "+" / "." / "@" ] 1*SP ; the mark behind it tells of an ACL or other attributes
/// ```
fn mode(line: &[u8]) -> IResult<&[u8], (u8, u32)> {
    let kind = one_of("-dlbcpsDP").map(|letter| letter as u8);
    let bits = map_opt(take_while_m_n(9, 9, |byte| b"-rwxsStTlL".contains(&byte)), mode_bits);
    delimited(space0, (kind, bits), (opt(one_of("+.@")), space1)).parse(line)
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
struct Columns<'a> {
    links: Option<u64>,
    /// `None` of a device, which has its numbers there.
    size: Option<u64>,
    date: Date,
    name: &'a [u8],
}

/// ```text
/// columns = *( field 1*SP ) size 1*SP date SP name
/// size    = *NONSP 1*DIGIT
/// ```
fn columns(fields: &[u8], month: Month) -> Option<Columns<'_>> {
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
struct Date {
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
                clock: Clock::Both(year as i64, hour, minute),
            }),
        ))
        .parse(line)
    }

    /// The moment it names; `None` where there is no such date. A time without a year is the latest one that is not
    /// more than a day ahead, which is right whether the server shows times for six months or for twelve.
    fn resolve(&self, now: WallTime) -> Option<WallTime> {
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
    let year = number(4, 4).map(|year| Clock::Year(year as i64));
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

/// A number of `least` to `most` digits.
fn number<'a>(least: usize, most: usize) -> impl Parser<&'a [u8], Output = u64, Error = nom::error::Error<&'a [u8]>> {
    map_opt(take_while_m_n(least, most, |byte: u8| byte.is_ascii_digit()), |digits| parse_number(digits, 10))
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
