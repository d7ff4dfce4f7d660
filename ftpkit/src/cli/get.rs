//! The options of `get`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Fetch a file
///
/// The URL is `ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH`; IPv6 addresses stand in brackets. PATH begins where the login leads;
/// with a second `/` (or %2F) before it, at the root. `;type=a` at its end fetches text, with this machine's line ends.
/// Without USER the login is anonymous. A password that is not in the URL is taken from `FTPKIT_PASSWORD`, or asked for.
///
/// The file takes its name only when it is whole. One that was interrupted is kept aside, and -c goes on with it.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit get ftp://127.0.0.1:2121/notes.txt
      to this directory, by the same name
  ftpkit get ftp://ann@example.org/large.iso /tmp -c
      to /tmp/large.iso, going on where it was interrupted
  ftpkit get ftp://example.org/pub/archive.tar - | tar t
      to standard output

With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct GetOptions {
    /// What to fetch
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// Where to: a file, a directory, or - for standard output [default: this directory]
    #[arg(value_name = "FILE|DIR|-", value_hint = ValueHint::AnyPath)]
    pub(crate) to: Option<PathBuf>,

    /// Go on with what is there of the file
    #[arg(short = 'c', long = "continue", conflicts_with = "overwrite")]
    pub(crate) resume: bool,

    /// Replace a file that is there
    #[arg(long)]
    pub(crate) overwrite: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
