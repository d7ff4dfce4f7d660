//! The arguments of commands from after RFC 959, beside those of RFC 2428 in [`crate::address`]: times and facts to set,
//! ranges, names of languages and hosts, and paths between quotes. Each parser stands below its rule.

use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_till, take_till1, take_while_m_n, take_while1};
use nom::character::complete::{char, u64 as decimal_u64};
use nom::combinator::{all_consuming, map_opt, map_res, opt, recognize, rest, verify};
use nom::multi::{fold_many1, many0, many1, separated_list1};
use nom::sequence::{delimited, pair, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

/// What MFMT, MFCT, MFF and the forms of SITE change of a file or directory. `None` leaves a fact as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// When its content last changed.
    pub modified: Option<WallTime>,
    /// When it was made.
    pub created: Option<WallTime>,
    /// The Unix permission bits, at most `0o7777`.
    pub mode: Option<u32>,
}

/// draft-somers-ftp-mfxx 3.1, 4.1. What stands behind the first space is the path, as it is.
/// ```abnf
/// timed = time-val SP pathname
/// ```
pub(super) fn timed(input: &[u8]) -> IResult<&[u8], (WallTime, &[u8])> {
    separated_pair(time, char(' '), path).parse_complete(input)
}

/// RFC 3659 2.3.
/// ```abnf
/// time-val = 14DIGIT [ "." 1*DIGIT ]
/// ```
fn time(input: &[u8]) -> IResult<&[u8], WallTime> {
    map_opt(take_while1(|byte: u8| byte.is_ascii_digit() || byte == b'.'), WallTime::parse).parse_complete(input)
}

fn path(input: &[u8]) -> IResult<&[u8], &[u8]> {
    verify(rest, |path: &[u8]| !path.is_empty()).parse_complete(input)
}

/// MDTM with a time before the path, which some servers take for MFMT: time and path, if `argument` has this form.
/// RFC 3659 3 knows no such form, so a file that is really called like this cannot be asked about in it.
pub fn timed_path(argument: &[u8]) -> Option<(WallTime, &[u8])> {
    Some(all_consuming(timed).parse_complete(argument).ok()?.1)
}

/// draft-somers-ftp-mfxx 5.1. The values are not looked at yet: a fact that nobody knows is answered otherwise than one that is
/// wrong. One space ends the facts, as in RFC 3659 7.2, so no value holds one.
/// ```abnf
/// mff-argument = 1*(fact ";") SP pathname
/// fact         = factname "=" *SCHAR
/// ```
pub(super) fn facts(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let fact = || (take_while1(is_fact_name), char('='), take_till(|byte| matches!(byte, b';' | b' ')), char(';'));
    separated_pair(recognize(many1(fact())), char(' '), path).parse_complete(input)
}

const fn is_fact_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/')
}

/// Why the facts of MFF cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactError {
    /// Nobody here knows this fact: 504.
    Unknown(Vec<u8>),
    /// The value of this fact is none: 501.
    Value(Vec<u8>),
}

impl Changes {
    /// Reads the facts of [`Command::Mff`](super::Command::Mff): `Modify`, `Create` and `UNIX.mode`, in any case. Of a fact
    /// that is named twice the last counts.
    ///
    /// # Errors
    /// [`FactError`], with the fact.
    pub fn parse(facts: &[u8]) -> Result<Self, FactError> {
        let mut changes = Self::default();
        for fact in facts.split(|&byte| byte == b';').filter(|fact| !fact.is_empty()) {
            let end = memchr::memchr(b'=', fact).unwrap_or(fact.len());
            let (name, value) = (fact.get(..end).unwrap_or_default(), fact.get(end + 1..).unwrap_or_default());
            let wrong = || FactError::Value(name.to_vec());
            if name.eq_ignore_ascii_case(b"modify") {
                changes.modified = Some(WallTime::parse(value).ok_or_else(wrong)?);
            } else if name.eq_ignore_ascii_case(b"create") {
                changes.created = Some(WallTime::parse(value).ok_or_else(wrong)?);
            } else if name.eq_ignore_ascii_case(b"unix.mode") {
                let (_, mode) = all_consuming(mode).parse_complete(value).map_err(|_| wrong())?;
                changes.mode = Some(mode);
            } else {
                return Err(FactError::Unknown(name.to_vec()));
            }
        }
        Ok(changes)
    }

    /// Appends the facts that are set, each with its `;`, as MFF's reply shows them. Of a mode the leading zero is shown, as
    /// RFC 3659 7.5 has it in listings here.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut time = |name: &[u8], time: Option<WallTime>| {
            if let Some(time) = time {
                out.extend_from_slice(name);
                time.write(out);
                out.push(b';');
            }
        };
        time(b"Modify=", self.modified);
        time(b"Create=", self.created);
        if let Some(mode) = self.mode {
            out.extend_from_slice(alloc::format!("UNIX.mode={mode:04o};").as_bytes());
        }
    }
}

/// Permission bits, as chmod takes them.
/// ```abnf
/// mode = 1*5(%x30-37)
/// ```
pub(super) fn mode(input: &[u8]) -> IResult<&[u8], u32> {
    let digits = take_while_m_n(1, 5, |byte: u8| matches!(byte, b'0'..=b'7'));
    let value = digits.map(|digits: &[u8]| digits.iter().fold(0, |mode, digit| mode * 8 + u32::from(digit - b'0')));
    verify(value, |mode| *mode <= 0o7777).parse_complete(input)
}

/// draft-bryan-ftp-range 3. Both ends are numbers of octets, the first is 0, and the end is within the range.
/// ```abnf
/// range = 1*DIGIT SP 1*DIGIT
/// ```
pub(super) fn range(input: &[u8]) -> IResult<&[u8], (u64, u64)> {
    separated_pair(decimal_u64, char(' '), decimal_u64).parse_complete(input)
}

/// RFC 2640 4.2, with the digits that later RFCs on language tags allow.
/// ```abnf
/// lang-tag    = primary-tag *("-" sub-tag)
/// primary-tag = 1*8ALPHA
/// sub-tag     = 1*8(ALPHA / DIGIT)
/// ```
pub(super) fn language(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let primary = take_while_m_n(1, 8, |byte: u8| byte.is_ascii_alphabetic());
    let sub = take_while_m_n(1, 8, |byte: u8| byte.is_ascii_alphanumeric());
    recognize(pair(primary, many0(preceded(char('-'), sub)))).parse_complete(input)
}

/// RFC 7151 3.1: a name or an address, and never a port.
/// ```abnf
/// hostname   = domain / IPv4address / "[" IPv6address "]"
/// domain     = sub-domain *("." sub-domain)
/// sub-domain = let-dig [*(let-dig / "-") let-dig]
/// ```
pub(super) fn hostname(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let text = |input| map_res(take_till1(|byte| byte == b']'), core::str::from_utf8).parse_complete(input);
    let v6 = recognize(delimited(char('['), map_res(text, Ipv6Addr::from_str), char(']')));
    let label =
        verify(take_while_m_n(1, 63, |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-'), |label: &[u8]| {
            !label.starts_with(b"-") && !label.ends_with(b"-")
        });
    // An IPv4 address has the form of a domain; a domain whose last label is a number has to be one (RFC 1123 2.1).
    let domain = verify(recognize(separated_list1(char('.'), label)), |name: &[u8]| {
        let numeric = name.rsplit(|&byte| byte == b'.').next().is_some_and(|last| last.iter().all(u8::is_ascii_digit));
        name.len() <= 255 && (!numeric || core::str::from_utf8(name).is_ok_and(|name| Ipv4Addr::from_str(name).is_ok()))
    });
    alt((v6, domain)).parse_complete(input)
}

/// A path between quotes, its own quotes doubled (as 257 has it, RFC 959 appendix II).
/// ```abnf
/// quoted = DQUOTE 1*(octet-but-quote / 2DQUOTE) DQUOTE
/// ```
fn quoted(input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    let plain = take_till1(|byte| byte == b'"');
    let doubled = recognize(pair(char('"'), char('"'))).map(|_: &[u8]| &b"\""[..]);
    let pieces = fold_many1(alt((plain, doubled)), Vec::new, |mut path: Vec<u8>, piece: &[u8]| {
        path.extend_from_slice(piece);
        path
    });
    delimited(char('"'), pieces, char('"')).map(Cow::Owned).parse_complete(input)
}

fn word(input: &[u8]) -> IResult<&[u8], Cow<'_, [u8]>> {
    take_till1(|byte| byte == b' ').map(Cow::Borrowed).parse_complete(input)
}

/// Paths in a row: each between quotes, or without a space in it.
/// ```abnf
/// paths = path *(SP path)
/// path  = quoted / 1*non-space
/// ```
fn paths(input: &[u8]) -> IResult<&[u8], Vec<Cow<'_, [u8]>>> {
    separated_list1(many1(char(' ')), alt((quoted, word))).parse_complete(input)
}

/// The paths of COMB and of SITE's commands with two: each between quotes, or without a space in it. `None` if there is not at
/// least one.
pub fn split_paths(argument: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    Some(all_consuming(paths).parse_complete(argument).ok()?.1)
}

/// The path of XCRC and the like, and the octets that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangedPath<'a> {
    /// The file.
    pub path: Cow<'a, [u8]>,
    /// The first octet, from 0 on; all of them where it is `None`.
    pub start: Option<u64>,
    /// The octet before which to end; the file's end where it is `None`.
    pub end: Option<u64>,
}

impl<'a> RangedPath<'a> {
    /// Reads the argument of XCRC, XMD5, XSHA and their kind. Only a path between quotes can have a range behind it: of one
    /// without quotes every octet is part of the name.
    ///
    /// ```abnf
    /// argument = quoted [SP start [SP end]] / pathname
    /// ```
    pub fn parse(argument: &'a [u8]) -> Option<Self> {
        let number = || preceded(many1(char(' ')), decimal_u64);
        let range = opt(pair(number(), opt(number())));
        let ranged = all_consuming(terminated(pair(quoted, range), many0(char(' ')))).parse_complete(argument);
        match ranged {
            Ok((_, (path, range))) => {
                let (start, end) = range.unzip();
                Some(Self { path, start, end: end.flatten() })
            }
            Err(_) if argument.is_empty() || argument.starts_with(b"\"") => None,
            Err(_) => Some(Self { path: Cow::Borrowed(argument), start: None, end: None }),
        }
    }
}

/// `key=value` pairs of CSID are free text; only that there is one is looked at.
/// ```abnf
/// csid = "Name=" *OCTET
/// ```
pub(super) fn client_facts(input: &[u8]) -> IResult<&[u8], &[u8]> {
    recognize(pair(tag_no_case("Name="), rest)).parse_complete(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mff_knows_three_facts() {
        let time = WallTime::parse(b"20020718012845");
        let all = Changes { modified: time, created: time, mode: Some(0o777) };
        assert_eq!(Changes::parse(b"Modify=20020718012845;CREATE=20020718012845;unix.mode=777;"), Ok(all));
        assert_eq!(Changes::parse(b"UNIX.owner=0;"), Err(FactError::Unknown(b"UNIX.owner".to_vec())));
        assert_eq!(Changes::parse(b"Modify=20020229000000;"), Err(FactError::Value(b"Modify".to_vec())));
        assert_eq!(Changes::parse(b"UNIX.mode=888;"), Err(FactError::Value(b"UNIX.mode".to_vec())));
        let mut out = Vec::new();
        all.write(&mut out);
        assert_eq!(out, b"Modify=20020718012845;Create=20020718012845;UNIX.mode=0777;");
    }

    #[test]
    fn only_a_time_and_a_path_are_a_time_and_a_path() {
        assert_eq!(timed_path(b"20020717210715 a b").map(|(_, path)| path), Some(&b"a b"[..]));
        for not in [&b"20020717210715"[..], b"20020717210715 ", b"20020229000000 a", b"a 20020717210715", b"2002 a"] {
            assert_eq!(timed_path(not), None, "{}", not.escape_ascii());
        }
    }

    #[test]
    fn hosts_of_rfc_7151() {
        let is_host = |text: &[u8]| all_consuming(hostname).parse_complete(text).is_ok();
        for host in [&b"ftp.example.com"[..], b"xn--e1afmkfd.com", b"localhost", b"192.0.2.1", b"[::192.0.2.1]", b"1.a"]
        {
            assert!(is_host(host), "{}", host.escape_ascii());
        }
        for not in [
            &b"192.0.2.1:2112"[..],
            b"[2001:db8::c000:201]:2112",
            b"2001:db8::1",
            b"[192.0.2.1]",
            b"a..b",
            b"-a",
            b"a b",
            b"256.1.1.1",
            b".",
        ] {
            assert!(!is_host(not), "{}", not.escape_ascii());
        }
    }

    #[test]
    fn paths_are_parted_by_spaces_unless_they_are_quoted() {
        let expected: Vec<Cow<'_, [u8]>> = [&b"a b"[..], b"c\"d", b"e"].map(Cow::Borrowed).to_vec();
        assert_eq!(split_paths(b"\"a b\" \"c\"\"d\"  e"), Some(expected));
        assert_eq!(split_paths(b""), None);
    }

    #[test]
    fn a_range_stands_behind_quotes_only() {
        let parse = RangedPath::parse;
        let whole = |path: &'static [u8]| RangedPath { path: path.into(), start: None, end: None };
        assert_eq!(parse(b"a b 0 5"), Some(whole(b"a b 0 5")));
        assert_eq!(parse(b"\"a b\""), Some(whole(b"a b")));
        assert_eq!(parse(b"\"a b\" 1 5"), Some(RangedPath { start: Some(1), end: Some(5), ..whole(b"a b") }));
        assert_eq!(parse(b"\"a\" 7"), Some(RangedPath { start: Some(7), ..whole(b"a") }));
        for wrong in [&b""[..], b"\"a", b"\"\"", b"\"a\"b", b"\"a\" x", b"\"a\" 1 2 3"] {
            assert_eq!(parse(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn any_path_can_be_quoted(path in prop::collection::vec(any::<u8>(), 1..20)) {
            let mut argument = Vec::from(*b"\"");
            for &byte in &path {
                argument.extend_from_slice(if byte == b'"' { b"\"\"" } else { core::slice::from_ref(&byte) });
            }
            argument.push(b'"');
            let read = RangedPath::parse(&argument).map(|ranged| ranged.path.into_owned());
            prop_assert_eq!(read.as_deref(), Some(&path[..]));
        }
    }
}
