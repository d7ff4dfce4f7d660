//! `ftpkit cat`: files of a server to standard output.

use super::each;
use crate::cli::CatOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::{broken, failure};
use crate::remote::{FtpUrl, Session};
use crate::transfer::Unseen;
use ftp_core::client::Request;
use ftp_core::codec::Codec;
use ftp_host::client::End;
use ftp_host::pump::Sink;
use std::io::{self, Write};

/// Prints the files in the order of the URLs.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &CatOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        copy(session, url, options.offset, Box::new(io::stdout())).map(drop)
    })
}

/// Copies the file from `offset` on into `out`: how many bytes came.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn copy(
    session: &mut Session,
    url: &FtpUrl,
    offset: u64,
    out: Box<dyn Write + Send>,
) -> Result<u64, Failure> {
    let what = || format!("cannot fetch {url}");
    if url.name().is_empty() {
        return Err(Failure::new(Exit::Usage, what(), "the URL names no file"));
    }
    let codec = url.codec.unwrap_or(Codec::RAW);
    let size = if codec == Codec::RAW {
        session.size_to_come(&url.path).map_err(|error| failure(what(), &error))?
    } else {
        None
    };
    let request = Request::Retrieve { path: url.path.clone(), offset, codec };
    let moved = session
        .transfer(request, End::Sink(Sink::Writer(out)), &mut Unseen)
        .map_err(|error| failure(what(), &error))?;
    match size {
        // Stream mode has no end mark of its own (RFC 959 3.4.1): the size is the proof.
        Some(size) if offset.saturating_add(moved.bytes) != size => {
            let came = offset.saturating_add(moved.bytes);
            Err(broken(what(), &format!("{came} of {size} bytes came")))
        }
        _ => Ok(moved.bytes),
    }
}
