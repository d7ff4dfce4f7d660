//! The options of `put`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Store a file
///
/// A file of that name on the server is replaced. For the form of the URL see `ftpkit help get`; one that ends in `/` keeps
/// the file's name.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit put report.pdf ftp://ann@example.org/
      as report.pdf, where ann's login leads
  ftpkit put large.iso ftp://ann@example.org/images/new.iso -c
      going on with what is there
  tar c src | ftpkit put - ftp://ann@example.org/src.tar
      from standard input

With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct PutOptions {
    /// What to store: a file, or - for standard input
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Where to
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// Go on with what is there of the file
    #[arg(short = 'c', long = "continue")]
    pub(crate) resume: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
