//! A server that somebody else runs: [`Steward`] prepares for a case on it and tidies up, [`visit`] plays one there. Of the
//! server's files nothing is touched but a scratch directory that the steward makes and removes.

mod steward;
mod talk;

pub use steward::Steward;
pub use talk::Fault;

pub use super::sockets::{Foreign, Secure};
use super::sockets::{Limits, Sockets, Surroundings};
use super::{Login, Seen};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Where the server is, who logs in, and for how long anything is waited for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The control connection's address.
    pub address: SocketAddr,
    /// Who logs in.
    pub login: Login,
    /// How everything comes under TLS; `None`: not at all.
    pub tls: Option<Secure>,
    /// What is known of its TLS.
    pub foreign: Foreign,
    /// The server is given up when it has been silent for so long.
    pub silence: Duration,
    /// A case is given up after so long.
    pub case: Duration,
    /// Set: everything is given up, except for tidying up.
    pub stop: Arc<AtomicBool>,
}

/// The bytes that a case may receive: a server that never stops sending does not fill the memory.
const CASE_BYTES: usize = 64 << 20;

/// A control connection of its own for one case, in `dir`, which [`Steward::prepare`] made; if it is to be `clear`, without TLS,
/// whatever others have.
///
/// # Errors
/// What the system says, or that there is no TLS.
pub fn visit<'a>(steward: &'a mut Steward, dir: &str, clear: bool) -> io::Result<Sockets<'a>> {
    let target = steward.target();
    let limits = Limits {
        silence: target.silence,
        deadline: Some(Instant::now() + target.case),
        bytes: CASE_BYTES,
        stop: Arc::clone(&target.stop),
    };
    let (address, tls, foreign) = (target.address, target.tls, target.foreign.clone());
    let sockets = Sockets::connect(address, limits, Box::new(Visit { steward, dir: dir.to_owned() }))?;
    secured(sockets.of_foreigner(foreign), tls.filter(|_| !clear))
}

fn secured(mut sockets: Sockets<'_>, tls: Option<Secure>) -> io::Result<Sockets<'_>> {
    if let Some(how) = tls {
        sockets.secure(how)?;
    }
    Ok(sockets)
}

struct Visit<'a> {
    steward: &'a mut Steward,
    dir: String,
}

impl Surroundings for Visit<'_> {
    /// Other people's clocks go as they go; no case asks for it.
    fn advance(&mut self, _: Duration) {}

    fn look(&mut self, path: &[u8]) -> Seen {
        self.steward.look(&self.dir, path)
    }

    fn login(&self) -> Option<Login> {
        Some(self.steward.target().login.clone())
    }

    fn scratch(&self) -> String {
        self.dir.clone()
    }
}
