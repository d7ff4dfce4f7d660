//! The built program, run as people and scripts run it.

mod account;
mod check;
mod common;
mod control;
mod help;
mod hostile;
mod serve;
mod transfer;
mod verbs;
