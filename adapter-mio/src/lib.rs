//! FTP on a hand-rolled event loop.

mod crew;
mod door;
mod event_loop;
mod inbox;
mod server;
mod sockets;
mod timers;

pub use event_loop::EventLoop;
pub use server::{Running, serve};
