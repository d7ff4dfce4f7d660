//! What differs between operating systems: names and facts of files, and the few calls that no portable crate offers.
//! Nothing here knows about uploads or listings.

use super::super::Result;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use std::ffi::{OsStr, OsString};
use std::io;

#[cfg(unix)]
pub(super) use unix::{
    bytes, created_with, each_name, identity, is_masked, links, listed, mode, name, never_through_links, rename_new,
    reserve, set_mode, space, symlink, without_waiting,
};

#[cfg(not(unix))]
pub(super) use portable::{
    bytes, created_with, each_name, identity, is_masked, links, listed, mode, name, never_through_links, rename_new,
    reserve, set_mode, space, symlink, without_waiting,
};

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems lack some of this, or refuse some names")]
mod unix {
    use super::super::super::error::from_io;
    use super::{Dir, Metadata, OpenOptions, OsStr, OsString, Result, io};
    use cap_std::fs::{MetadataExt, OpenOptionsExt};
    use ftp_core::listing::{Entry, EntryKind};
    use ftp_core::permission::Permissions;
    use ftp_core::time::WallTime;
    use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, openat, statat};
    use std::fs::File;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::sync::OnceLock;

    /// Room for some thousand entries of a directory, which the system gives in one call.
    #[cfg(target_os = "linux")]
    const DIRECTORY_BUFFER: usize = 128 * 1024;

    /// Bytes as a name: on Unix they are the same.
    pub(crate) fn name(bytes: &[u8]) -> Result<&OsStr> {
        Ok(OsStr::from_bytes(bytes))
    }

    /// A name as bytes.
    pub(crate) fn bytes(name: OsString) -> Vec<u8> {
        name.into_vec()
    }

    /// Hands over the name of each entry of `dir`, in no order, without `.` and `..`.
    pub(crate) fn each_name(dir: &Dir, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = openat(dir, ".", flags, Mode::empty()).map_err(|error| from_io(&error.into()))?;
        let mut take_name = |name: &[u8]| if matches!(name, b"." | b"..") { Ok(()) } else { take(name) };
        #[cfg(target_os = "linux")]
        {
            let mut buffer = Vec::<u8>::with_capacity(DIRECTORY_BUFFER);
            let mut entries = rustix::fs::RawDir::new(&open, buffer.spare_capacity_mut());
            while let Some(entry) = entries.next() {
                take_name(entry.map_err(|error| from_io(&error.into()))?.file_name().to_bytes())?;
            }
        }
        #[cfg(not(target_os = "linux"))]
        for entry in rustix::fs::Dir::new(open).map_err(|error| from_io(&error.into()))? {
            take_name(entry.map_err(|error| from_io(&error.into()))?.file_name().to_bytes())?;
        }
        Ok(())
    }

    /// An entry of `dir` by a name that `dir` gave: one component, so that there is nothing to be resolved beneath the
    /// root. In a listing this is what takes the time.
    pub(crate) fn listed(dir: &Dir, name: &[u8]) -> io::Result<Entry> {
        let facts = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = match FileType::from_raw_mode(facts.st_mode as RawMode) {
            FileType::RegularFile => EntryKind::File,
            FileType::Directory => EntryKind::Directory,
            FileType::Symlink => super::super::link(dir, OsStr::from_bytes(name)),
            _ => EntryKind::Other,
        };
        Ok(Entry {
            name: name.to_vec(),
            kind,
            size: Some(facts.st_size as u64),
            modified: Some(WallTime { seconds: facts.st_mtime, nanos: facts.st_mtime_nsec as u32 }),
            mode: Some(facts.st_mode & 0o7777),
            links: Some(facts.st_nlink),
            unique: Some((facts.st_dev, facts.st_ino)),
            permissions: Permissions::NONE,
        })
    }

    /// Opening neither waits for the other end of a pipe nor makes a terminal the server's own.
    pub(crate) fn without_waiting(options: &mut OpenOptions) {
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }

    /// As [`without_waiting`], and refuses a name that is a link: nobody plants one under a name of ours.
    pub(crate) fn never_through_links(options: &mut OpenOptions) {
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).bits().cast_signed());
    }

    /// A file that is created gets these permission bits, as far as the process's mask lets it.
    pub(crate) fn created_with(options: &mut OpenOptions, mode: u32) {
        options.mode(mode);
    }

    /// Does the process's mask take any of these bits away from a file that is created?
    pub(crate) fn is_masked(mode: u32) -> bool {
        static MASK: OnceLock<u32> = OnceLock::new();
        mode & MASK.get_or_init(mask) != 0
    }

    /// Asking the system for the mask changes it, for all threads; Linux also shows it.
    fn mask() -> u32 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| u32::from_str_radix(line.strip_prefix("Umask:")?.trim(), 8).ok());
        // Unknown, it may be anything.
        mask.unwrap_or(0o777)
    }

    pub(crate) fn mode(facts: &Metadata) -> Option<u32> {
        Some(facts.mode() & 0o7777)
    }

    pub(crate) fn links(facts: &Metadata) -> Option<u64> {
        Some(facts.nlink())
    }

    /// Device and inode.
    pub(crate) fn identity(facts: &Metadata) -> Option<(u64, u64)> {
        Some((facts.dev(), facts.ino()))
    }

    pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode as _))?)
    }

    /// Renames only if nothing has the new name, in one step.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(crate) fn rename_new(from_dir: &Dir, from: &OsStr, to_dir: &Dir, to: &OsStr) -> io::Result<()> {
        use rustix::fs::{RenameFlags, renameat_with};
        Ok(renameat_with(from_dir, from, to_dir, to, RenameFlags::NOREPLACE)?)
    }

    /// Renames only if nothing has the new name: as near to one step as this system comes.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn rename_new(from_dir: &Dir, from: &OsStr, to_dir: &Dir, to: &OsStr) -> io::Result<()> {
        if to_dir.symlink_metadata(to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        from_dir.rename(from, to_dir, to)
    }

    pub(crate) fn symlink(target: &OsStr, dir: &Dir, link: &OsStr) -> io::Result<()> {
        dir.symlink(target, link)
    }

    /// Sets space aside behind the file's position, without making it longer. A file system that cannot is not asked twice.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn reserve(mut file: &File, bytes: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        if bytes == 0 {
            return Ok(());
        }
        let position = io::Seek::stream_position(&mut file)?;
        match fallocate(file, FallocateFlags::KEEP_SIZE, position, bytes) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            result => Ok(result?),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn reserve(_: &File, _: u64) -> io::Result<()> {
        Ok(())
    }

    /// The bytes that others than root can still store.
    pub(crate) fn space(dir: &Dir) -> io::Result<Option<u64>> {
        let facts = rustix::fs::fstatvfs(dir)?;
        Ok(Some(facts.f_bavail.saturating_mul(facts.f_frsize)))
    }
}

#[cfg(not(unix))]
mod portable {
    use super::super::super::error::from_io;
    use super::{Dir, Metadata, OpenOptions, OsStr, OsString, Result, io};
    use ftp_core::action::StorageError;
    use std::fs::File;

    /// Bytes as a name; what is no UTF-8, or would mean more than a name here, is none.
    pub(crate) fn name(bytes: &[u8]) -> Result<&OsStr> {
        match core::str::from_utf8(bytes) {
            Ok(name) if !name.contains(['\\', ':']) => Ok(OsStr::new(name)),
            _ => Err(StorageError::NameNotAllowed),
        }
    }

    pub(crate) fn bytes(name: OsString) -> Vec<u8> {
        name.to_string_lossy().into_owned().into_bytes()
    }

    pub(crate) fn each_name(dir: &Dir, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for entry in dir.entries().map_err(|error| from_io(&error))? {
            take(&bytes(entry.map_err(|error| from_io(&error))?.file_name()))?;
        }
        Ok(())
    }

    pub(crate) fn listed(dir: &Dir, name: &[u8]) -> io::Result<ftp_core::listing::Entry> {
        let path = self::name(name).map_err(|_| io::ErrorKind::NotFound)?;
        let facts = dir.symlink_metadata(path)?;
        let kind = if facts.is_symlink() { super::super::link(dir, path) } else { super::super::plain_kind(&facts) };
        Ok(super::super::entry(name.to_vec(), kind, &facts))
    }

    pub(crate) fn without_waiting(_: &mut OpenOptions) {}

    pub(crate) fn never_through_links(_: &mut OpenOptions) {}

    pub(crate) fn created_with(_: &mut OpenOptions, _: u32) {}

    pub(crate) fn is_masked(_: u32) -> bool {
        false
    }

    pub(crate) fn mode(_: &Metadata) -> Option<u32> {
        None
    }

    pub(crate) fn links(_: &Metadata) -> Option<u64> {
        None
    }

    pub(crate) fn identity(_: &Metadata) -> Option<(u64, u64)> {
        None
    }

    pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn rename_new(from_dir: &Dir, from: &OsStr, to_dir: &Dir, to: &OsStr) -> io::Result<()> {
        if to_dir.symlink_metadata(to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        from_dir.rename(from, to_dir, to)
    }

    pub(crate) fn symlink(_: &OsStr, _: &Dir, _: &OsStr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn reserve(_: &File, _: u64) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn space(_: &Dir) -> io::Result<Option<u64>> {
        Ok(None)
    }
}
