//! [`Fault`]: why a workload gave no figure on a server.

use crate::exit::Exit;
use crate::text::shown;
use ftp_core::reply::Reply;
use std::fmt;
use std::io::{self, ErrorKind};

/// What went wrong in a measurement.
#[derive(Debug)]
pub(super) enum Fault {
    /// No control connection.
    Connect(io::Error),
    /// A connection broke.
    Io(io::Error),
    /// The server closed the control connection.
    Closed,
    /// The server said no to the login.
    Login(Reply),
    /// The server said no.
    Refused(Reply),
    /// What came is no FTP.
    Protocol(&'static str),
    /// Fewer or more bytes came than should.
    Short { expected: u64, came: u64 },
    /// The command of `--prepare` failed.
    Prepare(String),
}

impl Fault {
    /// The exit code, if this is all that there is to say.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Connect(error) | Self::Io(error)
                if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) =>
            {
                Exit::TimedOut
            }
            Self::Connect(_) => Exit::Connect,
            Self::Login(_) => Exit::Login,
            Self::Refused(_) => Exit::Refused,
            Self::Io(_) | Self::Closed | Self::Protocol(_) | Self::Short { .. } => Exit::Broken,
            Self::Prepare(_) => Exit::Usage,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rustix::io::Errno> for Fault {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            // A socket's own time limit reads as "would block".
            Self::Io(error) if error.kind() == ErrorKind::WouldBlock => f.write_str("no answer in time"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Login(reply) | Self::Refused(reply) => {
                write!(f, "{} {}", reply.code().number(), shown(reply.text()))
            }
            Self::Protocol(expected) => write!(f, "the server does not keep to the protocol: expected {expected}"),
            Self::Short { expected, came } => write!(f, "{came} bytes came instead of {expected}"),
            Self::Prepare(status) => write!(f, "the command of --prepare failed: {status}"),
        }
    }
}
