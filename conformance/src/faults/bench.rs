//! [`Bench`]: a server on a directory of the system's, a peer who is logged in, and a note of what he is told.

use crate::hooked::{Hooked, LARGE, Trouble};
use crate::peer::{LIMIT, Peer};
use crate::runtime::{Serve, Server};
use ftp_core::permission::Permissions;
use ftp_host::accounts::FixedAccounts;
use ftp_host::clock::Clock;
use ftp_host::host::Host;
use ftp_host::registry::{Limits, Registry};
use ftp_host::storage::Disk;
use libtest_mimic::Failed;
use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// What is in `/file` before.
pub(super) const OLD: &[u8] = b"the old file";
/// What is to be in it; larger than what a session takes in at once.
pub(super) static NEW: [u8; 100_000] = {
    let mut bytes = [0; 100_000];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = ((at * 7) ^ (at >> 8)) as u8;
        at += 1;
    }
    bytes
};
/// What is sent of it before something goes wrong.
pub(super) const HALF: usize = 50_000;

/// What was seen of a fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The codes that the peer was sent from its command on, and whether the connection ended.
    pub(super) peer: String,
    /// What was on the disk in the end.
    pub(super) disk: String,
}

pub(super) struct Bench {
    root: TempDir,
    server: Server,
    pub(super) peer: Peer,
    said: Vec<String>,
}

impl Bench {
    pub(super) fn new(serve: Serve, trouble: Trouble) -> Result<Self, Failed> {
        let root = tempfile::tempdir()?;
        fs::write(root.path().join("file"), OLD)?;
        let storage = Hooked::new(Disk::open(root.path())?, |_| ()).with_trouble(trouble);
        let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, std::sync::Arc::new(storage));
        let mut host = Host::new(accounts);
        host.clock = Clock::manual();
        host.registry = Registry::new(Limits { sessions: 10_000, per_address: 10_000 });
        let server = Server::start(serve, host)?;
        let peer = Peer::log_in(server.address())?;
        Ok(Self { root, server, peer, said: Vec::new() })
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// The next reply, which is one of these.
    pub(super) fn expect(&mut self, code: &str) -> Result<(), Failed> {
        self.peer.expect(code)?;
        self.said.push(code.to_owned());
        Ok(())
    }

    /// Something else that the peer sees.
    pub(super) fn note(&mut self, what: &str) {
        self.said.push(what.to_owned());
    }

    /// The server closes the control connection.
    pub(super) fn expect_end(&mut self) -> Result<(), Failed> {
        self.peer.expect_end()?;
        self.said.push("the end".to_owned());
        Ok(())
    }

    /// The data connection of a transfer that has begun.
    pub(super) fn begin(&mut self, command: &str) -> Result<TcpStream, Failed> {
        let data = self.peer.passive()?;
        self.peer.send(format!("{command}\r\n").as_bytes())?;
        self.expect("150")?;
        Ok(data)
    }

    /// An upload half of whose bytes are with the server.
    pub(super) fn upload_half(&mut self) -> Result<TcpStream, Failed> {
        let mut data = self.begin("STOR /file")?;
        data.write_all(&NEW[..HALF])?;
        self.peer.until_moved(HALF)?;
        Ok(data)
    }

    /// Puts a file there that the sockets of a data connection cannot hold.
    pub(super) fn put_large(&self) -> io::Result<()> {
        fs::File::create(self.root.path().join("large"))?.set_len(LARGE as u64)
    }

    /// Time goes by, for the server.
    pub(super) fn advance(&self, by: Duration) -> Result<(), Failed> {
        if self.server.host().advance(by, LIMIT) { Ok(()) } else { Err("a session does not see the time go by".into()) }
    }

    /// Time goes by until the peer is told something.
    pub(super) fn advance_until_told(&self) -> Result<(), Failed> {
        let mut one = [0];
        for _ in 0..1000 {
            self.advance(Duration::from_mins(6))?;
            self.peer.stream.set_nonblocking(true)?;
            let told = self.peer.stream.peek(&mut one).is_ok();
            self.peer.stream.set_nonblocking(false)?;
            if told {
                return Ok(());
            }
        }
        Err("nothing is said, however long it takes".into())
    }

    /// Everybody has gone: what was seen.
    pub(super) fn seen(self) -> Result<Seen, Failed> {
        drop(self.peer);
        if !self.server.stop(LIMIT) {
            return Err("a session does not end".into());
        }
        let peer = if self.said.is_empty() { "nothing".to_owned() } else { self.said.join(", ").replace(", ;", ";") };
        Ok(Seen { peer, disk: disk(self.root.path())? })
    }
}

/// What is in a directory, in words.
pub(super) fn disk(root: &Path) -> Result<String, Failed> {
    let file = fs::read(root.join("file"))?;
    let mut words = match file.as_slice() {
        OLD => "the old file".to_owned(),
        file if file == NEW => "the new file".to_owned(),
        file => return Err(format!("a file of {} bytes is neither the old one nor the new", file.len()).into()),
    };
    for entry in fs::read_dir(root)? {
        let (name, size) = entry.and_then(|entry| Ok((entry.file_name(), entry.metadata()?.len())))?;
        match name.to_str() {
            Some("file" | "large") => {}
            Some(".ftpkit-part.file") if size > 0 => words.push_str("; what came is kept to go on with"),
            name => return Err(format!("{name:?} with {size} bytes is left over").into()),
        }
    }
    Ok(words)
}

/// Reads what comes until the end, or until the connection breaks.
pub(super) fn read_to_end(mut data: TcpStream) -> usize {
    let mut bytes = Vec::new();
    // Whatever ends it.
    let _: io::Result<usize> = io::Read::read_to_end(&mut data, &mut bytes);
    bytes.len()
}
