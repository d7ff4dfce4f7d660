//! The built program, run as people and scripts run it.

mod account;
mod across;
mod background;
mod bulk;
mod check;
mod common;
mod control;
mod doctor;
mod edit;
mod exit;
mod help;
mod hostile;
mod jobs;
mod manual;
mod names;
mod peer;
mod relay;
mod screen;
mod segments;
mod serve;
mod shell;
mod terminal;
mod tls;
mod transfer;
mod verbs;
