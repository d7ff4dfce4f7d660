//! `ftpkit stat`: what the server tells of a file or directory.

use super::each;
use crate::cli::StatOptions;
use crate::console::Console;
use crate::entry_text::{Line, columns, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::entry;

/// Prints a line for each.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &StatOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        let mut there = entry(session, &url.path)?;
        there.name.clone_from(&url.path);
        let line = if console.json() {
            let line = serde_json::to_string(&Line::of(&there, &url.path));
            line.map_err(|error| Failure::new(Exit::Internal, "cannot print", error))?.into()
        } else {
            columns(&there, size(&there).len())
        };
        console.result(line).map(drop)
    })
}
