//! What every FTP runtime shares: storage, accounts, sockets' bytes, transfers, the live sessions.
//!
//! Nothing here sleeps and nothing picks a thread. Where a [`Session`](session::Session) cannot go on, it says what to wait
//! for; where work blocks, it hands out a [`Job`](job::Job). An adapter does the waiting and runs the jobs. The smallest
//! one there can be waits by asking again and again:
//!
//! ```
//! use ftp_core::permission::Permissions;
//! use ftp_host::accounts::FixedAccounts;
//! use ftp_host::door::Arrival;
//! use ftp_host::host::Host;
//! use ftp_host::readiness::{Ready, Turn};
//! use ftp_host::session::Session;
//! use ftp_host::storage::Memory;
//! use std::io::{Read, Write};
//! use std::net::{Shutdown, TcpListener, TcpStream};
//! use std::sync::Arc;
//!
//! # fn main() -> std::io::Result<()> {
//! let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
//! let host = Arc::new(Host::new(accounts));
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let mut peer = TcpStream::connect(listener.local_addr()?)?;
//! peer.write_all(b"USER ann\r\nPASS secret\r\nQUIT\r\n")?;
//! peer.shutdown(Shutdown::Write)?;
//!
//! let mut session = Session::new(&host, Arrival::new(listener.accept()?.0)?, Arc::new(|| ()))?;
//! let mut scratch = [0; 4096];
//! while session.turn(Ready::ALL, &mut scratch) != Turn::Over {
//!     if let Some(job) = session.take_job() {
//!         session.finished(job.run());
//!     }
//! }
//! drop(session);
//!
//! let mut said = String::new();
//! peer.read_to_string(&mut said)?;
//! assert_eq!(said, "220 ftpkit ready.\r\n331 Password required.\r\n230 Logged in.\r\n221 Goodbye.\r\n");
//! # Ok(())
//! # }
//! ```

pub mod accounts;
pub mod channel;
pub mod chore;
pub mod client;
pub mod clock;
mod control;
pub mod data;
pub mod door;
pub mod gate;
pub mod host;
pub mod job;
pub mod listing;
pub mod pump;
pub mod readiness;
pub mod registry;
pub mod session;
pub mod storage;
mod sync;
pub mod tls;
mod turnstile;
