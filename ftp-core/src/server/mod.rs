//! The server's session: what a server answers, and what it wants done.
//!
//! [`ServerSession`] is one control connection. Its methods are of three kinds:
//!
//! - *inputs*: [`receive`](ServerSession::receive), [`receive_urgent`](ServerSession::receive_urgent),
//!   [`closed`](ServerSession::closed), [`complete`](ServerSession::complete), [`timeout`](ServerSession::timeout) and
//!   [`stop`](ServerSession::stop) tell it what happened, and at what time;
//! - *the output*: [`drain`](ServerSession::drain) hands out bytes and actions and says what to wait for;
//! - *questions*: [`user`](ServerSession::user) and the like, for those who watch.
//!
//! The rooms: `session` is the frame that all of this passes through, `greet` knows hosts and languages, `access` logs users
//! in and out, `files` works on the file system, `change` and `digests` do what later RFCs and practice add to that,
//! `parameters` sets up the next transfer, `transfer` runs it, `security` begins and ends TLS, `inform` answers questions,
//! and `answer` is the one door through which replies leave.

mod access;
mod answer;
mod change;
mod config;
mod digests;
mod dispatch;
mod files;
mod greet;
mod inform;
mod language;
mod output;
mod parameters;
mod security;
mod session;
mod transfer;

pub use config::ServerConfig;
pub use greet::VirtualHost;
pub use security::TlsPolicy;
pub use session::ServerSession;
