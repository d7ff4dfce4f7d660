//! The File Transfer Protocol, client and server, as state machines without I/O.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod action;
pub mod address;
pub mod client;
pub mod codec;
pub mod command;
pub mod drain;
pub mod line;
pub mod listing;
pub mod path;
pub mod permission;
pub mod reply;
pub mod secret;
pub mod server;
pub mod time;
