//! The built program, run as people and scripts run it.

mod account;
mod common;
mod help;
mod serve;
mod transfer;
