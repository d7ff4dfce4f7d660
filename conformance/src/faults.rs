//! What every adapter must bear, as `table` lists it: peers that send and read byte by byte, that vanish, that close half (`control`); no
//! descriptors left (`descriptors`); storage that hangs or panics (`storage`); a stop in the midst of it all (`midst`); transfers that break
//! (`transfers`) and a server that is killed (`killed`). [`main`] makes each a test of its own.
//!
//! Nothing here waits for time to go by. What has to be held up is held up by storage that the test lets go
//! ([`Hooked`](crate::hooked::Hooked)), and where a test waits for an answer, [`LIMIT`] is only there so that a broken server cannot hold up
//! the tests.

mod bench;
mod control;
mod descriptors;
mod killed;
mod midst;
mod page;
mod process;
mod storage;
mod table;
mod transfers;

use crate::peer::LIMIT;
use crate::runtime::{Serve, Server};
use bench::Seen;
use libtest_mimic::{Arguments, Failed, Trial};
use std::env;
use std::io::{self, Read};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::Duration;
use table::FAULTS;

pub use page::page;

/// A fault, and what is seen of it on every runtime.
struct Fault {
    /// The name of its test.
    name: &'static str,
    /// What goes wrong.
    what: &'static str,
    run: Run,
    /// What the peer sees of it.
    peer: &'static str,
    /// What is on the disk in the end; "–" where nothing is stored.
    disk: &'static str,
}

enum Run {
    /// It holds by itself that what is seen is what is said of it.
    Holds(fn(Serve) -> Result<(), Failed>),
    /// It tells what is seen.
    Tells(fn(Serve) -> Result<Seen, Failed>),
}

/// Runs every fault on the runtime of `serve`, as the tests of a program.
pub fn main(serve: Serve) {
    if let Some(root) = env::var_os(descriptors::FEW) {
        return descriptors::serve_with_few(serve, Path::new(&root));
    }
    if let Some(root) = env::var_os(killed::ROOT) {
        return process::until_told(killed::serve_directory(serve, Path::new(&root)));
    }
    let trials = FAULTS.iter().map(|fault| Trial::test(fault.name, move || fault.test(serve))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

impl Fault {
    fn test(&self, serve: Serve) -> Result<(), Failed> {
        match self.run {
            Run::Holds(fault) => fault(serve),
            Run::Tells(fault) => {
                let expected = Seen { peer: self.peer.into(), disk: self.disk.into() };
                same(&fault(serve)?, &expected)
            }
        }
    }
}

/// Waits until no more than `left` sessions are there.
fn gone(server: &Server, left: usize) -> Result<(), Failed> {
    let end = std::time::Instant::now() + LIMIT;
    while server.host().registry.present().len() > left {
        if std::time::Instant::now() > end {
            return Err(format!("{:?} are still there", server.host().registry.present()).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(seen: &T, expected: &T) -> Result<(), Failed> {
    if seen == expected { Ok(()) } else { Err(format!("{seen:?} instead of {expected:?}").into()) }
}

fn read_all(mut data: TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).map(|_| bytes)
}
