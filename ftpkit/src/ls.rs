//! `ftpkit ls`: what is in a directory of a server.

use crate::cli::LsOptions;
use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::refusal::failure;
use crate::session::Session;
use crate::text::shown;
use crate::url::encoded_path;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::time::WallTime;
use serde::Serialize;

/// Lists a directory.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &LsOptions, console: Console) -> Result<(), Failure> {
    let url = &options.url;
    let what = || format!("cannot list {url}");
    let mut session = Session::open(url, &options.connect, console)?;
    let path = (!url.path.is_empty()).then(|| url.path.clone());
    let Outcome::Entries(entries) = session.ask(Request::List(path)).map_err(|error| failure(what(), &error))? else {
        return Err(failure(what(), &ClientError::Protocol("a listing")));
    };
    session.close();
    let entries: Vec<_> =
        entries.into_iter().filter(|entry| !matches!(entry.kind, EntryKind::Current | EntryKind::Parent)).collect();
    let width = entries.iter().map(|entry| size(entry).len()).max().unwrap_or(0);
    for entry in &entries {
        let line = if console.json() {
            serde_json::to_string(&Line::of(entry)).map_err(|error| Failure::new(Exit::Internal, what(), error))?
        } else if options.names {
            shown(&entry.name)
        } else {
            columns(entry, width)
        };
        if Console::result(&line)? == Go::Stop {
            break;
        }
    }
    Ok(())
}

fn columns(entry: &Entry, width: usize) -> String {
    let time = entry.modified.map_or_else(|| "-".to_owned(), date);
    let name = shown(&entry.name);
    let target = match &entry.kind {
        EntryKind::Symlink(target) if !target.is_empty() => format!(" -> {}", shown(target)),
        _ => String::new(),
    };
    format!("{} {:>width$} {time:<16} {name}{target}", mode(entry), size(entry))
}

fn size(entry: &Entry) -> String {
    match (&entry.kind, entry.size) {
        (EntryKind::File, Some(size)) => size.to_string(),
        _ => "-".to_owned(),
    }
}

/// `-rw-r--r--`, as far as it is known.
fn mode(entry: &Entry) -> String {
    let kind = match entry.kind {
        EntryKind::File => '-',
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => 'd',
        EntryKind::Symlink(_) => 'l',
        EntryKind::Other => '?',
    };
    let bits = (0..9).map(|at| match entry.mode {
        None => '?',
        Some(mode) if mode >> (8 - at) & 1 == 0 => '-',
        Some(_) => ['r', 'w', 'x'][at % 3],
    });
    std::iter::once(kind).chain(bits).collect()
}

/// `2026-11-23 14:05`, in UTC as FTP has it (RFC 3659 2.3).
fn date(time: WallTime) -> String {
    let civil = time.civil();
    format!("{:04}-{:02}-{:02} {:02}:{:02}", civil.year, civil.month, civil.day, civil.hour, civil.minute)
}

/// An entry in JSON.
#[derive(Serialize)]
struct Line {
    /// Bytes that are not UTF-8 are replaced by U+FFFD; `path` has them.
    name: String,
    /// The name as it stands in a URL.
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
    fn of(entry: &Entry) -> Self {
        let (kind, target) = match &entry.kind {
            EntryKind::File => ("file", None),
            EntryKind::Directory | EntryKind::Current | EntryKind::Parent => ("directory", None),
            EntryKind::Symlink(target) => ("link", Some(target)),
            EntryKind::Other => ("other", None),
        };
        Self {
            name: String::from_utf8_lossy(&entry.name).into_owned(),
            path: encoded_path(&entry.name),
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
            let json = serde_json::to_string(&Line::of(entry)).unwrap_or_default();
            out.extend([columns(entry, 6), "\n".into(), json, "\n".into()]);
        }
        insta::assert_snapshot!(out);
    }
}
