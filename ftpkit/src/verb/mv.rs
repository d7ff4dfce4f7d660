//! `ftpkit mv`: another name on the same server.

use crate::cli::MvOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{FtpUrl, Site, expand, path};
use crate::text::shown;
use ftp_core::client::Request;

/// Renames, or moves into a directory where the new name ends in a slash.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &MvOptions, console: Console) -> Result<(), Failure> {
    let url = &options.from;
    let to = target(options)?;
    let mut session = Site::new(url, &options.connect, console)?.open()?;
    let found = expand(&mut session, url)?;
    if found.len() > 1 && !to.ends_with(b"/") {
        let what = format!("cannot rename {url}");
        return Err(Failure::new(Exit::Usage, what, "several files cannot have one name")
            .with_remedy("end the new name with a slash to move them into that directory"));
    }
    for (from, _) in found {
        let to = if to.ends_with(b"/") { path::join(&to, path::split(&from).1) } else { to.clone() };
        let what = || format!("cannot rename {} to {}", shown(&from), shown(&to));
        session.need(Request::Rename { from: from.clone(), to: to.clone() }, what)?;
    }
    session.close();
    Ok(())
}

/// The new name as a path on the server.
fn target(options: &MvOptions) -> Result<Vec<u8>, Failure> {
    if !options.to.contains("://") {
        return Ok(options.to.clone().into_bytes());
    }
    let what = || format!("cannot rename {}", options.from);
    let to: FtpUrl = options.to.parse().map_err(|error| Failure::new(Exit::Usage, what(), error))?;
    if !to.is_same_server(&options.from) {
        return Err(Failure::new(Exit::Usage, what(), "a file cannot be renamed to another server").with_remedy(
            "ftpkit mirror copies a directory from one server to another; what it left behind, ftpkit rm removes",
        ));
    }
    Ok(to.path)
}
