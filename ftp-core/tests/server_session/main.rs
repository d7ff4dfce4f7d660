//! The server's machine where no transcript reaches: deadlines of a peer that does not read, late answers of a host, and
//! what holds for any input in any pieces.

mod bench;
mod events;
mod pieces;
