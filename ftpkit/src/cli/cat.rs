//! The options of `cat`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Print files
///
/// The files go to standard output, one after the other. A URL may be a pattern.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit cat ftp://example.org/README
  ftpkit cat 'ftp://example.org/log/2026-*.log' | grep error
  ftpkit cat --offset 1000000 ftp://example.org/log/today.log
      without its first million bytes

{}", Exit::help()))]
pub(crate) struct CatOptions {
    /// What to print
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url, required = true)]
    pub(crate) urls: Vec<FtpUrl>,

    /// Leave out so many bytes at the beginning of each file
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub(crate) offset: u64,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
