//! Directory listings: what an [`Entry`] is, how it is written (LIST, NLST, MLSD and MLST) and how those lines are read
//! back by a client.
//!
//! [`Entry`] stands in `entry.rs`, the fact lines of RFC 3659 7 in `facts.rs`, the lines of LIST in `long.rs` (written) and, read, in
//! a file for each system that has a form of its own; `reader.rs` tells them apart. The options of LIST and NLST stand in
//! `options.rs`. Which entries are listed, and from where, is the host's.

#[cfg(test)]
mod arbitrary;
mod as400;
mod digits;
mod dos;
mod entry;
mod eplf;
mod facts;
mod long;
mod mvs;
mod netware;
mod options;
mod reader;
mod unix;
mod vms;

pub use dos::parse_dos;
pub use entry::{Entry, EntryKind};
pub use facts::{Facts, parse_facts, write_facts};
pub use long::write_long;
pub use options::ListArgument;
pub use reader::ListReader;
pub use unix::parse_unix;

use crate::time::WallTime;
use alloc::vec::Vec;

/// Which entries a listing shows, and in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOptions {
    /// The form of each line.
    pub form: ListForm,
    /// `-a`: names that begin with `.` too.
    pub hidden: bool,
    /// `-R`: the directories below as well.
    pub recursive: bool,
    /// The last component of the path may be a pattern of `*`, `?` and `[…]`.
    pub glob: bool,
}

/// The form of a listing's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// LIST: as `ls -l` shows it.
    Long,
    /// NLST: names alone.
    Names,
    /// MLSD: facts (RFC 3659 7).
    Facts(Facts),
}

/// Appends the line of one entry, with its CRLF, as it goes over the data connection. `now` is the server's time, which
/// decides how [`ListForm::Long`] shows a date.
///
/// Nothing is appended for an entry that no line can show: one that is not [listable](Entry::is_listable), or the
/// directory itself or its parent where nothing would tell them from an entry of that name (RFC 3659 7.5.1.2).
pub fn write_line(entry: &Entry, form: ListForm, now: WallTime, out: &mut Vec<u8>) {
    let untold = matches!(form, ListForm::Facts(facts) if !facts.contains(Facts::TYPE));
    if !entry.is_listable() || (untold && matches!(entry.kind, EntryKind::Current | EntryKind::Parent)) {
        return;
    }
    match form {
        ListForm::Long => write_long(entry, now, out),
        ListForm::Names => out.extend_from_slice(&entry.name),
        ListForm::Facts(facts) => write_facts(entry, facts, out),
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

    fn written(entry: &Entry, form: ListForm) -> Vec<u8> {
        let mut out = Vec::new();
        write_line(entry, form, NOW, &mut out);
        out
    }

    #[test]
    fn every_form_ends_its_line() {
        let file = Entry::file("f", 1);
        assert_eq!(written(&file, ListForm::Names), b"f\r\n");
        assert_eq!(written(&file, ListForm::Facts(Facts::SIZE)), b"size=1; f\r\n");
        assert!(written(&file, ListForm::Long).ends_with(b" f\r\n"));
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        for name in [&b""[..], b"a\r\nb", b"a\nb", b"a\rb", b"a\0b"] {
            for form in [ListForm::Long, ListForm::Names, ListForm::Facts(Facts::ALL)] {
                assert_eq!(written(&Entry::file(name, 1), form), b"");
            }
        }
    }

    #[test]
    fn the_directory_itself_is_shown_only_with_its_type() {
        for kind in [EntryKind::Current, EntryKind::Parent] {
            let entry = Entry::new("/pub", kind);
            assert_eq!(written(&entry, ListForm::Facts(Facts::SIZE)), b"");
            assert!(!written(&entry, ListForm::Facts(Facts::TYPE)).is_empty());
        }
    }

    #[test]
    fn a_line_of_either_kind_is_read() {
        for line in
            [&b"-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 f\r\n"[..], b"11-07-98 12:00AM 5 f\n", b"11-07-98 00:00 5 f"]
        {
            let entry = ListReader::new(NOW).line(line).unwrap();
            assert_eq!(
                (&entry.name[..], entry.size, entry.modified),
                (&b"f"[..], Some(5), WallTime::parse(b"19981107000000"))
            );
        }
        assert_eq!(ListReader::new(NOW).line(b"total 5\r\n"), None);
    }
}
