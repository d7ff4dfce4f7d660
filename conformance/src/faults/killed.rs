//! A server that is killed in the midst of an upload, at every step of it, as by `kill -9` or the end of the machine's power.

use super::bench::{HALF, NEW, OLD, Seen, disk};
use super::process::Process;
use crate::hooked::Hooked;
use crate::peer::Peer;
use crate::runtime::{Serve, Server};
use ftp_core::permission::Permissions;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::storage::Disk;
use libtest_mimic::Failed;
use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Set for the process that is to be killed: the directory that it serves.
pub(super) const ROOT: &str = "FTPKIT_FAULTS_ROOT";

/// How far an upload is when its server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// The command is sent.
    Asked,
    /// 150 has come.
    Begun,
    /// Half of the bytes are stored.
    Half,
    /// All bytes are stored.
    Stored,
    /// The data connection is closed, so long ago.
    Closed(Duration),
    /// 226 has come.
    Done,
}

pub(super) fn serve_directory(serve: Serve, root: &Path) -> io::Result<Server> {
    let accounts =
        FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Hooked::new(Disk::open(root)?, |_| ())));
    Server::start(serve, Host::new(accounts))
}

pub(super) fn a_server_is_killed_at_each_step_of_an_upload(_: Serve) -> Result<Seen, Failed> {
    let closed = (0..12).map(|step| Point::Closed(Duration::from_micros(40 * step)));
    let points =
        [Point::Asked, Point::Begun, Point::Half, Point::Stored].into_iter().chain(closed).chain([Point::Done]);
    for point in points {
        let root = tempfile::tempdir()?;
        fs::write(root.path().join("file"), OLD)?;
        kill_at(point, root.path())?;
        // Begun and empty, as nobody is left to take it away; the next upload takes it over.
        let aside = root.path().join(".ftpkit-part.file");
        if fs::metadata(&aside).is_ok_and(|facts| facts.len() == 0) {
            fs::remove_file(&aside)?;
        }
        let left = disk(root.path()).map_err(|error| format!("{point:?}: {}", error.message().unwrap_or_default()))?;
        let expected: &[&str] = match point {
            Point::Asked | Point::Begun => &["the old file"],
            Point::Half | Point::Stored => &["the old file; what came is kept to go on with"],
            Point::Closed(_) => &["the old file; what came is kept to go on with", "the new file"],
            Point::Done => &["the new file"],
        };
        if !expected.contains(&left.as_str()) {
            return Err(format!("{point:?}: {left}").into());
        }
        if point == Point::Half {
            go_on(root.path())?;
        }
    }
    Ok(Seen {
        peer: "150 at most; then both connections break".into(),
        disk: "the old file until all is stored, then the new one; what came is kept, and REST goes on with it".into(),
    })
}

fn kill_at(point: Point, root: &Path) -> Result<(), Failed> {
    let mut child = Process::start(ROOT, root.as_os_str())?;
    let mut peer = Peer::log_in(child.line()?.trim().parse()?)?;
    let data = bring_to(point, &mut peer)?;
    // The server dies first: an end of the data connection that it lives to see is the end of the file (RFC 959 3.4.1).
    drop(child);
    drop(data);
    Ok(())
}

/// Brings an upload so far: the data connection, where it is still open.
fn bring_to(point: Point, peer: &mut Peer) -> Result<Option<TcpStream>, Failed> {
    let mut data = peer.passive()?;
    peer.send(b"STOR /file\r\n")?;
    if point == Point::Asked {
        return Ok(Some(data));
    }
    peer.expect("150")?;
    if point == Point::Begun {
        return Ok(Some(data));
    }
    data.write_all(&NEW[..HALF])?;
    peer.until_moved(HALF)?;
    if point == Point::Half {
        return Ok(Some(data));
    }
    data.write_all(&NEW[HALF..])?;
    peer.until_moved(NEW.len())?;
    if point == Point::Stored {
        return Ok(Some(data));
    }
    drop(data);
    if let Point::Closed(ago) = point {
        let closed = Instant::now();
        // Shorter than any sleep.
        while closed.elapsed() < ago {
            std::hint::spin_loop();
        }
        return Ok(None);
    }
    peer.expect("226")?;
    Ok(None)
}

/// The upload goes on where it was broken off, with the server that comes after.
fn go_on(root: &Path) -> Result<(), Failed> {
    let mut child = Process::start(ROOT, root.as_os_str())?;
    let mut peer = Peer::log_in(child.line()?.trim().parse()?)?;
    let mut data = peer.passive()?;
    peer.ask(&format!("REST {HALF}"), "350")?;
    peer.ask("STOR /file", "150")?;
    data.write_all(&NEW[HALF..])?;
    drop(data);
    peer.expect("226")?;
    match disk(root)?.as_str() {
        "the new file" => Ok(()),
        other => Err(format!("after going on: {other}").into()),
    }
}
