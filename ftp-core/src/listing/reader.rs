//! [`ListReader`]: the lines of a LIST one after the other, in whichever form the server gives them. What one line cannot tell
//! stands in those before it: a heading, a name too long for its line.

use super::Entry;
use super::as400::parse_as400;
use super::dos::parse_dos;
use super::eplf::parse_eplf;
use super::mvs::{MvsColumns, parse_mvs};
use super::netware::parse_netware;
use super::unix::parse_unix;
use super::vms::{long_name, parse_vms};
use crate::time::WallTime;
use alloc::vec::Vec;

/// Reads a listing line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListReader {
    now: WallTime,
    /// The heading of an MVS listing was seen.
    mvs: Option<MvsColumns>,
    /// A VMS name whose line goes on below.
    long_name: Vec<u8>,
    /// The last VMS name: older versions of it follow.
    newest: Vec<u8>,
}

impl ListReader {
    /// Before the first line. `now` is the client's time, from which a date without a year is understood.
    pub const fn new(now: WallTime) -> Self {
        Self { now, mvs: None, long_name: Vec::new(), newest: Vec::new() }
    }

    /// Reads the next line; its line end may still be there. `None` for a line that shows no entry, or none yet.
    pub fn line(&mut self, line: &[u8]) -> Option<Entry> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(columns) = MvsColumns::announced_by(line) {
            self.mvs = Some(columns);
            return None;
        }
        if let Some(columns) = self.mvs {
            return parse_mvs(line, columns);
        }
        let first = core::mem::take(&mut self.long_name);
        if !first.is_empty() && line.starts_with(b" ") {
            return self.newest_version(&[&first, line].concat());
        }
        if let Some(name) = long_name(line) {
            self.long_name.extend_from_slice(name);
            return None;
        }
        let now = self.now;
        parse_unix(line, now)
            .or_else(|| parse_dos(line))
            .or_else(|| parse_eplf(line))
            .or_else(|| parse_netware(line, now))
            .or_else(|| parse_as400(line))
            .or_else(|| self.newest_version(line))
    }

    /// A file of VMS is listed once for each version, the last one first.
    fn newest_version(&mut self, line: &[u8]) -> Option<Entry> {
        let entry = parse_vms(line).filter(|entry| entry.name != self.newest)?;
        self.newest.clone_from(&entry.name);
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

    fn names(lines: &str) -> Vec<String> {
        let mut reader = ListReader::new(NOW);
        let entries = lines.lines().filter_map(|line| reader.line(line.as_bytes()));
        entries.map(|entry| String::from_utf8(entry.name).unwrap()).collect()
    }

    #[test]
    fn a_name_too_long_for_its_line_goes_on_below() {
        let listing = "Directory DISK:[ANN]\n\nA.TXT;2  1/3  21-NOV-2026 12:01  [ANN]  (RWED,,,)\n\
            A.TXT;1  1/3  20-NOV-2026 12:01  [ANN]  (RWED,,,)\n\
            A_NAME_THAT_IS_TOO_LONG_FOR_ONE_LINE.TXT;1\n                    213/216  29-JAN-1996 03:33:12  [ANN]  (RWED,,,)\n\
            CUT.TXT;1\nB.TXT;7  1/3  21-NOV-2026 12:01\n\nTotal of 5 files, 219/228 blocks.";
        assert_eq!(names(listing), ["A.TXT", "A_NAME_THAT_IS_TOO_LONG_FOR_ONE_LINE.TXT", "B.TXT"]);
    }

    #[test]
    fn below_a_heading_lines_have_its_columns() {
        let listing = " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\n ONE\n TWO";
        assert_eq!(names(listing), ["ONE", "TWO"]);
        assert_eq!(names(" ONE\n TWO"), [""; 0]);
    }

    #[test]
    fn forms_may_be_mixed() {
        let listing = "total 5\n-rw-r--r-- 1 ftp ftp 5 Nov  7  1998 unix\n11-07-98 12:00AM 5 dos\n+r,\teplf\n\
            - [R----F--] ann 5 Oct 20 1995 netware\nANN 5 02/23/26 15:09:55 *STMF as400\nVMS.;1 5";
        assert_eq!(names(listing), ["unix", "dos", "eplf", "netware", "as400", "VMS."]);
    }

    proptest! {
        #[test]
        fn any_lines_can_be_read(lines in proptest::collection::vec("[ -~\t]{0,60}|[A-Z.]{1,8};[0-9]|Name VV.MM x", 0..12)) {
            let mut reader = ListReader::new(NOW);
            for line in lines {
                prop_assert!(reader.line(line.as_bytes()).is_none_or(|entry| !entry.name.is_empty()));
            }
        }
    }
}
