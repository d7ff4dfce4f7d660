//! [`Backend`]: something that a transcript can be played on. What is said is the runner's; how it gets there and back is
//! the backend's.

#[cfg(feature = "ours")]
pub mod adapter;
mod anybody;
pub mod clients;
#[cfg(feature = "ours")]
pub mod core;
pub mod foreign;
pub mod sockets;
pub mod tls;
#[cfg(feature = "ours")]
pub mod world;

use crate::transcript::Hello;
use crate::transcript::check::SCRATCH;
use crate::transcript::text::show;
use ftp_core::action::StorageError;
use ftp_core::listing::EntryKind;
use ftp_core::path::VirtualPath;
use ftp_core::secret::Secret;
use ftp_host::storage::{Source, Storage};
use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

/// A server with one client's connections to it, and a clock that only [`Backend::advance`] moves.
///
/// The calls return when everything that follows from them has happened, or as soon as what they were asked for is there;
/// one that waits in vain gives up by itself.
pub trait Backend {
    /// Sends bytes over the control connection.
    fn send(&mut self, bytes: &[u8]);

    /// Sends Telnet IP and the Synch, as RFC 959 4.1.3 has it before an ABOR that is to overtake what waits.
    fn send_urgent(&mut self);

    /// Closes the control connection; from here on the client reads nothing.
    fn close(&mut self);

    /// The next bytes of the control connection.
    fn receive(&mut self) -> Received;

    /// Lets time go by.
    fn advance(&mut self, by: Duration);

    /// Opens the data connection to this port of the server; `false` if nobody is there.
    fn connect(&mut self, port: u16) -> bool;

    /// Listens for the data connection; where.
    fn listen(&mut self) -> SocketAddr;

    /// Takes the data connection that the server opens; `false` if it does not.
    fn accept(&mut self) -> bool;

    /// Sends bytes over the data connection. Those that the server does not want are lost.
    fn send_data(&mut self, bytes: &[u8]);

    /// The next bytes of the data connection.
    fn receive_data(&mut self) -> Received;

    /// Closes the data connection, in good order or by a reset.
    fn close_data(&mut self, reset: bool);

    /// The client's data ends, its TLS does not.
    fn truncate_data(&mut self) {
        self.close_data(false);
    }

    /// Begins TLS on the control connection; `false` if there is none.
    fn start_tls(&mut self, _hello: &Hello) -> bool {
        false
    }

    /// Ends TLS on the control connection; `false` if the server does not.
    fn stop_tls(&mut self) -> bool {
        false
    }

    /// Begins TLS on the data connection. Whether that succeeds shows in what comes next.
    fn secure_data(&mut self, _resumed: bool) {}

    /// The client says no more. What the server has said, and says until it closes, that was not received yet.
    fn finish(&mut self) -> Vec<u8>;

    /// What the server has at this path.
    fn look(&mut self, path: &[u8]) -> Seen;

    /// Who logs in where the transcript leaves that to the backend; `None`: the transcript's first user.
    fn login(&self) -> Option<Login> {
        None
    }

    /// The control connection's IP version.
    fn ip(&self) -> u8 {
        4
    }

    /// Where [`SCRATCH`] is on this server.
    fn scratch(&self) -> String {
        SCRATCH.to_owned()
    }
}

/// Name, password and account of a user.
#[derive(Clone, Debug)]
pub struct Login {
    /// The argument of USER.
    pub user: String,
    /// The argument of PASS.
    pub password: Secret,
    /// The argument of ACCT, should the server ask.
    pub account: Option<String>,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A file, and what is in it.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// Nothing.
    Missing,
    /// It cannot be told, and why.
    Unknown(String),
}

impl Seen {
    /// What this storage has at a path.
    pub fn of(storage: &dyn Storage, path: &[u8]) -> Self {
        let Ok(path) = VirtualPath::parse(path) else { return Self::Unknown("this is no path".into()) };
        match storage.entry(&path).map(|entry| entry.kind) {
            Ok(EntryKind::Directory) => Self::Directory,
            Err(StorageError::NotFound) => Self::Missing,
            Ok(_) => {
                let mut content = Vec::new();
                let read = storage.open(&path, 0).map(|source| match source {
                    Source::File { mut file, .. } => file.read_to_end(&mut content),
                    Source::Stream { mut reader, .. } => reader.read_to_end(&mut content),
                });
                match read {
                    Ok(Ok(_)) => Self::File(content),
                    Ok(Err(error)) => Self::Unknown(error.to_string()),
                    Err(error) => Self::Unknown(format!("{error:?}")),
                }
            }
            Err(error) => Self::Unknown(format!("{error:?}")),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(content) => write!(f, "it holds `{}`", show(content.get(..200).unwrap_or(content))),
            Self::Directory => f.write_str("it is a directory"),
            Self::Missing => f.write_str("there is nothing"),
            Self::Unknown(why) => write!(f, "it cannot be told: {why}"),
        }
    }
}

/// IAC IP, IAC DM (RFC 854). The last of them is sent as urgent data.
const SYNCH: [u8; 4] = [255, 244, 255, 242];

/// What a connection brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// At least one byte.
    Bytes(Vec<u8>),
    /// The other side closed it, or broke it.
    Closed,
    /// Nothing came, and nothing will unless something else happens.
    Nothing,
}
