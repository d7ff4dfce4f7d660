//! TLS as the program's options have it: a server's certificate, kept and exchanged, and whom a client believes.

mod client;
pub(crate) mod known;
mod server;

pub(crate) use client::ClientTls;
pub(crate) use server::ServerTls;
