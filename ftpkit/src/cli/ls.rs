//! The options of `ls`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// List a directory
///
/// Shows kind and permissions, size, time in UTC, and name. For the form of the URL see `ftpkit help get`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit ls ftp://127.0.0.1:2121/
  ftpkit ls -1 ftp://ann@example.org/pub
      names only
  ftpkit ls 'ftp://example.org/pub/*.iso'
      what fits the pattern
  ftpkit ls --json ftp://example.org/ | jq -r 'select(.kind == \"file\").name'

With --json: one object a line: name, path (as it stands in a URL, below what is listed), kind (file, directory, link, other), size, \
modified, mode, target; or, if it fails, `event`: error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct LsOptions {
    /// What to list
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// The directories below too
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,

    /// Names only
    #[arg(short = '1', long)]
    pub(crate) names: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
