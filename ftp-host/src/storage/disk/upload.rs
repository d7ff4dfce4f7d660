//! How a file comes in: written aside in the directory it is meant for, put in place by one rename. The file that it
//! replaces is not touched before that, so an upload that is cut short never costs a good file.
//!
//! - Where the name is a link that stays beneath the root, the file that it leads to is replaced, not the link. A link
//!   that leads nowhere or out of the root is refused.
//! - A replaced file hands on its permission bits (set-id bits aside), not its owner or its other hard links. What the
//!   server could not write to it does not replace either.
//! - Adding to a file that exists (APPE) is done in place: devices write their logs that way for weeks, and what they
//!   added has to show at once, and survive.
//! - Two uploads of one name at the same time do not mix: the second lies aside under a name of its own, cannot be
//!   resumed, and whichever is published last stays.

use super::super::aside::ACCESS_BITS;
use super::super::error::from_io;
use super::super::{Result, Upload, aside as names};
use super::aside::{Aside, Claim};
use super::{Disk, entry, facts_of, regular, relative, system};
use cap_std::fs::{Dir, Metadata, OpenOptions};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::listing::{Entry, EntryKind};
use ftp_core::path::VirtualPath;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Read and write for the owner: what the server needs to resume.
pub(super) const OWNER_BITS: u32 = 0o600;

/// Opens an upload.
pub(super) fn begin(disk: &Disk, path: &VirtualPath, mode: StoreMode) -> Result<Box<dyn Upload>> {
    if mode == StoreMode::Unique {
        return Ok(Box::new(unique(disk, path)?));
    }
    let target = Target::find(disk, path)?;
    let (aside, publication) = match mode {
        StoreMode::Replace | StoreMode::ResumeAt(0) => {
            target.check_replaceable()?;
            (Aside::empty(&target.dir, &target.name)?, Publication::Replace)
        }
        StoreMode::ResumeAt(offset) => {
            target.check_replaceable()?;
            (resume(&target, offset)?, Publication::Replace)
        }
        StoreMode::Append if target.facts.is_some() => {
            let file = open_to_add(&target.dir, &target.name)?;
            return Ok(Box::new(InPlace { file, path: path.clone(), fsync: disk.fsync }));
        }
        StoreMode::Append | StoreMode::Unique => {
            let aside = match Aside::claim(&target.dir, &target.name, true)? {
                Claim::Ours(aside) => aside,
                Claim::Taken | Claim::Absent => Aside::exclusive(&target.dir)?,
            };
            (aside, Publication::Add)
        }
    };
    target.keep_private(&aside)?;
    if mode != StoreMode::Replace {
        (&aside.file).seek(SeekFrom::End(0)).map_err(|error| from_io(&error))?;
    }
    Ok(Box::new(Whole { aside, name: target.name, path: path.clone(), publication, fsync: disk.fsync }))
}

/// The file an upload is for: links resolved, its directory open.
pub(super) struct Target {
    pub(super) dir: Arc<Dir>,
    pub(super) name: OsString,
    facts: Option<Metadata>,
}

impl Target {
    /// Where `path` leads, and whether a file is there.
    pub(super) fn find(disk: &Disk, path: &VirtualPath) -> Result<Self> {
        let (dir, name) = disk.holder(path, StorageError::IsADirectory)?;
        let mut target = Self { facts: facts_of(&dir, name)?, name: name.to_owned(), dir: Arc::new(dir) };
        if target.facts.as_ref().is_some_and(Metadata::is_symlink) {
            target = Self::behind_link(disk, path)?;
        }
        match &target.facts {
            Some(facts) if facts.is_dir() => Err(StorageError::IsADirectory),
            Some(facts) if !facts.is_file() => Err(StorageError::Denied),
            _ => Ok(target),
        }
    }

    fn behind_link(disk: &Disk, path: &VirtualPath) -> Result<Self> {
        let real = disk.root.canonicalize(relative(path)?).map_err(|error| match from_io(&error) {
            StorageError::NotFound => StorageError::Denied,
            other => other,
        })?;
        let name = real.file_name().ok_or(StorageError::IsADirectory)?.to_owned();
        if names::is_reserved(name.as_encoded_bytes()) {
            return Err(StorageError::Denied);
        }
        let parent = real.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let dir = disk.root.open_dir(parent).map_err(|error| from_io(&error))?;
        let facts = facts_of(&dir, &name)?;
        Ok(Self { dir: Arc::new(dir), name, facts })
    }

    /// The bytes an interrupted upload left aside.
    pub(super) fn partial_size(&self) -> Result<Option<u64>> {
        let Some(aside) = names::resumable(self.name.as_encoded_bytes()) else { return Ok(None) };
        Ok(facts_of(&self.dir, system::name(&aside)?)?.filter(Metadata::is_file).map(|facts| facts.len()))
    }

    /// What replaces a private file is private while it comes in, too.
    pub(super) fn keep_private(&self, aside: &Aside) -> Result<()> {
        let Some(bits) = self.facts.as_ref().and_then(system::mode) else { return Ok(()) };
        system::set_mode(&aside.file, bits & ACCESS_BITS | OWNER_BITS).map_err(|error| from_io(&error))
    }

    /// A rename asks the directory's permissions alone; what may not be written to shall not be replaced either.
    pub(super) fn check_replaceable(&self) -> Result<()> {
        if self.facts.is_some() {
            let mut options = OpenOptions::new();
            options.write(true);
            system::never_through_links(&mut options);
            regular(self.dir.open_with(&self.name, &options).map_err(|error| from_io(&error))?)?;
        }
        Ok(())
    }
}

/// A file aside that holds the first `offset` bytes: of the interrupted upload or, failing that, of the present file.
pub(super) fn resume(target: &Target, offset: u64) -> Result<Aside> {
    let claim = Aside::claim(&target.dir, &target.name, false)?;
    if let Claim::Ours(aside) = claim {
        if aside.size()? >= offset {
            aside.file.set_len(offset).map_err(|error| from_io(&error))?;
            return Ok(aside);
        }
        // Dropped, and kept: a wrong offset costs nobody his bytes.
    } else if matches!(claim, Claim::Taken) && !target.holds(offset) {
        return Err(StorageError::Busy);
    }
    if !target.holds(offset) {
        return Err(StorageError::BadOffset);
    }
    let mut options = OpenOptions::new();
    options.read(true);
    system::never_through_links(&mut options);
    let present = regular(target.dir.open_with(&target.name, &options).map_err(|error| from_io(&error))?)?;
    let mut aside = Aside::empty(&target.dir, &target.name)?;
    let copied = io::copy(&mut present.take(offset), &mut aside.file).map_err(|error| from_io(&error))?;
    if copied < offset {
        // It was cut while it was copied.
        aside.discard();
        return Err(StorageError::BadOffset);
    }
    Ok(aside)
}

impl Target {
    /// Is there a file of at least so many bytes?
    fn holds(&self, bytes: u64) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.len() >= bytes)
    }
}

/// An upload under a name that nobody has. Holding its file aside keeps the name from other uploads like this one.
fn unique(disk: &Disk, path: &VirtualPath) -> Result<Whole> {
    let is_dir = disk.root.metadata(relative(path)?).is_ok_and(|facts| facts.is_dir());
    let (parent, wished) = if is_dir { (path.clone(), &b""[..]) } else { (path.parent(), path.name()) };
    let dir = Arc::new(disk.directory(&parent)?);
    let mut candidates = names::unique(wished);
    while let Some(name) = candidates.next() {
        let path = names::child(&parent, &name)?;
        let name = system::name(&name)?;
        if facts_of(&dir, name)?.is_some() {
            continue;
        }
        if let Some(aside) = Aside::new(&dir, name, None)? {
            let name = name.to_owned();
            return Ok(Whole {
                aside,
                name,
                path,
                publication: Publication::New(Box::new(candidates)),
                fsync: disk.fsync,
            });
        }
    }
    Err(StorageError::Exists)
}

fn open_to_add(dir: &Dir, name: &OsStr) -> Result<File> {
    let mut options = OpenOptions::new();
    options.append(true);
    system::never_through_links(&mut options);
    regular(dir.open_with(name, &options).map_err(|error| from_io(&error))?)
}

/// How an upload gets its name.
enum Publication {
    /// In the place of what has it.
    Replace,
    /// Only if nothing has it; else the next of these.
    New(Box<dyn Iterator<Item = Vec<u8>> + Send>),
    /// If nothing has it; else its bytes are added to what has.
    Add,
}

/// The facts of an open file that will have this name.
fn facts(file: &File, path: &VirtualPath) -> Result<Entry> {
    let facts = Metadata::from_file(file).map_err(|error| from_io(&error))?;
    Ok(entry(path.name().to_vec(), EntryKind::File, &facts))
}

/// A file that is published whole.
pub(super) struct Whole {
    pub(super) aside: Aside,
    name: OsString,
    path: VirtualPath,
    publication: Publication,
    fsync: bool,
}

impl Whole {
    /// What lies in `aside` is to be published as the target's file, in the place of what is there.
    #[cfg(unix)]
    pub(super) fn new(aside: Aside, target: Target, path: &VirtualPath, fsync: bool) -> Self {
        Self { aside, name: target.name, path: path.clone(), publication: Publication::Replace, fsync }
    }

    fn replace(&mut self) -> Result<()> {
        if let Some(mode) =
            facts_of(&self.aside.dir, &self.name)?.filter(Metadata::is_file).as_ref().and_then(system::mode)
        {
            system::set_mode(&self.aside.file, mode & ACCESS_BITS).map_err(|error| from_io(&error))?;
        }
        self.aside.move_over(&self.name)
    }
}

impl Upload for Whole {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    fn file(&mut self) -> Option<&File> {
        Some(&self.aside.file)
    }

    fn facts(&self) -> Result<Entry> {
        facts(&self.aside.file, &self.path)
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        system::reserve(&self.aside.file, bytes).map_err(|error| from_io(&error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.aside.file.write_all(bytes).map_err(|error| from_io(&error))
    }

    fn publish_new(mut self: Box<Self>) -> Result<()> {
        self.publication = Publication::New(Box::new(std::iter::empty()));
        self.publish()
    }

    fn publish(mut self: Box<Self>) -> Result<()> {
        if self.fsync {
            self.aside.file.sync_all().map_err(|error| from_io(&error))?;
        }
        match &mut self.publication {
            Publication::Replace => self.replace()?,
            Publication::New(candidates) => {
                let mut moved = self.aside.move_to_new(&self.name);
                while moved == Err(StorageError::Exists) {
                    let name = candidates.next().ok_or(StorageError::Exists)?;
                    moved = self.aside.move_to_new(system::name(&name)?);
                }
                moved?;
            }
            Publication::Add => match self.aside.move_to_new(&self.name) {
                Err(StorageError::Exists) => return add(self.aside, &self.name, self.fsync),
                moved => moved?,
            },
        }
        if self.fsync {
            // The name is only on the medium when the directory is.
            let dir = self.aside.dir.open(".").map_err(|error| from_io(&error))?;
            dir.sync_all().map_err(|error| from_io(&error))?;
        }
        Ok(())
    }
}

/// Adds what came to a file that came into being meanwhile.
fn add(mut aside: Aside, name: &OsStr, fsync: bool) -> Result<()> {
    let mut file = open_to_add(&aside.dir, name)?;
    aside.file.rewind().map_err(|error| from_io(&error))?;
    io::copy(&mut aside.file, &mut file).map_err(|error| from_io(&error))?;
    if fsync {
        file.sync_all().map_err(|error| from_io(&error))?;
    }
    aside.discard();
    Ok(())
}

/// A file that is added to where it is.
struct InPlace {
    file: File,
    path: VirtualPath,
    fsync: bool,
}

impl Upload for InPlace {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    /// None: the system refuses to splice into a file that is opened to be added to, and opened otherwise two devices
    /// would write over each other.
    fn file(&mut self) -> Option<&File> {
        None
    }

    fn facts(&self) -> Result<Entry> {
        facts(&self.file, &self.path)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| from_io(&error))
    }

    fn publish(self: Box<Self>) -> Result<()> {
        if self.fsync {
            self.file.sync_all().map_err(|error| from_io(&error))?;
        }
        Ok(())
    }
}
