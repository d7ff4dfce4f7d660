//! Transfers that are cut off in the middle, between our own client and our own server on each runtime, on real files.
//!
//! In MODE B the transfer goes on at the last restart marker (RFC 959 3.5), and the file is the same in the end. In MODE S nothing is
//! published over the file that is there. `FTPKIT_CUT_SIZE` sets another size, in bytes.

use adapter_blocking::{Client, ClientOptions, End};
use conformance::runtime::{self, Serve, Server};
use ftp_core::client::{ClientError, Request, Restart, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure};
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_core::server::ServerConfig;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::pump::Sink;
use ftp_host::storage::{Disk, Source};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

const RUNTIMES: [Serve; 3] = [runtime::blocking, runtime::smol, runtime::mio];

/// Of the file; markers stand at each sixteenth.
fn size() -> u64 {
    std::env::var("FTPKIT_CUT_SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(4 << 20)
}

/// Where a transfer is cut off: well behind a marker, well before the next.
fn cut() -> u64 {
    size() / 2 + size() / 20
}

/// Bytes that are not the same everywhere, from this place on.
struct Pattern {
    at: u64,
    end: u64,
}

impl Read for Pattern {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min((self.end - self.at) as usize);
        for (byte, at) in buffer[..count].iter_mut().zip(self.at..) {
            *byte = (at ^ (at >> 8) ^ (at >> 16) ^ (at >> 24)) as u8;
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// Fails once so many bytes have passed.
struct Failing<T> {
    inner: T,
    left: usize,
}

impl<T> Failing<T> {
    fn pass(&mut self, wanted: usize) -> io::Result<usize> {
        let count = wanted.min(self.left);
        if count == 0 { Err(ErrorKind::BrokenPipe.into()) } else { Ok(count) }
    }
}

impl<T: Read> Read for Failing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pass(buffer.len())?;
        let count = self.inner.read(&mut buffer[..count])?;
        self.left -= count;
        Ok(count)
    }
}

impl<T: Write> Write for Failing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.pass(bytes.len())?;
        let count = self.inner.write(&bytes[..count])?;
        self.left -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn source(from: u64, cut_after: Option<u64>) -> End {
    let (pattern, remaining) = (Pattern { at: from, end: size() }, Some(size() - from));
    End::Source(match cut_after {
        Some(left) => Source::Stream { reader: Box::new(Failing { inner: pattern, left: left as usize }), remaining },
        None => Source::Stream { reader: Box::new(pattern), remaining },
    })
}

fn is_the_pattern(path: &Path) -> bool {
    let mut file = File::open(path).unwrap();
    let mut pattern = Pattern { at: 0, end: size() };
    let (mut seen, mut expected) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let count = pattern.read(&mut expected).unwrap();
        if count == 0 {
            return file.read(&mut seen).unwrap() == 0;
        }
        if file.read_exact(&mut seen[..count]).is_err() || seen[..count] != expected[..count] {
            return false;
        }
    }
}

/// A server of this directory, and a client of it that has logged in.
fn connected(serve: Serve, root: &Path) -> (Server, Client) {
    let disk = Arc::new(Disk::open(root).unwrap());
    let mut host = Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, disk));
    host.config = Arc::new(ServerConfig { marker_interval: size() / 16, ..ServerConfig::default() });
    let server = Server::start(serve, host).unwrap();
    let client = client(&server, None);
    (server, client)
}

fn client(server: &Server, restart: Option<Restart>) -> Client {
    let options = ClientOptions { marker_interval: size() / 16, restart, ..ClientOptions::default() };
    let mut client = Client::connect(server.address(), &options).unwrap();
    let login = Request::Login { user: b"ann".to_vec(), password: Secret::new(b"secret"), account: None };
    client.request(login, &mut ()).unwrap();
    client
}

fn codec(mode: Mode) -> Codec {
    Codec { representation: Representation::Image, structure: Structure::File, mode }
}

fn store(how: Upload, mode: Mode) -> Request {
    Request::Store { path: b"file".to_vec(), how, codec: codec(mode) }
}

fn retrieve(offset: u64) -> Request {
    Request::Retrieve { path: b"file".to_vec(), offset, codec: codec(Mode::Block) }
}

#[test]
fn an_upload_in_block_mode_goes_on_at_the_last_marker() {
    for serve in RUNTIMES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "the old file").unwrap();
        let (server, mut client) = connected(serve, dir.path());
        let half = source(0, Some(cut()));
        client.transfer(store(Upload::Replace, Mode::Block), half, &mut ()).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), b"the old file");
        let restart = client.restart().cloned().unwrap();
        assert_eq!((restart.local, &restart.server[..]), (size() / 2, (size() / 2).to_string().as_bytes()));
        drop(client);
        // Over another connection, as after a crash.
        let mut client = self::client(&server, Some(restart.clone()));
        let rest = source(restart.local, None);
        client.transfer(store(Upload::ResumeAt(restart.local), Mode::Block), rest, &mut ()).unwrap();
        assert!(is_the_pattern(&path));
    }
}

#[test]
fn a_download_in_block_mode_goes_on_at_the_last_marker() {
    for serve in RUNTIMES {
        let dir = tempfile::tempdir().unwrap();
        io::copy(&mut Pattern { at: 0, end: size() }, &mut File::create(dir.path().join("file")).unwrap()).unwrap();
        let (_server, mut client) = connected(serve, dir.path());
        let path = dir.path().join("copy");
        let mut file = File::create(&path).unwrap();
        let sink = Failing { inner: file.try_clone().unwrap(), left: cut() as usize };
        client.transfer(retrieve(0), End::Sink(Sink::Writer(Box::new(sink))), &mut ()).unwrap_err();
        let restart = client.restart().cloned().unwrap();
        assert_eq!(restart.local, size() / 2);
        file.set_len(restart.local).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        client.transfer(retrieve(restart.local), End::Sink(Sink::Writer(Box::new(file))), &mut ()).unwrap();
        assert!(is_the_pattern(&path));
    }
}

#[test]
fn an_upload_in_stream_mode_that_is_cut_off_publishes_nothing() {
    for serve in RUNTIMES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "the old file").unwrap();
        let (_server, mut client) = connected(serve, dir.path());
        for announced in [false, true] {
            if announced {
                client.request(Request::Allocate(size()), &mut ()).unwrap();
            }
            let half = source(0, Some(cut()));
            let result = client.transfer(store(Upload::Replace, Mode::Stream), half, &mut ());
            assert!(matches!(result, Err(ClientError::Transfer(_))), "{result:?}");
            assert_eq!(std::fs::read(&path).unwrap(), b"the old file");
        }
        client.transfer(store(Upload::Replace, Mode::Stream), source(0, None), &mut ()).unwrap();
        assert!(is_the_pattern(&path));
    }
}
