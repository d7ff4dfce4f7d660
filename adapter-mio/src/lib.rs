//! FTP on a hand-rolled event loop: a few threads serve every session, and none of them ever waits for one.
//!
//! # One place to sleep
//! Each core has an [`EventLoop`], and each loop one poll. A wake-up brings events, letters from other threads and alarms
//! that went off. They only put sessions into a queue; then everybody in the queue has one turn, of bounded length, and
//! whoever has more to do stands at its end again. So nobody can keep a loop to himself, and a session that waits costs
//! nothing but its memory: there is no buffer of its own, and the room to read into is the loop's.
//!
//! # Edges
//! The poll reports that something *became* ready, once. It can be relied on as long as nothing that was reported is
//! forgotten: a session remembers what it has not read, and what comes while it is away is kept for it. For the
//! same reason nothing spins: a peer that closed its half, or does not read, is reported once and then silent. A data
//! socket is registered again whenever it is waited for, which makes the poll look anew.
//!
//! # What blocks
//! Files and passwords go to a crew of threads. The session goes along with its job and comes back when it next waits for
//! a socket: replies leave from where the work was done, and one hop does for a command that takes several jobs. The
//! loop meanwhile keeps what it hears for the session. A crew larger than the number of cores costs little, since
//! its members sleep in the file system; a disk that hangs holds up those who wait for it, and no others.
//!
//! # Listeners
//! All loops have all listeners in their polls, and the loop that is free takes the connection. One loop that accepts for
//! all and hands connections round was measured to be neither faster nor slower (anonymous logins, 1 and 50 at a time), and
//! would be one more thing to wait for. A port for each loop (`SO_REUSEPORT`) would shut out listeners that a supervisor
//! has opened. Where no connection can be taken, for want of descriptors, a listener is left alone for a moment.
//!
//! Nothing here knows a command or a reply. All of that is in `ftp-core`, all that touches files and sockets in
//! `ftp-host`.
//!
//! ```
//! use adapter_mio::{Client, ClientOptions, serve};
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
mod clients;
mod crew;
mod entrance;
mod event_loop;
mod inbox;
mod places;
mod server;
mod sockets;
mod timers;

pub use client::Client;
pub use clients::{Audience, ClientId, Clients};
pub use event_loop::EventLoop;
pub use ftp_host::client::{ClientOptions, ConnectError, End, Go, Watch};
pub use server::{Running, serve};
