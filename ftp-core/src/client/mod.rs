//! The client: [`ClientSession`] speaks FTP to a server without I/O. What moves files, connects and waits is its host.
//!
//! A host does three things in turn: it lets in what has happened, drains, and waits as it is told. This one plays the server itself.
//!
//! ```
//! use ftp_core::client::{ClientAction, ClientConfig, ClientSession, Event, Outcome, Request};
//! use ftp_core::drain::{Closed, Port};
//! use ftp_core::time::Time;
//!
//! #[derive(Default)]
//! struct Desk {
//!     wire: Vec<u8>,
//!     events: Vec<Event>,
//! }
//!
//! impl Port<ClientAction> for Desk {
//!     fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
//!         self.wire.extend_from_slice(bytes);
//!         Ok(bytes.len())
//!     }
//!
//!     fn act(&mut self, action: ClientAction) {
//!         match action {
//!             ClientAction::Notify(event) => self.events.push(event),
//!             // Here a real host connects, moves bytes, cancels and closes, and completes each operation later.
//!             other => unreachable!("PWD needs no {other:?}"),
//!         }
//!     }
//! }
//!
//! let now = Time::ZERO; // the host's monotonic clock
//! let config = ClientConfig::new("192.0.2.9:4000".parse()?, "192.0.2.1:21".parse()?);
//! let mut session = ClientSession::new(config, now);
//! let mut desk = Desk::default();
//!
//! session.request(now, Request::WorkingDirectory)?;
//! let greeting = b"220 ready\r\n";
//! assert_eq!(session.receive(now, greeting), greeting.len());
//! let wait = session.drain(now, &mut desk);
//! assert_eq!(desk.wire, b"PWD\r\n");
//! assert!(wait.read && wait.deadline.is_some());
//!
//! session.receive(now, b"257 \"/home\" is where you are\r\n");
//! let wait = session.drain(now, &mut desk);
//! assert_eq!(desk.events.last(), Some(&Event::Done(Ok(Outcome::Path(b"/home".to_vec())))));
//! assert_eq!(wait.deadline, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Many files
//!
//! A small file costs round trips, not bytes. So make the next requests before the first is done, and keep a handful waiting: each is told by an
//! [`Event::Done`] of its own, in the order in which they were made, whatever becomes of the others. With servers that bear it
//! ([`ClientConfig::pipeline`]) the next file's commands are out before the last file is over; with all others nothing is lost by it. What is
//! asked for beside the files, such as the time of the last upload ([`Request::SetModified`]), goes along.
//!
//! When a session ends, each request that was not done fails with [`ClientError::Disconnected`], and nothing is known of those that were running. What
//! [`ClientError::may_pass`] says of an error tells whether a new session may do better; [`ClientSession::learnt`] is what to give it along.

pub mod action;
mod active;
mod advice;
mod config;
mod digest;
mod ensure;
mod entries;
mod facts;
mod features;
mod later;
mod learnt;
mod link;
mod login;
mod misuse;
mod modified;
mod movement;
mod pathname;
mod queue;
mod quote;
mod restart;
mod secure;
mod server;
mod session;
mod simple;
mod task;
mod transfer;
mod way;
mod zone;

pub use action::{ClientAction, ClientCompletion, ClientError, Event, LocalEnd, Outcome, Request, Upload};
pub use advice::{Advice, Finding};
pub use config::{ClientConfig, DataPreference, TlsUse};
pub use entries::ListingTooLarge;
pub use features::Features;
pub use learnt::Learnt;
pub use misuse::Misuse;
pub use restart::Restart;
pub use session::ClientSession;
