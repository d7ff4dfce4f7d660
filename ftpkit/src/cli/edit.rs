//! The options of `edit`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};

/// Edit a file on a server
///
/// It is fetched, shown in the editor that VISUAL or EDITOR names, and put back if it was changed; but not if somebody else has changed
/// it on the server meanwhile. A file that is not there begins empty. Where it cannot be put back, what was written is kept here.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit edit ftp://ann@example.org/notes.txt
  ftpkit edit --editor 'code --wait' ftp://ann@example.org/site/index.html

{}", Exit::help()))]
pub(crate) struct EditOptions {
    /// What to edit
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// The editor [default: that of VISUAL or EDITOR, else vi]
    #[arg(long, value_name = "COMMAND")]
    pub(crate) editor: Option<String>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
