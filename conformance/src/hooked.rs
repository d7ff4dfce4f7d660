//! [`Hooked`]: storage that a test can hold up and that can fail in the midst of a transfer, and a server on it.

use crate::runtime::{Serve, Server};
use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::storage::{Memory, Result as Stored, Source, Storage, Upload};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Larger than what the sockets of a data connection hold, so that a transfer whose peer does not read stays under way.
pub const LARGE: usize = 64 << 20;

/// A server with a small file `/hello` and a [`LARGE`] one `/large`, and the user `ann`, whose storage calls `hook` with
/// each path first.
///
/// # Errors
/// What the system says.
pub fn server(serve: Serve, hook: impl Fn(&VirtualPath) + Send + Sync + 'static) -> io::Result<Server> {
    let memory = Memory::new();
    for (name, content) in [("/hello", b"hello".to_vec()), ("/large", vec![7; LARGE])] {
        let put = VirtualPath::parse(name.as_bytes()).map(|path| memory.put(&path, &content, WallTime::default()));
        if !matches!(put, Ok(Ok(()))) {
            return Err(io::Error::other(name));
        }
    }
    let storage = Arc::new(Hooked::new(memory, hook));
    Server::start(serve, Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, storage)))
}

/// Storage that calls a hook before it does anything.
pub struct Hooked {
    storage: Box<dyn Storage>,
    hook: Box<dyn Fn(&VirtualPath) + Send + Sync>,
    trouble: Trouble,
}

/// What goes wrong in every transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// Of an upload only so many bytes can be written.
    Write(usize, StorageError),
    /// An upload that is whole cannot be given its name.
    Publish(StorageError),
    /// Of a file only so many bytes can be read.
    Read(usize),
    /// Whoever writes panics.
    Panic,
}

impl Hooked {
    /// A hook for this storage.
    pub fn new(storage: impl Storage + 'static, hook: impl Fn(&VirtualPath) + Send + Sync + 'static) -> Self {
        Self { storage: Box::new(storage), hook: Box::new(hook), trouble: Trouble::None }
    }

    /// Its transfers go wrong like this.
    #[must_use]
    pub fn with_trouble(self, trouble: Trouble) -> Self {
        Self { trouble, ..self }
    }

    fn after(&self, path: &VirtualPath) -> &dyn Storage {
        (self.hook)(path);
        &*self.storage
    }
}

/// An upload in trouble.
struct Troubled {
    upload: Box<dyn Upload>,
    trouble: Trouble,
}

impl Upload for Troubled {
    fn path(&self) -> &VirtualPath {
        self.upload.path()
    }

    /// So that all bytes come by here.
    fn file(&mut self) -> Option<&File> {
        None
    }

    fn write(&mut self, bytes: &[u8]) -> Stored<()> {
        match &mut self.trouble {
            Trouble::Write(left, error) => {
                let fits = bytes.len().min(*left);
                *left -= fits;
                self.upload.write(&bytes[..fits])?;
                if fits < bytes.len() { Err(*error) } else { Ok(()) }
            }
            Trouble::Panic => panic!("this is what the test is for"),
            Trouble::None | Trouble::Publish(_) | Trouble::Read(_) => self.upload.write(bytes),
        }
    }

    fn publish(self: Box<Self>) -> Stored<()> {
        if let Trouble::Publish(error) = self.trouble { Err(error) } else { self.upload.publish() }
    }
}

impl Storage for Hooked {
    fn entry(&self, path: &VirtualPath) -> Stored<Entry> {
        self.after(path).entry(path)
    }

    fn list(&self, path: &VirtualPath) -> Stored<Box<dyn Iterator<Item = Stored<Entry>> + Send>> {
        self.after(path).list(path)
    }

    fn open(&self, path: &VirtualPath, offset: u64) -> Stored<Source> {
        let source = self.after(path).open(path, offset)?;
        let Trouble::Read(bytes) = self.trouble else { return Ok(source) };
        let reader = source.into_reader().take(bytes as u64).chain(Failing);
        Ok(Source::Stream { reader: Box::new(reader), remaining: None })
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Stored<Box<dyn Upload>> {
        let upload = self.after(path).store(path, mode)?;
        let fine = matches!(self.trouble, Trouble::None | Trouble::Read(_));
        Ok(if fine { upload } else { Box::new(Troubled { upload, trouble: self.trouble }) })
    }

    fn partial(&self, path: &VirtualPath) -> Stored<Option<u64>> {
        self.after(path).partial(path)
    }

    fn make_dir(&self, path: &VirtualPath) -> Stored<()> {
        self.after(path).make_dir(path)
    }

    fn remove_dir(&self, path: &VirtualPath) -> Stored<()> {
        self.after(path).remove_dir(path)
    }

    fn remove_file(&self, path: &VirtualPath) -> Stored<()> {
        self.after(path).remove_file(path)
    }

    fn rename(&self, from: &VirtualPath, to: &VirtualPath, replace: bool) -> Stored<()> {
        self.after(from).rename(from, to, replace)
    }

    fn change(&self, path: &VirtualPath, changes: &Changes) -> Stored<Changes> {
        self.after(path).change(path, changes)
    }

    fn link(&self, target: &VirtualPath, link: &VirtualPath) -> Stored<()> {
        self.after(link).link(target, link)
    }

    fn space(&self, path: &VirtualPath) -> Stored<Option<u64>> {
        self.after(path).space(path)
    }
}

/// Cannot be read, as a disk that breaks (EIO).
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("this is what the test is for"))
    }
}
