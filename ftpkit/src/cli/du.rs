//! The options of `du`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Sum up what is in directories
///
/// Shows bytes and number of files below each place. Links are not followed.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit du -H ftp://example.org/pub
  ftpkit du -a --json ftp://example.org/pub | jq -s 'sort_by(.bytes)'

With --json: one object a line: path, bytes, files, directories.

{}", Exit::help()))]
pub(crate) struct DuOptions {
    /// Where to count
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    /// Each directory below too, with the files in itself alone
    #[arg(short, long)]
    pub(crate) all: bool,

    /// Bytes as KiB, MiB and so on
    #[arg(short = 'H', long)]
    pub(crate) human: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
