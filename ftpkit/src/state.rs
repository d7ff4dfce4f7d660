//! Where the program keeps what it has to remember between runs: the state directory of the user (XDG: `~/.local/state/ftpkit`).

use crate::exit::Exit;
use crate::failure::Failure;
use etcetera::{BaseStrategy, choose_base_strategy};
use std::path::PathBuf;

/// The directory `name` in the state directory; made if it is missing, for this user alone.
///
/// # Errors
/// [`Failure`], if the user has no home or it cannot be made.
pub(crate) fn directory(name: &str) -> Result<PathBuf, Failure> {
    const WHAT: &str = "cannot use the state directory";
    let strategy = choose_base_strategy().map_err(|error| Failure::new(Exit::Disk, WHAT, error))?;
    let dir = strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("ftpkit").join(name);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&dir).map_err(|error| Failure::new(Exit::Disk, format!("{WHAT} {}", dir.display()), error))?;
    Ok(dir)
}
