//! What an adapter and a session say to each other: what is ready ([`Ready`]), what is to be waited for ([`Interest`]),
//! and what a turn left to do ([`Turn`]).

use ftp_core::time::Time;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// What an adapter found ready. Saying too much costs a system call; saying too little stalls a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// The control connection can be read, or was closed, or broke.
    pub control: bool,
    /// The control connection has urgent data.
    pub urgent: bool,
    /// The data socket of the [`Interest`] is as was asked.
    pub data: bool,
}

impl Ready {
    /// Everything may be ready: for the first turn, and after a wake-up of unknown cause.
    pub const ALL: Self = Self { control: true, urgent: false, data: true };

    /// What either of them says is ready.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            control: self.control || other.control,
            urgent: self.urgent || other.urgent,
            data: self.data || other.data,
        }
    }
}

/// What to wait for before the next turn. Any one of them is enough.
#[derive(Clone, Copy, Debug)]
pub struct Interest<'a> {
    /// The control connection's socket.
    pub control: BorrowedFd<'a>,
    /// Wait until it can be read.
    pub control_read: bool,
    /// Wait until it can be written to.
    pub control_write: bool,
    /// Wait for urgent data on it.
    pub control_urgent: bool,
    /// The data socket to wait for, whether for reading or for writing.
    pub data: Option<(Socket<'a>, Direction)>,
    /// The time of the next turn at the latest.
    pub deadline: Option<Time>,
}

/// A data socket. A descriptor's number says little, since the next socket may get the same; from this an adapter sees
/// whether it is still the socket that it has registered somewhere.
#[derive(Clone, Copy, Debug)]
pub enum Socket<'a> {
    /// A data connection, being made or made.
    Stream(&'a Arc<TcpStream>),
    /// The port of a passive data connection. It is free for others as soon as the session closes it, so only the
    /// session owns it.
    Listener(&'a TcpListener),
}

impl<'a> Socket<'a> {
    /// Its descriptor, for as long as the session lends the socket.
    pub fn into_fd(self) -> BorrowedFd<'a> {
        match self {
            Self::Stream(stream) => stream.as_fd(),
            Self::Listener(listener) => listener.as_fd(),
        }
    }
}

impl AsFd for Socket<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.into_fd()
    }
}

/// What a data socket is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// That it can be read, or accepted from.
    Read,
    /// That it can be written to, or has connected.
    Write,
}

/// What a turn ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing more can be done now: wait as the [`Interest`] says.
    Wait,
    /// There is more to do at once; others may have their turn before.
    Again,
    /// The session is over: drop it.
    Over,
}
