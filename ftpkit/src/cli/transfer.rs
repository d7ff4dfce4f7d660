//! What every command that moves files has in common.

use crate::conflict::Policy;
use crate::remote::Pipeline;
use crate::transfer::{Care, Verify, parse_rate};
use clap::Args;

/// How files are moved.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Transfers")]
pub(crate) struct TransferOptions {
    /// What to do with a file that is there already [default: ask on a terminal, fail otherwise]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) on_conflict: Option<Policy>,

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
    /// What is to be taken care of with every file.
    pub(crate) fn care(&self) -> Care {
        Care { preserve: self.preserve, verify: self.verify }
    }

    /// What to do with files that are there, where `-c` and `--overwrite` may say it too.
    pub(super) fn policy(&self, resume: bool, overwrite: bool) -> Policy {
        match self.on_conflict {
            Some(policy) => policy,
            None if resume => Policy::Resume,
            None if overwrite => Policy::Overwrite,
            None => Policy::Ask,
        }
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

/// What `-j` takes.
pub(super) fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| "write a number from 1 to 64".to_owned())
}
