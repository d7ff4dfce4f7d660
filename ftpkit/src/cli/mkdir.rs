//! The options of `mkdir`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Make directories
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit mkdir ftp://ann@example.org/2026
  ftpkit mkdir -p ftp://ann@example.org/2026/11/25

{}", Exit::help()))]
pub(crate) struct MkdirOptions {
    /// What to make
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    /// Those that it lies in too; one that is there already is no failure
    #[arg(short, long)]
    pub(crate) parents: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
