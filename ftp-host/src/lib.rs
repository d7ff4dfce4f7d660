//! What every FTP runtime shares.

pub mod channel;
pub mod data;
pub mod pump;
pub mod storage;
