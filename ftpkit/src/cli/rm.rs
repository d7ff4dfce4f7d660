//! The options of `rm`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Remove files and directories
///
/// A URL may be a pattern. Links are removed, not what they lead to.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit rm ftp://ann@example.org/old.txt
  ftpkit rm 'ftp://ann@example.org/tmp/*.bak'
  ftpkit rm -r ftp://ann@example.org/tmp
      the directory, with all that is in it

{}", Exit::help()))]
pub(crate) struct RmOptions {
    /// What to remove
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    /// Directories too, with all that is in them
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// What is not there is no failure
    #[arg(short, long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
