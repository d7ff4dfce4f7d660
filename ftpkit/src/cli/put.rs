//! The options of `put`.

use super::connect::ConnectOptions;
use super::transfer::{TransferOptions, connections};
use crate::conflict::Policy;
use crate::exit::Exit;
use crate::place::{Place, PlaceParser};
use clap::{Args, ValueHint};

/// Store files
///
/// For the form of the URL see `ftpkit help get`; one that ends in `/` is a directory in which files keep their names. With
/// several files it always is.
#[derive(Debug, Args)]
#[command(override_usage = "ftpkit put [OPTIONS] <FILE>... <URL>", after_help = format!("\
Examples:
  ftpkit put report.pdf ftp://ann@example.org/
      as report.pdf, where ann's login leads
  ftpkit put large.iso ftp://ann@example.org/images/new.iso -c
      going on with what is there
  tar c src | ftpkit put - ftp://ann@example.org/src.tar
      from standard input
  ftpkit put -r *.pdf figures ftp://ann@example.org/2026/ --on-conflict newer
      files and directories

With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy); with several files also planned, \
failed and finished, as of `ftpkit mirror`.

{}", Exit::help()))]
pub(crate) struct PutOptions {
    /// What to store, - being standard input, and where to
    #[arg(value_name = "FILE|URL", value_parser = PlaceParser, value_hint = ValueHint::FilePath, required = true)]
    pub(crate) places: Vec<Place>,

    /// Directories too, with all that is in them
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// So many connections at once, for several files
    #[arg(short, long, value_name = "N", value_parser = connections, default_value_t = 4)]
    pub(crate) jobs: usize,

    /// Go on with what is there: --on-conflict resume
    #[arg(short = 'c', long = "continue", conflicts_with_all = ["overwrite", "on_conflict"])]
    pub(crate) resume: bool,

    /// Replace what is there: --on-conflict overwrite
    #[arg(long, conflicts_with = "on_conflict")]
    pub(crate) overwrite: bool,

    #[command(flatten)]
    pub(crate) transfer: TransferOptions,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

impl PutOptions {
    /// What to do with files that are there.
    pub(crate) fn policy(&self) -> Policy {
        self.transfer.policy(self.resume, self.overwrite)
    }
}
