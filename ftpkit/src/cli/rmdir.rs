//! The options of `rmdir`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Remove empty directories
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit rmdir ftp://ann@example.org/2025

{}", Exit::help()))]
pub(crate) struct RmdirOptions {
    /// What to remove
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
