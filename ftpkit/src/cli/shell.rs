//! The options of `connect`.

use super::connect::{ConnectOptions, UrlParser};
use crate::exit::Exit;
use crate::remote::FtpUrl;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Talk with a server
///
/// On a terminal it takes the whole screen: what one types, the conversation with the server, and what comes of it; files move
/// while one goes on typing. With --plain, and without a terminal, the same commands are read line by line, and the first that fails is
/// the last. `help` shows the commands.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit connect ftp://ann@example.org/
  echo 'mget *.pdf' | ftpkit connect ftp://ann@example.org/papers/
  ftpkit connect -f nightly.ftp

{}", Exit::help()))]
pub(crate) struct ConnectCommand {
    /// Where to begin
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: Option<FtpUrl>,

    /// Line by line
    #[arg(long)]
    pub(crate) plain: bool,

    /// Let the wheel scroll and a click choose a pane; most terminals then mark text with Shift
    #[arg(long, conflicts_with = "plain")]
    pub(crate) mouse: bool,

    /// Read the commands from this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,

    /// Go on after a command that failed
    #[arg(short, long)]
    pub(crate) keep_going: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
