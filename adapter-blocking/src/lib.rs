//! FTP on blocking threads: one thread for each session, which sleeps in one place.
//!
//! A thread that sat in a blocking `read` of the control connection could not see the data connection, and one in a
//! blocking `write` of the data connection could not answer ABOR. So the sockets do not block; the thread does, in
//! `poll(2)`, on both at once, on a wake-up from other threads, and on the session's deadline. Storage and password
//! work runs on the same thread: a slow disk holds up nobody else.
//!
//! Nothing here knows a command or a reply. All of that is in `ftp-core`, all that touches files and sockets in
//! `ftp-host`.
//!
//! ```
//! use adapter_blocking::{Client, ClientOptions, serve};
//! use ftp_core::client::{Outcome, Request};
//! use ftp_core::permission::Permissions;
//! use ftp_core::secret::Secret;
//! use ftp_host::accounts::FixedAccounts;
//! use ftp_host::host::Host;
//! use ftp_host::storage::Memory;
//! use std::{net::TcpListener, sync::Arc, time::Duration};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
//! let server = serve(vec![TcpListener::bind("127.0.0.1:0")?], Arc::new(Host::new(accounts)))?;
//!
//! let mut client = Client::connect(server.addresses(), &ClientOptions::default())?;
//! let login = Request::Login { user: "ann".into(), password: Secret::new("secret"), account: None };
//! client.request(login, &mut ()).map_err(|error| format!("{error:?}"))?;
//! let made = client.request(Request::MakeDirectory("new".into()), &mut ());
//! assert_eq!(made, Ok(Outcome::Path("/new".into())));
//!
//! assert!(!server.stop(Duration::ZERO), "the client is still there, and was sent away");
//! # Ok(())
//! # }
//! ```

mod client;
mod server;
mod wait;

pub use client::{Client, Finished};
pub use ftp_host::client::{ClientOptions, ConnectError, End, Go, Watch};
pub use server::{Running, serve};
