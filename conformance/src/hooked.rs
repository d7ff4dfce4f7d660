//! [`Hooked`]: storage that a test can hold up, and a server on it.

use crate::runtime::{Serve, Server};
use ftp_core::action::StoreMode;
use ftp_core::command::Changes;
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::storage::{Memory, Result as Stored, Source, Storage, Upload};
use std::io;
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
    let storage = Arc::new(Hooked { memory, hook: Box::new(hook) });
    Server::start(serve, Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, storage)))
}

/// Storage in memory that calls a hook before it does anything.
pub struct Hooked {
    memory: Memory,
    hook: Box<dyn Fn(&VirtualPath) + Send + Sync>,
}

impl Hooked {
    fn after(&self, path: &VirtualPath) -> &Memory {
        (self.hook)(path);
        &self.memory
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
        self.after(path).open(path, offset)
    }

    fn store(&self, path: &VirtualPath, mode: StoreMode) -> Stored<Box<dyn Upload>> {
        self.after(path).store(path, mode)
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
