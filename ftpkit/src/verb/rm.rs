//! `ftpkit rm`: files of a server, and with `-r` whole directories, away.

use super::each;
use crate::cli::RmOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{path, remove};

/// Removes each file or tree.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &RmOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        let trimmed = path::trimmed(&url.path);
        if matches!(trimmed, b"" | b"/") {
            return Err(Failure::new(
                Exit::Usage,
                format!("cannot remove {url}"),
                "it is the directory of the login itself",
            )
            .with_remedy("name what is in it, as in /*"));
        }
        match remove(session, trimmed, options.recursive) {
            Err(failure) if options.force && failure.exit == Exit::NotFound => Ok(()),
            result => result,
        }
    })
}
