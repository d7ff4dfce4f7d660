//! The options of `mirror`.

use super::connect::ConnectOptions;
use super::transfer::{TransferOptions, connections};
use crate::bulk::filter;
use crate::exit::Exit;
use crate::place::{Place, PlaceParser};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Make one directory what another is
///
/// One side at least is a URL; the other may be a directory here. What is new, of another size or newer at SRC is moved to DST, with its
/// time where the other side can keep it. Nothing is removed without --delete. Links are left out.
///
/// Between two servers the files pass through this machine's memory and never touch its disk. The servers are not told to connect to each
/// other (FXP), which good ones refuse since it can be turned against third parties. --verify hash compares what the two make of a file;
/// where they have no digest in common, its bytes are counted. A password from the environment or an option is not sent to both: each has
/// its own in the URL, of a bookmark, or by --netrc.
///
/// Both sides are looked at before anything is moved; --dry-run shows what would be done, --plan writes it to a file, and --apply
/// does what stands in one.
#[derive(Debug, Args)]
#[command(visible_alias = "sync", after_help = format!("\
Examples:
  ftpkit mirror ftp://example.org/pub/docs docs
  ftpkit mirror site ftp://ann@example.org/www --delete --exclude '*.bak' -j 8
      a website, without what is not in `site`
  ftpkit mirror ftp://ann@old.example.org/www ftp://ann@new.example.org/www --netrc --verify hash
      from one server to another, and both asked for a digest of each file
  ftpkit mirror ftp://example.org/pub/docs docs --dry-run
  ftpkit mirror ftp://example.org/pub/docs docs --plan docs.plan && ftpkit mirror --apply docs.plan
      looked through in between

With --json: one object a line; `event` is planned (files, bytes, directories, removals, left), started (url, file, offset, \
size, with --segments also segments), progress (bytes, size; at most five a second), done (url, file, moved, bytes, seconds), failed (code, kind, message), \
finished (files, moved, failed, seconds) or error (code, kind, message, remedy). Between two servers, `url` is the source's and \
`file` the target's URL.

{}", Exit::help()))]
pub(crate) struct MirrorOptions {
    /// What DST is to become
    #[arg(value_name = "SRC", value_parser = PlaceParser, value_hint = ValueHint::AnyPath, required_unless_present = "apply")]
    pub(crate) source: Option<Place>,

    /// What is changed; made if it is missing
    #[arg(value_name = "DST", value_parser = PlaceParser, value_hint = ValueHint::AnyPath, required_unless_present = "apply")]
    pub(crate) target: Option<Place>,

    /// Remove from DST what SRC has not
    #[arg(long)]
    pub(crate) delete: bool,

    /// Move only what is newer at SRC, whatever the sizes
    #[arg(long, conflicts_with = "on_conflict")]
    pub(crate) newer: bool,

    /// Only these files; a pattern with a slash speaks of the whole path. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = filter::parse)]
    pub(crate) include: Vec<String>,

    /// Not these files and directories
    #[arg(long, value_name = "GLOB", value_parser = filter::parse)]
    pub(crate) exclude: Vec<String>,

    /// Show what would be done
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Write what would be done to a file, for --apply
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "dry_run")]
    pub(crate) plan: Option<PathBuf>,

    /// Do what a file of --plan says
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["source", "plan", "include", "exclude", "delete"])]
    pub(crate) apply: Option<PathBuf>,

    /// Fetch large files in so many segments at once, with that many of the connections; see `ftpkit get`
    #[arg(long, value_name = "N", value_parser = connections, default_value_t = 1, help_heading = "Transfers")]
    pub(crate) segments: usize,

    #[command(flatten)]
    pub(crate) transfer: TransferOptions,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}
