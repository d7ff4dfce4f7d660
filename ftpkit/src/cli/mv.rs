//! The options of `mv`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Rename or move files on a server
///
/// The new name is a path on the same server, as the server reads it, or a URL of it. One that ends in `/` is a directory that
/// what is moved keeps its name in. Whether a file that has the new name is replaced is the server's to decide. Nothing is moved to
/// another server: `ftpkit mirror` copies there.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit mv ftp://ann@example.org/draft.txt final.txt
  ftpkit mv 'ftp://ann@example.org/in/*.csv' done/

{}", Exit::help()))]
pub(crate) struct MvOptions {
    /// What to rename; may be a pattern if the new name is a directory
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) from: FtpUrl,

    /// The new name
    #[arg(value_name = "NAME|DIR/")]
    pub(crate) to: String,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
