//! Writing the lines of LIST, as `ls -l` shows them. Reading what other servers give for it stands in `unix.rs`.

use super::digits::push_number;
use super::entry::is_one_line;
use super::{Entry, EntryKind};
use crate::permission::Permissions;
use crate::time::WallTime;
use alloc::vec::Vec;

/// The months as `ls` abbreviates them in English.
pub(super) const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Half a year of 365.2425 days, in seconds: what is older is shown with its year.
const HALF_YEAR: i64 = 15_778_476;
/// How far ahead of the present a time without a year may lie, in seconds: clocks differ, and zones more.
pub(super) const DAY: i64 = 86_400;

/// Appends the line of LIST for `entry`, without an end. Owner and group are `ftp`: those of the server's system are
/// nobody's business. An entry whose name holds a line end must be left out; [`write_line`](super::write_line) does so.
pub fn write_long(entry: &Entry, now: WallTime, out: &mut Vec<u8>) {
    write_mode(entry, out);
    out.push(b' ');
    push_number(out, entry.links.unwrap_or(1), 10, 3, b' ');
    out.extend_from_slice(b" ftp      ftp      ");
    push_number(out, entry.size.unwrap_or(0), 10, 12, b' ');
    out.push(b' ');
    write_date(entry.modified.unwrap_or_default(), now, out);
    out.push(b' ');
    out.extend_from_slice(&entry.name);
    if let EntryKind::Symlink(target) = &entry.kind
        && !target.is_empty()
        && is_one_line(target)
    {
        out.extend_from_slice(b" -> ");
        out.extend_from_slice(target);
    }
}

fn write_mode(entry: &Entry, out: &mut Vec<u8>) {
    let kind = match entry.kind {
        EntryKind::File => b'-',
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => b'd',
        EntryKind::Symlink(_) => b'l',
        EntryKind::Other => b'p',
    };
    let mode = entry.mode.unwrap_or_else(|| default_mode(entry));
    let bit = |bit: u32, letter: u8| if mode & bit == 0 { b'-' } else { letter };
    // The execute letter tells a special bit too: lower case where both are set, upper case where it stands alone.
    let execute = |execute: u32, special: u32, letter: u8| match (mode & execute != 0, mode & special != 0) {
        (false, false) => b'-',
        (true, false) => b'x',
        (true, true) => letter,
        (false, true) => letter.to_ascii_uppercase(),
    };
    out.extend_from_slice(&[
        kind,
        bit(0o400, b'r'),
        bit(0o200, b'w'),
        execute(0o100, 0o4000, b's'),
        bit(0o040, b'r'),
        bit(0o020, b'w'),
        execute(0o010, 0o2000, b's'),
        bit(0o004, b'r'),
        bit(0o002, b'w'),
        execute(0o001, 0o1000, b't'),
    ]);
}

/// The bits that say what the user may do, for a storage that has none.
fn default_mode(entry: &Entry) -> u32 {
    let may = |rights: &[Permissions]| rights.iter().any(|right| entry.permissions.allows(*right));
    let (read, write, search) = match entry.kind {
        EntryKind::Symlink(_) => return 0o777,
        EntryKind::File | EntryKind::Other => {
            (may(&[Permissions::READ]), may(&[Permissions::OVERWRITE, Permissions::APPEND]), 0)
        }
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => {
            let change = [Permissions::CREATE, Permissions::MAKE_DIR, Permissions::DELETE, Permissions::REMOVE_DIR];
            (may(&[Permissions::LIST]), may(&change), 0o111)
        }
    };
    search | if read { 0o444 } else { 0 } | if write { 0o200 } else { 0 }
}

/// `Nov  7 08:52` in the last half year, `Nov  7  1998` otherwise.
fn write_date(modified: WallTime, now: WallTime, out: &mut Vec<u8>) {
    let civil = modified.civil();
    let month = usize::from(civil.month).checked_sub(1).and_then(|month| MONTHS.get(month)).copied();
    out.extend_from_slice(month.unwrap_or(&[b'?'; 3]));
    push_number(out, u64::from(civil.day), 10, 3, b' ');
    out.push(b' ');
    let age = now.seconds.saturating_sub(modified.seconds);
    if (-DAY..HALF_YEAR).contains(&age) {
        push_number(out, u64::from(civil.hour), 10, 2, b'0');
        out.push(b':');
        push_number(out, u64::from(civil.minute), 10, 2, b'0');
    } else {
        out.push(b' ');
        push_number(out, u64::try_from(civil.year).unwrap_or(0).min(9999), 10, 4, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    /// 2026-11-20 12:00.
    const NOW: WallTime = WallTime { seconds: 1_795_176_000, nanos: 0 };

    fn written(entry: &Entry) -> String {
        let mut out = Vec::new();
        write_long(entry, NOW, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn dated(seconds_ago: i64) -> String {
        let modified = Some(WallTime { seconds: NOW.seconds - seconds_ago, nanos: 0 });
        written(&Entry { modified, ..Entry::file("f", 1) })
    }

    #[test]
    fn files_directories_and_links() {
        let modified = WallTime::parse(b"20261107085215");
        let file = Entry { modified, mode: Some(0o640), links: Some(2), ..Entry::file("a b", 1234) };
        assert_eq!(written(&file), "-rw-r-----   2 ftp      ftp              1234 Nov  7 08:52 a b");
        let directory = Entry { modified, ..Entry::directory("pub") };
        assert_eq!(written(&directory), "drwxr-xr-x   1 ftp      ftp                 0 Nov  7 08:52 pub");
        let link = Entry { modified, size: Some(3), ..Entry::new("l", EntryKind::Symlink(b"pub".into())) };
        assert_eq!(written(&link), "lrwxrwxrwx   1 ftp      ftp                 3 Nov  7 08:52 l -> pub");
        let unknown = Entry { modified, ..Entry::new("l", EntryKind::Symlink(Vec::new())) };
        assert!(written(&unknown).ends_with(" l"));
        let forging = Entry { modified, ..Entry::new("l", EntryKind::Symlink(b"a\r\nb".into())) };
        assert!(written(&forging).ends_with(" l"));
    }

    #[test]
    fn a_time_is_shown_for_half_a_year() {
        assert!(dated(0).ends_with(" Nov 20 12:00 f"));
        assert!(dated(-DAY).ends_with(" Nov 21 12:00 f"));
        assert!(dated(-DAY - 1).ends_with(" Nov 21  2026 f"));
        assert!(dated(HALF_YEAR - 1).ends_with(" May 21 21:05 f"));
        assert!(dated(HALF_YEAR).ends_with(" May 21  2026 f"));
    }

    #[test]
    fn dates_at_the_ends_of_time_keep_the_columns() {
        for seconds in [i64::MIN, i64::MAX] {
            let line = written(&Entry { modified: Some(WallTime { seconds, nanos: 0 }), ..Entry::file("f", 1) });
            assert_eq!(line.len(), dated(0).len());
        }
    }

    #[test]
    fn special_bits_take_the_place_of_execute() {
        let mode = |mode| written(&Entry { mode: Some(mode), ..Entry::file("f", 1) })[..10].into();
        let modes: [String; 4] = [mode(0o7777), mode(0o7000), mode(0o4711), mode(0o1666)];
        assert_eq!(modes, ["-rwsrwsrwt", "---S--S--T", "-rws--x--x", "-rw-rw-rwT"]);
    }

    #[test]
    fn rights_stand_in_for_a_mode() {
        let mode = |entry: Entry, permissions| -> String { written(&Entry { permissions, ..entry })[..10].into() };
        assert_eq!(mode(Entry::file("f", 1), Permissions::ALL), "-rw-r--r--");
        assert_eq!(mode(Entry::file("f", 1), Permissions::READ_ONLY), "-r--r--r--");
        assert_eq!(mode(Entry::directory("d"), Permissions::READ_ONLY), "dr-xr-xr-x");
        assert_eq!(mode(Entry::directory("d"), Permissions::CREATE), "d-wx--x--x");
    }
}
