//! Lines of LIST, in whichever form a server gives them.

use ftp_core::listing::{Entry, ListForm, ListReader, parse_dos, parse_unix, write_line};
use ftp_core::time::WallTime;

/// November 2026.
const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

/// A listing.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let mut reader = ListReader::new(NOW);
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(entry) = reader.line(line) {
            assert!(!entry.name.is_empty(), "a name is something");
            assert!(entry.modified.is_none_or(|time| time.nanos < 1_000_000_000));
            assert!(entry.mode.is_none_or(|mode| mode <= 0o7777), "{:?}", entry.mode);
            written(&entry);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let _ = (parse_unix(line, WallTime { seconds: i64::MIN, nanos: 0 }), parse_dos(line));
    }
}

/// The line of an entry is one line, and what is read back has its name, size and mode.
fn written(entry: &Entry) {
    let mut line = Vec::new();
    write_line(entry, ListForm::Long, NOW, &mut line);
    if !entry.is_listable() {
        return assert!(line.is_empty(), "a name that no line can hold has no line");
    }
    assert!(line.ends_with(b"\r\n"));
    assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1), "one entry is one line");
    let again = ListReader::new(NOW).line(&line).unwrap_or_else(|| panic!("not read: {}", line.escape_ascii()));
    assert_eq!(again.size.unwrap_or(0), entry.size.unwrap_or(0), "{}", line.escape_ascii());
    assert_eq!(again.mode, entry.mode.or(again.mode), "{}", line.escape_ascii());
    // With an arrow of its own a name can be read in two ways.
    if !entry.name.contains(&b'>')
        && !matches!(&entry.kind, ftp_core::listing::EntryKind::Symlink(target) if target.contains(&b'>'))
    {
        assert_eq!(again.name, entry.name, "{}", line.escape_ascii());
    }
}
