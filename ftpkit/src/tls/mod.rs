//! TLS as the program's options have it: a server's certificate, kept and exchanged, and whom a client believes.

mod server;

pub(crate) use server::ServerTls;
