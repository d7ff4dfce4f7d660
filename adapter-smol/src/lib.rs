//! FTP on smol: one task for each session, spread over all cores.
//!
//! A task costs what its future holds while it waits, so a session's future holds the session, its place in the reactor
//! and a timer, and no buffer: it reads into the stack of the thread that happens to run it. While it has nothing to do
//! it is nowhere but in memory.
//!
//! - **Readiness** comes from async-io. Each connection is registered once and kept, data connections as long as their
//!   transfer; a transfer moves when its socket is ready, by `sendfile` and `splice` where the kernel can.
//! - **Files and passwords** block, and a task must not. They go to the threads of the `blocking` pool, a bounded number
//!   at once, and the session goes on listening meanwhile.
//! - **Urgent data** (the Telnet Synch, with which a client asks to be heard at once) is not among what async-io waits
//!   for. A small epoll of its own is, for as long as a session needs it.
//! - **Fairness**: a session that finds more to do goes to the end of the queue first.
//! - **Panics** end the session that panicked. Its thread goes on with the others.
//!
//! [`serve`] starts a thread for each core. In an executor of your own, [`Server::run`] is a future like any other:
//! whoever polls it works for it, and dropping the server ends its sessions.
//!
//! ```
//! use adapter_smol::{Client, ClientOptions, Server};
//! use ftp_core::client::{Outcome, Request};
//! use ftp_core::permission::Permissions;
//! use ftp_core::secret::Secret;
//! use ftp_host::accounts::FixedAccounts;
//! use ftp_host::host::Host;
//! use ftp_host::storage::Memory;
//! use smol::future;
//! use std::{net::TcpListener, sync::Arc, time::Duration};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
//! let server = Server::new(vec![TcpListener::bind("127.0.0.1:0")?], Arc::new(Host::new(accounts)))?;
//!
//! let visit = async {
//!     let mut client = Client::connect(server.addresses(), &ClientOptions::default()).await?;
//!     let login = Request::Login { user: "ann".into(), password: Secret::new("secret"), account: None };
//!     client.request(login, &mut ()).await.map_err(|error| format!("{error:?}"))?;
//!     let made = client.request(Request::MakeDirectory("new".into()), &mut ()).await;
//!     assert_eq!(made, Ok(Outcome::Path("/new".into())));
//!
//!     assert!(!server.stop(Duration::ZERO).await, "the client is still there, and was sent away");
//!     Ok(())
//! };
//! // The server and its visitor take turns on this one thread.
//! smol::block_on(future::zip(server.run(), visit)).1
//! # }
//! ```
//!
//! Nothing here knows a command or a reply. All of that is in `ftp-core`, all that touches files and sockets in
//! `ftp-host`.

mod away;
mod bell;
mod client;
mod running;
mod server;
mod session;
mod urgent;
mod wait;

pub use client::Client;
pub use ftp_host::client::{ClientOptions, ConnectError, End, Go, Watch};
pub use running::{Running, serve};
pub use server::Server;
