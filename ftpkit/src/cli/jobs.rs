//! The commands of `jobs`, and their options.

use super::connect::ConnectOptions;
use crate::exit::Exit;
use crate::transfer::parse_rate;
use clap::{Args, Subcommand};

/// Go on with what was interrupted
///
/// Every job of many files is recorded until it is done: what it is to do, and what of that is done. After a crash, a lost
/// connection or Ctrl-C it goes on where it was.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ftpkit jobs list
  ftpkit jobs resume
      the latest
  ftpkit jobs forget --all")]
pub(crate) enum JobsCommand {
    /// Show the jobs that are not done
    #[command(after_help = "\
Examples:
  ftpkit jobs list

With --json: one object a line: id, source, target (each a URL or a directory), began (seconds since 1970), steps, done, running.")]
    List(JobsListOptions),
    /// Go on with one
    ///
    /// What is there of a file, or of each of its segments, is compared with the server's before it is gone on with: size, time and the
    /// last bytes. A password that was in the URL is asked for again, since none is recorded.
    #[command(after_help = format!("\
Examples:
  ftpkit jobs resume
      the latest
  ftpkit jobs resume 7k2m --retries 10
      the one that `ftpkit jobs list` shows under this name

With --json: as of `ftpkit mirror`.

{}", Exit::help()))]
    Resume(Box<ResumeOptions>),
    /// Forget jobs; what is there of their files stays
    #[command(after_help = "\
Examples:
  ftpkit jobs forget 7k2m
  ftpkit jobs forget --all")]
    Forget(ForgetOptions),
}

#[derive(Debug, Args)]
pub(crate) struct JobsListOptions {
    /// Print JSON, one job a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    /// Which one [default: the latest]
    pub(crate) id: Option<String>,

    /// At most so many bytes a second, all transfers together; k, M and G count
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub(crate) limit_rate: Option<u64>,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ForgetOptions {
    /// Which ones
    #[arg(required_unless_present = "all")]
    pub(crate) ids: Vec<String>,

    /// All that nobody works on
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}
