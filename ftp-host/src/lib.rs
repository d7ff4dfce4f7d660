//! What every FTP runtime shares.

pub mod accounts;
pub mod channel;
pub mod clock;
pub mod data;
pub mod gate;
pub mod listing;
pub mod pump;
pub mod storage;
