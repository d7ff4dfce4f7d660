//! [`LocalFile`]: where a download goes, what of it is there already, and whether it may go there.

use crate::conflict::{Known, other_names};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::disk;
use crate::text::shown;
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Disk, Storage, Upload};
use std::fs;
use std::path::{Path, PathBuf};

/// A file in the making. As on the server, it comes to be aside and takes its name when it is whole.
pub(crate) struct LocalFile {
    disk: Disk,
    name: VirtualPath,
    /// As the user would write it.
    pub(crate) shown: String,
}

/// What is there of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Present {
    /// Bytes to go on from.
    pub(crate) bytes: u64,
    /// They stand under the file's name, not aside.
    pub(crate) published: bool,
}

impl LocalFile {
    /// The file for a download: `to` itself, or `name` in it if it is a directory, or `name` here.
    ///
    /// # Errors
    /// [`Failure`], if there is no name or no directory.
    pub(crate) fn find(to: Option<&Path>, name: &[u8]) -> Result<Self, Failure> {
        match to {
            None => Self::within(Path::new("."), name, shown(name)),
            Some(dir) if dir.is_dir() => Self::within(dir, name, dir.join(shown(name)).display().to_string()),
            Some(file) => {
                // A link is followed to where it leads, wherever that is: the user named it himself.
                let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
                let dir = match target.parent() {
                    Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
                    _ => PathBuf::from("."),
                };
                let name = if ends_in_slash(file) { None } else { target.file_name() };
                let Some(name) = name else {
                    let what = format!("cannot write {}", file.display());
                    return Err(
                        Failure::new(Exit::Disk, what, "there is no such directory").with_remedy("make it first")
                    );
                };
                Self::within(&dir, name.as_encoded_bytes(), file.display().to_string())
            }
        }
    }

    fn within(dir: &Path, name: &[u8], shown: String) -> Result<Self, Failure> {
        // The name may be the server's choice: it names one file in this directory, and nothing else (RFC 959 knows
        // only strings; what `..` or a slash means is a matter of the machine).
        let path = VirtualPath::root().resolve(name).ok().filter(|path| !name.is_empty() && path.name() == name);
        let Some(name) = path else {
            return Err(Failure::new(Exit::Usage, format!("cannot write {shown:?}"), "the URL names no file")
                .with_remedy("end the URL with a file's name, or name a local file"));
        };
        let disk = Disk::open(dir)
            .map_err(|error| Failure::new(Exit::Disk, format!("cannot open directory {}", dir.display()), error))?;
        Ok(Self { disk, name, shown })
    }

    /// What is known of what stands under the file's name; `None`: nothing does.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not tell.
    pub(crate) fn known(&self) -> Result<Option<Known>, Failure> {
        match self.disk.entry(&self.name) {
            Ok(entry) if entry.is_directory() => {
                let what = format!("cannot write {}", self.shown);
                Err(Failure::new(Exit::Conflict, what, "it is a directory")
                    .with_remedy("name another file; -r fetches directories")
                    .or_at_prompt("name another file; mget fetches directories"))
            }
            Ok(entry) => Ok(Some(Known { size: entry.size, modified: entry.modified })),
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Another name beside it that nothing has: `a.1.txt` for `a.txt`.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not tell.
    pub(crate) fn renamed(mut self) -> Result<Self, Failure> {
        let (from, dir) = (self.name.name().to_vec(), self.name.parent());
        for name in other_names(&from) {
            let name = dir.resolve(&name).map_err(|_| self.failure(StorageError::NameNotAllowed))?;
            if self.disk.entry(&name) == Err(StorageError::NotFound) {
                self.shown = [self.shown.strip_suffix(&shown(&from)).unwrap_or_default(), &shown(name.name())].concat();
                self.name = name;
                break;
            }
        }
        Ok(self)
    }

    /// The bytes that the disk still has room for, where it tells.
    pub(crate) fn space(&self) -> Option<u64> {
        self.disk.space(&VirtualPath::root()).ok().flatten()
    }

    /// What is there to go on from: what an interrupted download left aside, or a file that another program left
    /// unfinished.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not tell.
    pub(crate) fn present(&self) -> Result<Present, Failure> {
        match self.disk.partial(&self.name).map_err(|error| self.failure(error))? {
            Some(bytes) => Ok(Present { bytes, published: false }),
            None => Ok(self.known()?.map_or(Present { bytes: 0, published: false }, |known| Present {
                bytes: known.size.unwrap_or(0),
                published: true,
            })),
        }
    }

    /// Where it is: what an interrupted run has left of it in pieces is the disk's to tell.
    pub(crate) fn place(&self) -> (&Disk, &VirtualPath) {
        (&self.disk, &self.name)
    }

    /// Opens it for what comes from `offset` on. What is there of it in pieces goes.
    ///
    /// # Errors
    /// [`Failure`], if it cannot be made.
    pub(crate) fn create(&self, offset: u64) -> Result<Box<dyn Upload>, Failure> {
        let mode = if offset == 0 { StoreMode::Replace } else { StoreMode::ResumeAt(offset) };
        let forgotten = self.disk.forget_pieces(&self.name);
        forgotten.and_then(|()| self.disk.store(&self.name, mode)).map_err(|error| self.failure(error))
    }

    /// The failure to write it.
    pub(crate) fn failure(&self, error: StorageError) -> Failure {
        disk(format!("cannot write {}", self.shown), error)
    }
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|&byte| std::path::is_separator(byte.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(result: Result<LocalFile, Failure>) -> Option<Exit> {
        result.err().map(|failure| failure.exit)
    }

    #[test]
    fn a_name_from_a_url_names_one_file_here() {
        for name in [&b""[..], b".", b"..", b"/", b"a/b", b"../a", b"a\0"] {
            assert_eq!(exit(LocalFile::find(None, name)), Some(Exit::Usage), "{}", shown(name));
        }
        assert_eq!(LocalFile::find(None, b"...").map(|file| file.shown).ok().as_deref(), Some("..."));
    }

    #[test]
    fn a_directory_takes_the_name_of_the_url() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let file = LocalFile::find(Some(dir.path()), b"a b");
        assert_eq!(file.map(|file| file.shown).ok(), Some(dir.path().join("a b").display().to_string()));
        assert_eq!(exit(LocalFile::find(Some(&dir.path().join("none/")), b"a")), Some(Exit::Disk));
        assert_eq!(exit(LocalFile::find(Some(&dir.path().join("none/x")), b"a")), Some(Exit::Disk));
        Ok(())
    }

    #[test]
    fn what_is_aside_comes_before_what_is_published() -> Result<(), Failure> {
        let dir = tempfile::tempdir().map_err(|error| Failure::new(Exit::Disk, "cannot test", error))?;
        let file = LocalFile::find(Some(&dir.path().join("a")), b"")?;
        assert_eq!(file.present()?, Present { bytes: 0, published: false });
        let mut upload = file.create(0)?;
        upload.write(b"whole").and_then(|()| upload.publish()).map_err(|error| file.failure(error))?;
        assert!(file.known()?.is_some());
        assert_eq!(file.present()?, Present { bytes: 5, published: true });
        let mut upload = file.create(0)?;
        upload.write(b"cut").map_err(|error| file.failure(error))?;
        drop(upload);
        assert_eq!(file.present()?, Present { bytes: 3, published: false });
        Ok(())
    }
}
