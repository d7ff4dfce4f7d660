//! What every FTP runtime shares.

pub mod storage;
