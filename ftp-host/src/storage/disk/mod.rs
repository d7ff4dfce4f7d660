//! [`Disk`]: a directory tree of the operating system.
//!
//! Every path is resolved beneath the root by directory handles (cap-std; on Linux openat2 with `RESOLVE_BENEATH`), never
//! by comparing strings: links that are absolute or lead out of the root are refused. A call that changes a name
//! holds its directory open and names one component below it, so that nothing swapped meanwhile can lead it astray.
//!
//! How an upload comes to be is in `upload` and `aside`, how a directory is read in `list`, and what differs between
//! operating systems in `system`.

mod aside;
mod folder;
mod list;
#[cfg(unix)]
mod pieces;
#[cfg(target_os = "linux")]
mod prompt;
mod system;
mod upload;

pub use folder::Folder;
#[cfg(unix)]
pub use pieces::{Left, MOST_PIECES, Piece, PieceWriter, Pieces, Version};
#[cfg(target_os = "linux")]
pub(crate) use prompt::is_in_memory;

use super::error::from_io;
use super::{Result, Source, Storage, Upload, aside as names};
use crate::clock::{system_time, wall_time};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use std::ffi::OsStr;
use std::io::{self, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// A directory tree on disk.
pub struct Disk {
    root: Dir,
    /// Opening a file that was looked up before takes no waiting here.
    #[cfg(target_os = "linux")]
    prompt: bool,
    fsync: bool,
}

impl Disk {
    /// The tree below `root`. The directory is opened once: what is later mounted over or put in place of it
    /// does not matter.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(root: &Path) -> io::Result<Self> {
        let root = Dir::open_ambient_dir(root, ambient_authority())?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            prompt: prompt::is_trusted(&root),
            root,
            fsync: false,
        })
    }

    /// Must an upload have reached the medium, with its directory, before it counts as published? Slower, and safe
    /// against power cuts. Off at first.
    #[must_use]
    pub fn with_fsync(self, fsync: bool) -> Self {
        Self { fsync, ..self }
    }

    /// The directory `path`, held open for small files.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], or what the operating system says.
    pub fn folder(&self, path: &VirtualPath) -> Result<Folder> {
        Folder::open(self, path)
    }

    /// The directory `path`, open.
    fn directory(&self, path: &VirtualPath) -> Result<Dir> {
        self.root.open_dir(relative(path)?).map_err(|error| from_io(&error))
    }

    /// The open directory that holds `path`, and its name there. The root has neither: `at_root` is the answer then.
    fn holder<'p>(&self, path: &'p VirtualPath, at_root: StorageError) -> Result<(Dir, &'p OsStr)> {
        if path.is_root() {
            return Err(at_root);
        }
        Ok((self.directory(&path.parent())?, system::name(path.name())?))
    }
}

impl Storage for Disk {
    fn entry(&self, path: &VirtualPath) -> Result<Entry> {
        names::check_present(path)?;
        let facts = self.root.metadata(relative(path)?).map_err(|error| from_io(&error))?;
        Ok(entry(path.name().to_vec(), plain_kind(&facts), &facts))
    }

    fn list(&self, path: &VirtualPath) -> Result<Box<dyn Iterator<Item = Result<Entry>> + Send>> {
        names::check_present(path)?;
        Ok(Box::new(list::Entries::read(self.directory(path)?)?))
    }

    fn open(&self, path: &VirtualPath, offset: u64) -> Result<Source> {
        names::check_present(path)?;
        let mut options = OpenOptions::new();
        options.read(true);
        system::without_waiting(&mut options);
        let file = self.root.open_with(relative(path)?, &options).map_err(|error| from_io(&error))?;
        let mut file = regular(file)?;
        let size = file.metadata().map_err(|error| from_io(&error))?.len();
        let remaining = size.checked_sub(offset).ok_or(StorageError::BadOffset)?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|error| from_io(&error))?;
        }
        Ok(Source::File { file, remaining })
    }

    #[cfg(target_os = "linux")]
    fn open_promptly(&self, path: &VirtualPath, offset: u64) -> Option<Source> {
        names::check_present(path).ok().filter(|()| self.prompt)?;
        prompt::open(&self.root, path, offset)
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>> {
        names::check_new(path)?;
        upload::begin(self, path, mode)
    }

    fn partial(&self, path: &VirtualPath) -> Result<Option<u64>> {
        names::check_present(path)?;
        upload::Target::find(self, path)?.partial_size()
    }

    fn make_dir(&self, path: &VirtualPath) -> Result<()> {
        names::check_new(path)?;
        let (dir, name) = self.holder(path, StorageError::Exists)?;
        dir.create_dir(name).map_err(|error| from_io(&error))
    }

    fn remove_dir(&self, path: &VirtualPath) -> Result<()> {
        names::check_present(path)?;
        let (dir, name) = self.holder(path, StorageError::Denied)?;
        match dir.remove_dir(name).map_err(|error| from_io(&error)) {
            // Nobody can see what interrupted uploads left behind: a directory that holds nothing else is empty.
            Err(StorageError::NotEmpty) => {
                aside::sweep(&dir, name)?;
                dir.remove_dir(name).map_err(|error| from_io(&error))
            }
            done => done,
        }
    }

    fn remove_file(&self, path: &VirtualPath) -> Result<()> {
        names::check_present(path)?;
        let (dir, name) = self.holder(path, StorageError::IsADirectory)?;
        if facts_of(&dir, name)?.is_some_and(|facts| facts.is_dir()) {
            return Err(StorageError::IsADirectory);
        }
        dir.remove_file(name).map_err(|error| from_io(&error))
    }

    fn rename(&self, from: &VirtualPath, to: &VirtualPath, replace: bool) -> Result<()> {
        names::check_present(from)?;
        names::check_new(to)?;
        let (from_dir, from_name) = self.holder(from, StorageError::Denied)?;
        let facts = facts_of(&from_dir, from_name)?.ok_or(StorageError::NotFound)?;
        if facts.is_dir() && names::is_below(to, from) {
            return Err(StorageError::NameNotAllowed);
        }
        let (to_dir, to_name) = self.holder(to, StorageError::Exists)?;
        // A directory never replaces anything and nothing replaces a directory; the system call that says so for a
        // directory in the way is the one without `replace`.
        let in_the_way = facts_of(&to_dir, to_name)?;
        let replace = replace && !facts.is_dir() && !in_the_way.is_some_and(|facts| facts.is_dir());
        let renamed = if replace {
            from_dir.rename(from_name, &to_dir, to_name)
        } else {
            system::rename_new(&from_dir, from_name, &to_dir, to_name)
        };
        renamed.map_err(|error| from_io(&error))
    }

    fn change(&self, path: &VirtualPath, changes: &Changes) -> Result<Changes> {
        names::check_present(path)?;
        names::check_changes(path, changes)?;
        let mut options = OpenOptions::new();
        options.read(true);
        system::without_waiting(&mut options);
        let file = self.root.open_with(relative(path)?, &options).map_err(|error| from_io(&error))?;
        let facts = file.metadata().map_err(|error| from_io(&error))?;
        if !facts.is_file() && !facts.is_dir() {
            return Err(StorageError::Denied);
        }
        let file = file.into_std();
        if let Some(mode) = changes.mode {
            system::set_mode(&file, mode).map_err(|error| from_io(&error))?;
        }
        if let Some(modified) = changes.modified {
            let time = system_time(modified).ok_or(StorageError::Unsupported)?;
            file.set_modified(time).map_err(|error| from_io(&error))?;
        }
        let facts = Metadata::from_file(&file).map_err(|error| from_io(&error))?;
        let now = entry(Vec::new(), plain_kind(&facts), &facts);
        Ok(Changes { modified: changes.modified.and(now.modified), created: None, mode: changes.mode.and(now.mode) })
    }

    /// A link holds a path relative to its own directory: absolute ones are never followed, and would show where the root
    /// lies.
    fn link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<()> {
        names::check_new(target)?;
        names::check_new(link)?;
        let (dir, name) = self.holder(link, StorageError::Exists)?;
        // Where the directory really is: its own path may lead through links.
        let parent = link.parent();
        let real = self.root.canonicalize(relative(&parent)?).map_err(|error| from_io(&error))?;
        let up = real.components().filter(|part| matches!(part, Component::Normal(_))).count();
        let mut way: PathBuf = std::iter::repeat_n(Component::ParentDir, up).collect();
        way.push(relative(target)?);
        system::symlink(way.as_os_str(), &dir, name).map_err(|error| from_io(&error))
    }

    fn space(&self, path: &VirtualPath) -> Result<Option<u64>> {
        names::check_present(path)?;
        system::space(&self.directory(path)?).map_err(|error| from_io(&error))
    }
}

/// A path as cap-std wants it: below the root, which is `.` itself.
fn relative(path: &VirtualPath) -> Result<&Path> {
    if path.is_root() { Ok(Path::new(".")) } else { system::name(path.relative()).map(Path::new) }
}

/// The facts of `name` itself, links not followed; `None` if there is no such name.
fn facts_of(dir: &Dir, name: &OsStr) -> Result<Option<Metadata>> {
    match dir.symlink_metadata(name).map_err(|error| from_io(&error)) {
        Ok(facts) => Ok(Some(facts)),
        Err(StorageError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A regular file and nothing else: a pipe or device must neither block the server nor be reached over FTP.
fn regular(file: File) -> Result<std::fs::File> {
    regular_with_facts(file).map(|(file, _)| file)
}

/// As [`regular`], and what was learnt about it.
fn regular_with_facts(file: File) -> Result<(std::fs::File, Metadata)> {
    let facts = file.metadata().map_err(|error| from_io(&error))?;
    if facts.is_dir() {
        return Err(StorageError::IsADirectory);
    }
    if !facts.is_file() {
        return Err(StorageError::Denied);
    }
    Ok((file.into_std(), facts))
}

/// What a followed path leads to is never a link.
/// A link: where it leads is shown, never followed here; unreadable is shown as unknown.
fn link(dir: &Dir, name: &OsStr) -> EntryKind {
    let target = dir.read_link_contents(name).ok();
    EntryKind::Symlink(target.map(|path| system::bytes(path.into_os_string())).unwrap_or_default())
}

fn plain_kind(facts: &Metadata) -> EntryKind {
    if facts.is_file() {
        EntryKind::File
    } else if facts.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::Other
    }
}

fn entry(name: Vec<u8>, kind: EntryKind, facts: &Metadata) -> Entry {
    Entry {
        name,
        kind,
        size: Some(facts.len()),
        modified: facts.modified().ok().and_then(|time| wall_time(time.into_std())),
        mode: system::mode(facts),
        links: system::links(facts),
        unique: system::identity(facts),
        // What an account may do is the gate's to say.
        permissions: Permissions::NONE,
    }
}
