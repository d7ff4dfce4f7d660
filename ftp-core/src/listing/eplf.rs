//! Lines of the Easily Parsed LIST Format, which a few servers give for LIST. Only read, never written.

use super::digits::parse_number;
use super::{Entry, EntryKind};
use crate::time::WallTime;
use nom::bytes::complete::{tag, take_till};
use nom::combinator::{rest, verify};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

/// Reads a line such as `+i8388621.48594,m825718503,r,s280,⇥djb.html`: its times are UTC. An entry that can neither be
/// entered nor retrieved is shown as what it is not, a device or the like. `None` for any other line.
pub(super) fn parse_eplf(line: &[u8]) -> Option<Entry> {
    let (_, (facts, name)) = eplf(line).ok()?;
    let mut entry = Entry::new(name, EntryKind::Other);
    for fact in facts.split(|&byte| byte == b',') {
        match fact {
            b"/" => entry.kind = EntryKind::of_directory(name),
            b"r" if !entry.is_directory() => entry.kind = EntryKind::File,
            [b'u', b'p', mode @ ..] => {
                entry.mode = parse_number(mode, 8).and_then(|mode| u32::try_from(mode).ok()).map(|mode| mode & 0o7777);
            }
            [b's', size @ ..] => entry.size = parse_number(size, 10),
            [b'm', seconds @ ..] => {
                let seconds = parse_number(seconds, 10).and_then(|seconds| i64::try_from(seconds).ok());
                entry.modified = seconds.map(|seconds| WallTime { seconds, nanos: 0 });
            }
            _ => {}
        }
    }
    Some(entry)
}

/// ```text
/// line = "+" *( fact "," ) TAB name
/// ```
fn eplf(line: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let name = verify(rest, |name: &[u8]| !name.is_empty());
    preceded(tag("+"), separated_pair(take_till(|byte| byte == b'\t'), tag("\t"), name)).parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn lines_of_the_format_s_own_page() {
        let file = parse_eplf(b"+i8388621.48594,m825718503,r,s280,up644,\tdjb.html").unwrap();
        let expected = Entry {
            modified: Some(WallTime { seconds: 825_718_503, nanos: 0 }),
            mode: Some(0o644),
            ..Entry::file("djb.html", 280)
        };
        assert_eq!(file, expected);
        let directory = parse_eplf(b"+i8388621.50690,m824255907,/,\t514").unwrap();
        assert_eq!((&directory.name[..], directory.kind), (&b"514"[..], EntryKind::Directory));
        assert_eq!(parse_eplf(b"+/,\t..").unwrap().kind, EntryKind::Parent);
        assert_eq!(parse_eplf(b"+/,r,\tboth").unwrap().kind, EntryKind::Directory);
        assert_eq!(parse_eplf(b"+,\t a b").unwrap(), Entry::new(" a b", EntryKind::Other));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [&b""[..], b"+", b"+r,s1,", b"+r,s1,\t", b"-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 f"] {
            assert_eq!(parse_eplf(line), None);
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_read(facts in "[+]?[a-z0-9,./+-]{0,40}\t?", name: Vec<u8>) {
            let line = [facts.as_bytes(), &name].concat();
            prop_assert!(parse_eplf(&line).is_none_or(|entry| line.ends_with(&entry.name)));
        }
    }
}
