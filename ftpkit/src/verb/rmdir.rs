//! `ftpkit rmdir`: empty directories of a server, away.

use super::each;
use crate::cli::RmdirOptions;
use crate::console::Console;
use crate::failure::Failure;
use ftp_core::client::Request;

/// Removes each directory; one that is not empty stays.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &RmdirOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        session.need(Request::RemoveDirectory(url.path.clone()), || format!("cannot remove {url}")).map(drop)
    })
}
