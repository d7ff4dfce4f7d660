//! The options of `stat`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Show what the server tells of files
///
/// Kind and permissions, size, time in UTC, and name, as `ftpkit ls` shows them, of a file or of a directory itself.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit stat ftp://example.org/pub/file.iso
  ftpkit stat --json ftp://example.org/pub | jq -r .modified

With --json: one object a line, as of `ftpkit ls`.

{}", Exit::help()))]
pub(crate) struct StatOptions {
    /// What to show
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
