//! What LIST, NLST, MLSD and STAT show of a storage: which entries, and the stream of their lines. How one line is
//! written is [`ftp_core::listing`]'s.
//!
//! - NLST shows bare names; where a path was given, behind its directory as it was written, so that each can be given to
//!   RETR as it is (RFC 1123 4.1.2.7).
//! - MLSD shows every entry, those that begin with `.` too, and before them the directory itself (`cdir`) and the one
//!   above it (`pdir`) by their full paths (RFC 3659 7.5.1).
//! - `-R` goes at most [`MAX_DEPTH`] directories deep, never through links, and heads each with its path below the first.
//! - A pattern is tried where nothing has the name as it stands. It knows `*`, `?`, `[…]` and `{a,b}`; it is matched in
//!   linear time, and against the last component alone.

use crate::storage::{Result, Storage};
use ftp_core::action::StorageError;
use ftp_core::listing::{Entry, EntryKind, ListForm, ListOptions, write_line};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use globset::{Candidate, GlobBuilder, GlobMatcher};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

/// How many directories below the first `-R` goes.
pub const MAX_DEPTH: usize = 32;

/// How many directories may wait for their turn in a `-R`: what bounds its memory. Beyond it the listing fails.
const MAX_PENDING: usize = 65_536;

/// The lines that are made ready at once, in bytes.
const CHUNK: usize = 32 * 1024;

/// The entries that a path and options choose, in order.
pub(crate) struct Selection {
    /// They are those of a directory, not a file that was named.
    pub(crate) of_directory: bool,
    /// The directory itself and the one above it, for MLSD.
    ahead: VecDeque<Entry>,
    entries: Box<dyn Iterator<Item = Result<Entry>> + Send>,
    pattern: Option<GlobMatcher>,
    hidden: bool,
    permissions: Permissions,
}

impl Selection {
    /// Finds what `path` names: a directory's entries, a file, or what a pattern matches.
    pub(crate) fn open(
        storage: &dyn Storage,
        path: &VirtualPath,
        options: ListOptions,
        permissions: Permissions,
    ) -> Result<Self> {
        let mut selection = Self {
            of_directory: true,
            ahead: VecDeque::new(),
            entries: Box::new(core::iter::empty()),
            pattern: None,
            hidden: options.hidden || matches!(options.form, ListForm::Facts(_)),
            permissions,
        };
        match storage.entry(path) {
            Ok(entry) if entry.kind == EntryKind::Directory => {
                selection.entries = storage.list(path)?;
                if let ListForm::Facts(_) = options.form {
                    selection.ahead.push_back(named(entry, EntryKind::Current, path));
                    let parent = path.parent();
                    if !path.is_root()
                        && let Ok(entry) = storage.entry(&parent)
                    {
                        selection.ahead.push_back(named(entry, EntryKind::Parent, &parent));
                    }
                }
            }
            // RFC 3659 7.2: MLSD is for directories alone.
            Ok(_) if matches!(options.form, ListForm::Facts(_)) => return Err(StorageError::NotADirectory),
            Ok(entry) => {
                // A name that was asked for is shown, hidden or not.
                selection.hidden = true;
                selection.of_directory = false;
                selection.entries = Box::new(core::iter::once(Ok(entry)));
            }
            Err(StorageError::NotFound | StorageError::NameNotAllowed) if options.glob && is_pattern(path.name()) => {
                selection.pattern = Some(pattern(path.name())?);
                selection.hidden |= path.name().starts_with(b".");
                selection.entries = storage.list(&path.parent())?;
            }
            Err(error) => return Err(error),
        }
        Ok(selection)
    }

    fn shows(&self, entry: &Entry) -> bool {
        entry.is_listable()
            && (self.hidden || !entry.name.starts_with(b"."))
            && self.pattern.as_ref().is_none_or(|glob| glob.is_match_candidate(&Candidate::from_bytes(&entry.name)))
    }
}

impl Iterator for Selection {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut found = match self.ahead.pop_front() {
            Some(entry) => Ok(entry),
            None => loop {
                match self.entries.next()? {
                    Ok(entry) if !self.shows(&entry) => {}
                    found => break found,
                }
            },
        };
        if let Ok(entry) = &mut found {
            entry.permissions = self.permissions;
        }
        Some(found)
    }
}

/// `entry` by its full path.
fn named(mut entry: Entry, kind: EntryKind, path: &VirtualPath) -> Entry {
    entry.name = path.as_bytes().to_vec();
    entry.kind = kind;
    entry
}

fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

fn pattern(name: &[u8]) -> Result<GlobMatcher> {
    // What is no pattern is a name, and no file has it.
    let text = core::str::from_utf8(name).map_err(|_| StorageError::NotFound)?;
    let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
    Ok(glob.map_err(|_| StorageError::NotFound)?.compile_matcher())
}

/// The lines of a listing, made as they are read.
pub struct Listing {
    storage: Arc<dyn Storage>,
    options: ListOptions,
    now: WallTime,
    /// What stands in front of each name.
    prefix: Vec<u8>,
    /// The directory that is being listed, as far as `-R` goes into it.
    current: Option<(Selection, Directory)>,
    pending: Vec<Directory>,
    lines: Vec<u8>,
    sent: usize,
}

/// A directory that `-R` has come upon.
struct Directory {
    path: VirtualPath,
    /// Its path below the first directory; empty for that one.
    header: Vec<u8>,
    depth: usize,
}

impl Listing {
    /// The listing of `path`, for an account with `permissions`, as it looks at the time `now`.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], [`StorageError::NotADirectory`] (MLSD of a file), or what the medium says.
    pub fn open(
        storage: Arc<dyn Storage>,
        path: &VirtualPath,
        options: ListOptions,
        permissions: Permissions,
        now: WallTime,
    ) -> Result<Self> {
        let selection = Selection::open(&*storage, path, options, permissions)?;
        let base = if selection.pattern.is_some() { path.parent() } else { path.clone() };
        let first = Directory { path: base, header: Vec::new(), depth: 0 };
        let current = Some((selection, first));
        Ok(Self { storage, options, now, prefix: Vec::new(), current, pending: Vec::new(), lines: Vec::new(), sent: 0 })
    }

    /// The same with each name behind the directory of this path, which is what was listed as the client wrote it. A listing of
    /// several directories says in between which they are.
    pub(crate) fn behind(mut self, asked: &[u8]) -> Self {
        let of_directory =
            self.current.as_ref().is_some_and(|(found, _)| found.of_directory && found.pattern.is_none());
        let directory = if of_directory || asked.is_empty() {
            asked
        } else {
            let end = asked.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
            asked.get(..end).unwrap_or_default()
        };
        if !self.options.recursive && !directory.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            self.prefix = directory.to_vec();
            if !matches!(self.prefix.last(), None | Some(b'/')) {
                self.prefix.push(b'/');
            }
        }
        self
    }

    /// Makes the next lines ready, none at the end.
    fn fill(&mut self) -> Result<()> {
        self.lines.clear();
        self.sent = 0;
        while self.lines.len() < CHUNK {
            let Some((selection, directory)) = &mut self.current else { return Ok(()) };
            let Some(entry) = selection.next() else {
                self.go_down();
                continue;
            };
            let entry = entry?;
            if self.options.recursive && entry.kind == EntryKind::Directory && directory.depth < MAX_DEPTH {
                if self.pending.len() == MAX_PENDING {
                    return Err(StorageError::Unsupported);
                }
                self.pending.extend(directory.child(&entry.name));
            }
            if entry.is_listable() {
                self.lines.extend_from_slice(&self.prefix);
            }
            write_line(&entry, self.options.form, self.now, &mut self.lines);
        }
        Ok(())
    }

    /// Turns to the next directory of a `-R`, if there is one that can be read.
    fn go_down(&mut self) {
        let permissions = self.current.take().map_or(Permissions::NONE, |(selection, _)| selection.permissions);
        let Some(directory) = self.pending.pop() else { return };
        self.lines.extend_from_slice(b"\r\n");
        self.lines.extend_from_slice(&directory.header);
        self.lines.extend_from_slice(b":\r\n");
        // What cannot be read, or has gone, or is no directory any more, is shown as empty: one such directory is no
        // reason to lose the rest.
        let entries = self.storage.list(&directory.path).unwrap_or_else(|_| Box::new(core::iter::empty()));
        let selection = Selection {
            of_directory: true,
            ahead: VecDeque::new(),
            entries,
            pattern: None,
            hidden: self.options.hidden,
            permissions,
        };
        self.current = Some((selection, directory));
    }
}

impl Directory {
    fn child(&self, name: &[u8]) -> Option<Self> {
        let path = self.path.resolve(name).ok()?;
        let separator: &[u8] = if self.header.is_empty() { b"" } else { b"/" };
        Some(Self { path, header: [&self.header, separator, name].concat(), depth: self.depth + 1 })
    }
}

impl Read for Listing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sent == self.lines.len() {
            self.fill().map_err(into_io)?;
        }
        let mut ready = self.lines.get(self.sent..).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.sent += count;
        Ok(count)
    }
}

fn into_io(error: StorageError) -> io::Error {
    let kind = match error {
        StorageError::NotFound => ErrorKind::NotFound,
        StorageError::Denied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, format!("{error:?}"))
}
