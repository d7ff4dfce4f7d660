//! The options of `man`.

use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Print the manual page of ftpkit, or of one of its commands
///
/// The pages say what `ftpkit help COMMAND` says, for man(1).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ftpkit man | man -l -
  ftpkit man account add | man -l -
  ftpkit man --out ~/.local/share/man/man1
      one page for each command")]
pub(crate) struct ManOptions {
    /// The command [default: ftpkit itself]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub(crate) command: Vec<String>,

    /// Write all pages to files in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}
