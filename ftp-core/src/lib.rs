//! The File Transfer Protocol (RFC 959 and its family), client and server, as state machines without I/O.
//!
//! Nothing here opens a socket or a file, reads a clock, starts a thread or needs `std`. Bytes, the host's answers and the
//! time go in; bytes, [`Action`](action::Action)s and a deadline come out of one method, `drain`. So the protocol can be
//! carried by any runtime, tested in virtual time, and fuzzed.
//!
//! A whole login, with a host that knows one password:
//!
//! ```
//! use ftp_core::action::{Action, Completion, LoginError};
//! use ftp_core::drain::{Closed, Port};
//! use ftp_core::server::{ServerConfig, ServerSession};
//! use ftp_core::time::Time;
//! use std::{net::SocketAddr, sync::Arc};
//!
//! /// Where the session's output goes: here, into memory.
//! #[derive(Default)]
//! struct Host { written: Vec<u8>, actions: Vec<Action> }
//!
//! impl Port<Action> for Host {
//!     fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
//!         self.written.extend_from_slice(bytes);
//!         Ok(bytes.len())
//!     }
//!     fn act(&mut self, action: Action) {
//!         self.actions.push(action);
//!     }
//! }
//!
//! let (server, client) = (SocketAddr::from(([127, 0, 0, 1], 21)), SocketAddr::from(([127, 0, 0, 1], 50_000)));
//! let mut session = ServerSession::new(Arc::new(ServerConfig::default()), server, client, Time::ZERO);
//! let mut host = Host::default();
//!
//! session.receive(Time::ZERO, b"USER ann\r\nPASS secret\r\nPWD\r\n");
//! let wait = session.drain(Time::ZERO, &mut host);
//! assert!(wait.deadline.is_none(), "the session waits for its host");
//!
//! let Some(Action::Login { op, credentials }) = host.actions.pop() else { panic!("a login is asked for") };
//! let right = credentials.password.expose() == b"secret";
//! session.complete(Time::ZERO, op, Completion::Login(if right { Ok(()) } else { Err(LoginError::Refused) }));
//! let wait = session.drain(Time::ZERO, &mut host);
//! assert!(wait.read, "the session waits for its peer, until its idle time-out");
//!
//! assert_eq!(
//!     String::from_utf8_lossy(&host.written),
//!     "220 ftpkit ready.\r\n331 Password required.\r\n230 Logged in.\r\n257 \"/\" is the working directory.\r\n",
//! );
//! ```
//!
//! The rooms: [`mod@line`], [`command`], [`reply`] and [`address`] are the grammar; [`server`] and [`client`] the two machines;
//! [`action`] and [`drain`] what passes between a machine and its host; [`listing`] and [`codec`] the forms in which
//! directories and files travel, [`digest`] the proofs that they arrived; [`path`], [`permission`], [`secret`] and [`time`] what all of them speak of.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod action;
pub mod address;
pub mod anonymous;
pub mod client;
pub mod codec;
pub mod command;
pub mod digest;
pub mod drain;
pub mod line;
pub mod listing;
pub mod path;
pub mod permission;
pub mod reply;
pub mod secret;
pub mod server;
pub mod time;
