//! The commands below SITE (RFC 959 4.1.3 leaves them to the server): those that servers in the field share.

use super::extension::{mode, split_paths, timed_path};
use super::parse::NameAndRest;
use super::{Changes, Problem};
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use nom::bytes::complete::take_while1;
use nom::character::complete::{char, u32 as decimal_u32};
use nom::combinator::{all_consuming, opt, rest, verify};
use nom::sequence::{pair, preceded, separated_pair};
use nom::{IResult, Parser};

/// A command of SITE with its argument checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteCommand<'a> {
    /// `HELP [command]`
    Help(Option<&'a [u8]>),
    /// `CHMOD mode path` and `UTIME time path`
    Change {
        /// The file or directory.
        path: Cow<'a, [u8]>,
        /// What becomes of it.
        changes: Changes,
    },
    /// `SYMLINK target link`
    Symlink {
        /// Where it leads.
        target: Cow<'a, [u8]>,
        /// Its name.
        link: Cow<'a, [u8]>,
    },
    /// `COPY from to`
    Copy {
        /// The file.
        from: Cow<'a, [u8]>,
        /// The name of its copy.
        to: Cow<'a, [u8]>,
    },
    /// `CPFR path`: the file that CPTO will copy.
    CopyFrom(&'a [u8]),
    /// `CPTO path`: the name of the copy.
    CopyTo(&'a [u8]),
    /// `IDLE [seconds]`
    Idle(Option<u32>),
}

/// Name, and syntax as SITE HELP shows it.
pub const SITE_COMMANDS: [(&str, &str); 8] = [
    ("CHMOD", "CHMOD <sp> mode <sp> pathname"),
    ("COPY", "COPY <sp> pathname <sp> pathname"),
    ("CPFR", "CPFR <sp> pathname"),
    ("CPTO", "CPTO <sp> pathname"),
    ("HELP", "HELP [<sp> command]"),
    ("IDLE", "IDLE [<sp> seconds]"),
    ("SYMLINK", "SYMLINK <sp> target <sp> pathname"),
    ("UTIME", "UTIME <sp> time <sp> pathname"),
];

impl<'a> SiteCommand<'a> {
    /// Reads SITE's argument; `None` if nobody here knows the command.
    ///
    /// # Errors
    /// [`Problem`], where the command is known and its argument is wrong.
    pub fn parse(argument: &'a [u8]) -> Option<Result<Self, Problem>> {
        let (name, argument) = site_line(argument).ok()?.1;
        let argument = argument.filter(|argument| !argument.is_empty());
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let syntax = SITE_COMMANDS.iter().find(|(known, _)| is(known))?.1;
        let wrong = if argument.is_none() { Problem::Missing } else { Problem::Syntax(syntax) };
        let given = argument.unwrap_or_default();
        let parsed = if is("HELP") {
            Some(Self::Help(argument))
        } else if is("IDLE") {
            all_consuming(seconds).parse_complete(given).ok().map(|(_, seconds)| Self::Idle(seconds))
        } else if is("CHMOD") {
            all_consuming(separated_pair(mode, char(' '), non_empty)).parse_complete(given).ok().map(
                |(_, (mode, path))| Self::Change {
                    path: path.into(),
                    changes: Changes { mode: Some(mode), ..Changes::default() },
                },
            )
        } else if is("UTIME") {
            utime(given).map(|(time, path)| Self::Change {
                path,
                changes: Changes { modified: Some(time), ..Changes::default() },
            })
        } else if is("CPFR") {
            argument.map(Self::CopyFrom)
        } else if is("CPTO") {
            argument.map(Self::CopyTo)
        } else {
            two_paths(given).map(|(first, second)| {
                if is("COPY") {
                    Self::Copy { from: first, to: second }
                } else {
                    Self::Symlink { target: first, link: second }
                }
            })
        };
        Some(parsed.ok_or(wrong))
    }
}

/// As [`command_line`](super::Command::parse): one space parts the name from its argument.
/// ```abnf
/// site-line = 1*ALPHA [SP *OCTET]
/// ```
fn site_line(input: &[u8]) -> IResult<&[u8], NameAndRest<'_>> {
    let name = take_while1(|byte: u8| byte.is_ascii_alphabetic());
    all_consuming(pair(name, opt(preceded(char(' '), rest)))).parse_complete(input)
}

fn non_empty(input: &[u8]) -> IResult<&[u8], &[u8]> {
    verify(rest, |path: &[u8]| !path.is_empty()).parse_complete(input)
}

/// ```abnf
/// idle = [1*DIGIT]
/// ```
fn seconds(input: &[u8]) -> IResult<&[u8], Option<u32>> {
    opt(decimal_u32).parse_complete(input)
}

/// The two forms of the field. A time without seconds is one of the full minute.
/// ```abnf
/// utime      = time-val SP pathname / 12DIGIT SP pathname / pathname 3(SP time-val) SP "UTC"
/// ```
fn utime(argument: &[u8]) -> Option<(WallTime, Cow<'_, [u8]>)> {
    if let Some((time, path)) = timed_path(argument) {
        return Some((time, path.into()));
    }
    if let Some((minute, path)) = argument.split_at_checked(12)
        && let Some(path) = path.strip_prefix(b" ").filter(|path| !path.is_empty())
        && let Some(time) = WallTime::parse(&[minute, b"00"].concat())
    {
        return Some((time, path.into()));
    }
    // Access, modification and status change; only the middle one is kept by file systems as it is given.
    let mut words = argument.rsplitn(5, |&byte| byte == b' ');
    let zone = words.next()?;
    let [_changed, modified, _accessed] = [words.next()?, words.next()?, words.next()?];
    let path = words.next().filter(|path| !path.is_empty())?;
    let time = WallTime::parse(modified)?;
    let path = match split_paths(path)?.as_slice() {
        [quoted] if path.starts_with(b"\"") => quoted.clone().into_owned().into(),
        _ => path.into(),
    };
    zone.eq_ignore_ascii_case(b"UTC").then_some((time, path))
}

type TwoPaths<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Two paths: each between quotes or without a space in it.
fn two_paths(argument: &[u8]) -> Option<TwoPaths<'_>> {
    let mut paths: Vec<_> = split_paths(argument)?;
    match (paths.pop(), paths.pop(), paths.is_empty()) {
        (Some(second), Some(first), true) => Some((first, second)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &[u8]) -> WallTime {
        WallTime::parse(text).expect("a time")
    }

    fn utime_of(path: &'static [u8], modified: WallTime) -> SiteCommand<'static> {
        SiteCommand::Change { path: path.into(), changes: Changes { modified: Some(modified), ..Changes::default() } }
    }

    #[test]
    fn each_command_is_read_in_any_case() {
        let parse = |line: &'static [u8]| SiteCommand::parse(line).expect("a known command");
        let mode = Changes { mode: Some(0o644), ..Changes::default() };
        assert_eq!(parse(b"chmod 644 a b"), Ok(SiteCommand::Change { path: b"a b"[..].into(), changes: mode }));
        assert_eq!(parse(b"UTIME 20260102030405 a b"), Ok(utime_of(b"a b", time(b"20260102030405"))));
        assert_eq!(parse(b"UTIME 202601020304 a b"), Ok(utime_of(b"a b", time(b"20260102030400"))));
        let three = b"UTIME a b 20260101000000 20260102030405 20260103000000 UTC";
        assert_eq!(parse(three), Ok(utime_of(b"a b", time(b"20260102030405"))));
        let quoted = b"UTIME \"a \"\"b\" 20260101000000 20260102030405 20260103000000 utc";
        assert_eq!(parse(quoted), Ok(utime_of(b"a \"b", time(b"20260102030405"))));
        assert_eq!(parse(b"HELP"), Ok(SiteCommand::Help(None)));
        assert_eq!(parse(b"IDLE"), Ok(SiteCommand::Idle(None)));
        assert_eq!(parse(b"IDLE 60"), Ok(SiteCommand::Idle(Some(60))));
        assert_eq!(parse(b"CPFR a b"), Ok(SiteCommand::CopyFrom(b"a b")));
        let copy = SiteCommand::Copy { from: b"a b"[..].into(), to: b"c"[..].into() };
        assert_eq!(parse(b"COPY \"a b\" c"), Ok(copy));
    }

    #[test]
    fn a_wrong_argument_is_told_from_an_unknown_command() {
        for unknown in [&b""[..], b"EXEC ls", b"UMASK 022", b"CHMOD\t644 a"] {
            assert_eq!(SiteCommand::parse(unknown), None);
        }
        assert_eq!(SiteCommand::parse(b"CHMOD"), Some(Err(Problem::Missing)));
        for line in [
            &b"CHMOD 844 a"[..],
            b"CHMOD 644",
            b"CHMOD 10000 a",
            b"UTIME 2026 a",
            b"UTIME a 1 2 3 UTC",
            b"COPY a",
            b"COPY a b c",
            b"IDLE x",
        ] {
            let parsed = SiteCommand::parse(line);
            assert!(matches!(parsed, Some(Err(Problem::Syntax(_)))), "{}: {parsed:?}", line.escape_ascii());
        }
    }
}
