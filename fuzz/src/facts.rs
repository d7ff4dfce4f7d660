//! Lines of MLSD and MLST.

use ftp_core::listing::{Entry, EntryKind, Facts, ListForm, parse_facts, write_line};
use ftp_core::time::WallTime;

/// Lines of a listing.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    for line in data.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(entry) = parse_facts(line) else { continue };
        assert!(!entry.name.is_empty() && line.ends_with(&entry.name), "a name is the end of its line");
        written(&entry);
    }
}

/// What a line shows of an entry is what it is read back as.
fn written(entry: &Entry) {
    let mut line = Vec::new();
    write_line(entry, ListForm::Facts(Facts::ALL), WallTime::default(), &mut line);
    if !entry.is_listable() {
        return assert!(line.is_empty(), "a name that no line can hold has no line");
    }
    let text = line.strip_suffix(b"\r\n").unwrap_or_else(|| panic!("no line: {}", line.escape_ascii()));
    assert!(!text.contains(&b'\n') && !text.contains(&b'\r'), "one entry is one line");
    let again = parse_facts(text).unwrap_or_else(|| panic!("not read: {}", text.escape_ascii()));
    let mut shown = Entry { links: None, ..entry.clone() };
    shown.size = shown.size.filter(|_| !entry.is_directory());
    shown.modified = shown.modified.map(|time| WallTime { nanos: 0, ..time });
    // The target of a link is left out where a fact cannot hold it, and letters that say nothing of this kind are not shown.
    if let (EntryKind::Symlink(_), EntryKind::Symlink(target)) = (&shown.kind, &again.kind)
        && target.is_empty()
    {
        shown.kind = EntryKind::Symlink(Vec::new());
    }
    shown.permissions = again.permissions;
    assert_eq!(again, shown, "{}", text.escape_ascii());
    let mut twice = Vec::new();
    write_line(&again, ListForm::Facts(Facts::ALL), WallTime::default(), &mut twice);
    assert_eq!(twice, line, "what was read is written as it was");
}
