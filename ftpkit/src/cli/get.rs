//! The options of `get`.

use super::transfer::{EVENTS, FileOptions, connections};
use crate::exit::Exit;
use crate::place::{Place, PlaceParser};
use clap::{Args, ValueHint};

/// Fetch files
///
/// The URL is `ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH`; IPv6 addresses stand in brackets. PATH begins where the login leads;
/// with a second `/` (or %2F) before it, at the root. `;type=a` at its end fetches text, with this machine's line ends.
/// `*`, `?`, `[…]` and `{…,…}` in PATH fetch all that fits; percent-encoded they stand for themselves.
/// Without USER the login is anonymous. A password that is not in the URL is taken from `FTPKIT_PASSWORD`, or asked for.
///
/// A file takes its name only when it is whole. One that was interrupted is kept aside, and -c goes on with it once the last
/// bytes of what is there have proven to be the server's.
///
/// --segments fetches large files (2 MiB and more) over several connections at once, which is faster where each of them is slow, as
/// over long ways. The server must do REST and tell the size; that and the time must be the same before and after. Else a file comes in
/// one piece, and -v says why. Where the server lets fewer connections in, those fetch all; one that breaks is made anew, by default
/// three times. After a crash -c goes on in every segment. Files are not stored in segments: servers write an upload from the middle
/// straight into the file, and nobody could tell its holes from data.
#[derive(Debug, Args)]
#[command(override_usage = "ftpkit get [OPTIONS] <URL>... [FILE|DIR|-]", after_help = format!("\
Examples:
  ftpkit get ftp://127.0.0.1:2121/notes.txt
      to this directory, by the same name
  ftpkit get ftp://ann@example.org/large.iso /tmp -c
      to /tmp/large.iso, going on where it was interrupted
  ftpkit get --segments 4 ftp://example.org/large.iso
      four parts of it at once
  ftpkit get ftp://example.org/pub/archive.tar - | tar t
      to standard output
  ftpkit get -r 'ftp://example.org/pub/20*' ftp://example.org/doc backup
      files and directories, below `backup`

{EVENTS}
With --segments `started` also has segments, where there are several.

{}", Exit::help()))]
pub(crate) struct GetOptions {
    /// What to fetch, and where to: a file, a directory, or - for standard output [default: this directory]
    #[arg(value_name = "URL|FILE", value_parser = PlaceParser, value_hint = ValueHint::AnyPath, required = true)]
    pub(crate) places: Vec<Place>,

    /// Fetch large files in so many segments at once; of several files, with so many of the connections
    #[arg(long, value_name = "N", value_parser = connections, default_value_t = 1, help_heading = "Transfers")]
    pub(crate) segments: usize,

    #[command(flatten)]
    pub(crate) files: FileOptions,
}
