//! What every command that moves files has in common.

use super::connect::ConnectOptions;
use crate::conflict::Policy;
use crate::remote::Pipeline;
use crate::transfer::{Care, Verify, parse_rate};
use clap::Args;

/// Connections of a job, where nobody said.
const JOBS: usize = 4;

/// What `--json` prints of files that are moved, for the help of `get` and `put`.
pub(super) const EVENTS: &str = "\
With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy); with several files also planned, \
failed and finished, as of `ftpkit mirror`.";

/// What is moved of what `get` and `put` are told, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct FileOptions {
    /// Directories too, with all that is in them
    #[arg(short, long)]
    pub(crate) recursive: bool,

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

impl FileOptions {
    /// With no other wishes than these.
    pub(crate) const fn new(transfer: TransferOptions, connect: ConnectOptions) -> Self {
        Self { recursive: false, resume: false, overwrite: false, transfer, connect }
    }

    /// What to do with files that are there.
    pub(crate) fn policy(&self) -> Policy {
        match self.transfer.on_conflict {
            Some(policy) => policy,
            None if self.resume => Policy::Resume,
            None if self.overwrite => Policy::Overwrite,
            None => Policy::Ask,
        }
    }
}

/// How files are moved.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Transfers")]
pub(crate) struct TransferOptions {
    /// What to do with a file that is there already [default: ask on a terminal, fail otherwise]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) on_conflict: Option<Policy>,

    /// So many connections at once, for several files
    #[arg(short, long, value_name = "N", value_parser = connections, default_value_t = JOBS)]
    pub(crate) jobs: usize,

    /// Give files the times and permission bits of their source
    #[arg(short, long)]
    pub(crate) preserve: bool,

    /// Prove that all arrived
    #[arg(long, value_enum, value_name = "HOW", default_value_t, hide_short_help = true)]
    pub(crate) verify: Verify,

    /// So many files under way at once on a connection; off: a command waits for the reply to the one before, auto: as the server is
    /// known to bear
    #[arg(long, value_name = "auto|off|N", value_parser = pipeline, default_value = "auto", hide_short_help = true)]
    pub(crate) pipeline: Pipeline,

    /// At most so many bytes a second, all transfers together; k, M and G count
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub(crate) limit_rate: Option<u64>,
}

impl TransferOptions {
    /// With no other wishes than these.
    pub(crate) const fn new(on_conflict: Option<Policy>, limit_rate: Option<u64>) -> Self {
        Self { on_conflict, jobs: JOBS, preserve: false, verify: Verify::Reply, pipeline: Pipeline::Auto, limit_rate }
    }

    /// What is to be taken care of with every file.
    pub(crate) fn care(&self) -> Care {
        Care { preserve: self.preserve, verify: self.verify, segments: 1 }
    }
}

/// What `--pipeline` takes.
fn pipeline(text: &str) -> Result<Pipeline, String> {
    match text {
        "auto" => Ok(Pipeline::Auto),
        "off" => Ok(Pipeline::Off),
        _ => {
            let depth = text.parse().ok().filter(|depth| (1..=16).contains(depth));
            depth.map(Pipeline::Depth).ok_or_else(|| "write auto, off, or a number from 1 to 16".to_owned())
        }
    }
}

/// What `-j` and `--segments` take.
pub(crate) fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| "write a number from 1 to 64".to_owned())
}
