//! The options of `put`.

use super::transfer::{EVENTS, FileOptions};
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

{EVENTS}

{}", Exit::help()))]
pub(crate) struct PutOptions {
    /// What to store, - being standard input, and where to
    #[arg(value_name = "FILE|URL", value_parser = PlaceParser, value_hint = ValueHint::FilePath, required = true)]
    pub(crate) places: Vec<Place>,

    #[command(flatten)]
    pub(crate) files: FileOptions,
}
