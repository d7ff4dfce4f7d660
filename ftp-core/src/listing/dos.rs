//! Lines as `DIR` of DOS and Windows shows them, which some servers give for LIST. Only read, never written.

use super::digits::parse_number;
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
    let (line, year) = alt((digits(4), digits(2))).parse(line)?;
    let year = match year as i64 {
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
/// size = 1*( DIGIT / "," )
/// ```
fn size(line: &[u8]) -> IResult<&[u8], u64> {
    map_opt(take_while1(|byte: u8| byte.is_ascii_digit() || byte == b','), |text: &[u8]| {
        text.split(|&byte| byte == b',').try_fold(0_u64, |size, group| {
            let scale = 10_u64.checked_pow(u32::try_from(group.len()).ok()?)?;
            size.checked_mul(scale)?.checked_add(parse_number(group, 10)?)
        })
    })
    .parse(line)
}

fn pair(line: &[u8]) -> IResult<&[u8], u8> {
    digits(2).map(|number| number as u8).parse(line)
}

fn digits<'a>(count: usize) -> impl Parser<&'a [u8], Output = u64, Error = nom::error::Error<&'a [u8]>> {
    map_opt(take_while_m_n(count, count, |byte: u8| byte.is_ascii_digit()), |text| parse_number(text, 10))
}
