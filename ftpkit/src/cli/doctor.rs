//! The options of `doctor`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Find out why a server does not work
///
/// Logs in and tries what transfers need, one after the other: TLS, each way to make a data connection, listings, beginning in the middle of
/// a file, digests. It says of each whether it works, and what to do where it does not. Nothing is written on the server.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit doctor ftp://ann@example.org/
  ftpkit doctor -v ftp://example.org/pub/
      with the conversation
  ftpkit doctor --json ftp://example.org/ | jq -r 'select(.verdict == \"bad\").message'

With --json: one object a line: check, verdict (good, missing, bad), message, remedy. `missing` is what works another way. It ends as the
first thing does that is bad.

{}", Exit::help()))]
pub(crate) struct DoctorOptions {
    /// The server, and a directory with a file to try
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
