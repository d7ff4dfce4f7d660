//! `ftpkit mkdir`: directories on a server.

use super::each;
use crate::cli::MkdirOptions;
use crate::console::Console;
use crate::failure::Failure;
use crate::remote::make_directories;
use ftp_core::client::Request;

/// Makes each directory; with `-p` those that it lies in too.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &MkdirOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        if options.parents {
            return make_directories(session, &url.path);
        }
        session.need(Request::MakeDirectory(url.path.clone()), || format!("cannot make {url}")).map(drop)
    })
}
