//! What every FTP runtime shares: storage, accounts, sockets' bytes, transfers, the live sessions.
//!
//! Nothing here sleeps and nothing picks a thread. Where a [`Session`](session::Session) cannot go on, it says what to wait
//! for; where work blocks, it hands out a [`Job`](job::Job). An adapter does the waiting and runs the jobs.

pub mod accounts;
pub mod channel;
pub mod client;
pub mod clock;
mod control;
pub mod data;
pub mod gate;
pub mod host;
pub mod job;
pub mod listing;
pub mod pump;
pub mod readiness;
pub mod registry;
pub mod session;
pub mod storage;
