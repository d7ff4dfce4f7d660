//! A listed entry as text: in columns for people, in JSON for scripts.

use crate::remote::encoded_path;
use crate::text::shown;
use crate::tone::{Styled, Tone};
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::time::WallTime;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// The columns of a listing: kind and permissions, size, time, name. `width` is that of the size.
pub(crate) fn columns(entry: &Entry, width: usize) -> Styled {
    let time = entry.modified.map_or_else(|| "-".to_owned(), date);
    let target = match &entry.kind {
        EntryKind::Symlink(target) if !target.is_empty() => format!(" -> {}", shown(target)),
        _ => String::new(),
    };
    Styled::from(format!("{} {:>width$} {time:<16} ", mode(entry), size(entry)))
        .and(tone(entry), shown(&entry.name))
        .and(Tone::Plain, target)
}

/// Names in as many columns as there is room for.
pub(crate) fn in_columns(names: &[(Tone, String)], room: usize) -> Vec<Styled> {
    let widest = names.iter().map(|(_, name)| name.width()).max().unwrap_or(0) + 2;
    let rows = names.len().div_ceil((room / widest).max(1));
    let row = |row| {
        let mut cells = names.iter().skip(row).step_by(rows).peekable();
        let mut line = Styled::default();
        while let Some((tone, name)) = cells.next() {
            line = line.and(*tone, name.clone());
            if cells.peek().is_some() {
                line = line.and(Tone::Plain, " ".repeat(widest - name.width()));
            }
        }
        line
    };
    (0..rows).map(row).collect()
}

/// What kind of thing a name stands for, to be seen at once.
pub(crate) fn tone(entry: &Entry) -> Tone {
    match entry.kind {
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => Tone::Directory,
        EntryKind::Symlink(_) => Tone::Link,
        EntryKind::File | EntryKind::Other => Tone::Plain,
    }
}

/// The size of a file; of anything else it means nothing.
pub(crate) fn size(entry: &Entry) -> String {
    match (&entry.kind, entry.size) {
        (EntryKind::File, Some(size)) => size.to_string(),
        _ => "-".to_owned(),
    }
}

/// `-rw-r--r--`; the kind alone where the permissions are not known.
fn mode(entry: &Entry) -> String {
    let kind = match entry.kind {
        EntryKind::File => '-',
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => 'd',
        EntryKind::Symlink(_) => 'l',
        EntryKind::Other => '?',
    };
    let bits = (0..9).map(|at| match entry.mode {
        None => ' ',
        Some(mode) if mode >> (8 - at) & 1 == 0 => '-',
        Some(_) => ['r', 'w', 'x'][at % 3],
    });
    std::iter::once(kind).chain(bits).collect()
}

/// `2026-11-23 14:05`, in UTC as FTP has it (RFC 3659 2.3).
pub(crate) fn date(time: WallTime) -> String {
    let civil = time.civil();
    format!("{:04}-{:02}-{:02} {:02}:{:02}", civil.year, civil.month, civil.day, civil.hour, civil.minute)
}

/// An entry in JSON.
#[derive(Serialize)]
pub(crate) struct Line {
    /// Bytes that are not UTF-8 are replaced by U+FFFD; `path` has them.
    name: String,
    /// The name, or the path below what was listed, as it stands in a URL.
    path: String,
    kind: &'static str,
    size: Option<u64>,
    /// `2026-11-23T14:05:09Z`.
    modified: Option<String>,
    /// The permission bits in octal.
    mode: Option<String>,
    /// Where a link leads.
    target: Option<String>,
}

impl Line {
    /// Of this entry; `path` is the name, or where the entry stands, as bytes.
    pub(crate) fn of(entry: &Entry, path: &[u8]) -> Self {
        let (kind, target) = match &entry.kind {
            EntryKind::File => ("file", None),
            EntryKind::Directory | EntryKind::Current | EntryKind::Parent => ("directory", None),
            EntryKind::Symlink(target) => ("link", Some(target)),
            EntryKind::Other => ("other", None),
        };
        Self {
            name: String::from_utf8_lossy(&entry.name).into_owned(),
            path: encoded_path(path),
            kind,
            size: entry.size,
            modified: entry.modified.map(|time| {
                let second = time.civil().second;
                format!("{}:{second:02}Z", date(time).replace(' ', "T"))
            }),
            mode: entry.mode.map(|mode| format!("{mode:04o}")),
            target: target
                .filter(|target| !target.is_empty())
                .map(|target| String::from_utf8_lossy(target).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_core::permission::Permissions;

    fn entry(name: &[u8], kind: EntryKind, mode: Option<u32>) -> Entry {
        Entry {
            name: name.to_vec(),
            kind,
            size: Some(1234),
            modified: Some(WallTime { seconds: 951_786_062, nanos: 0 }),
            mode,
            links: None,
            unique: None,
            permissions: Permissions::NONE,
        }
    }

    #[test]
    fn columns_and_json() {
        let entries = [
            entry(b"plain.txt", EntryKind::File, Some(0o644)),
            entry(b"dir", EntryKind::Directory, Some(0o755)),
            entry(b"link", EntryKind::Symlink(b"a\x1bb".to_vec()), Some(0o777)),
            Entry { size: None, modified: None, ..entry(b"bell\x07 \xff%", EntryKind::File, None) },
        ];
        let mut out = String::new();
        for entry in &entries {
            let json = serde_json::to_string(&Line::of(entry, &entry.name)).unwrap_or_default();
            out.extend([columns(entry, 6).text(), "\n".into(), json, "\n".into()]);
        }
        insta::assert_snapshot!(out);
    }
}
