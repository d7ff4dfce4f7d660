//! The options of `raw`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Send commands of the protocol as they are
///
/// Each argument is a command line; its reply is printed. Commands that need a data connection (RETR, LIST …) are for the
/// other subcommands.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit raw ftp://example.org/ SYST FEAT
  ftpkit raw ftp://ann@example.org/ 'SITE CHMOD 640 notes.txt'

{}", Exit::help()))]
pub(crate) struct RawOptions {
    /// The server
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// What to send
    #[arg(value_name = "COMMAND", required = true)]
    pub(crate) commands: Vec<String>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
