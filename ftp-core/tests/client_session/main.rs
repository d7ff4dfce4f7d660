//! The client's session against a scripted server, in memory and in virtual time. Every scenario is played with the server's bytes whole,
//! one by one, and cut at random: what comes out must not depend on it.

mod abort;
mod basics;
mod blocks;
mod chunks;
mod data;
mod listing;
mod login;
mod pairs;
mod play;
mod queue;
mod queue_faults;
mod setup;
mod silence;
mod tls;
mod ways;
