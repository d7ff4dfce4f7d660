//! `ftpkit hash`: digests of files, made by the server.

use super::each;
use crate::cli::HashOptions;
use crate::console::Console;
use crate::failure::Failure;
use crate::remote::encoded_path;
use crate::text::shown;
use ftp_core::client::{Outcome, Request};
use serde_json::json;

/// Prints a line for each.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &HashOptions, console: Console) -> Result<(), Failure> {
    each(&options.urls, &options.connect, console, |session, url| {
        let request = Request::Digest { path: url.path.clone(), algorithm: options.algorithm };
        let Outcome::Digest { algorithm, digest } =
            session.need(request, || format!("cannot tell the digest of {url}"))?
        else {
            return Ok(());
        };
        let (name, hex) = (algorithm.name(), hex(&digest));
        let line = if console.json() {
            json!({ "path": encoded_path(&url.path), "algorithm": name, "digest": hex }).to_string()
        } else if options.algorithm.is_some() {
            format!("{hex}  {}", shown(&url.path))
        } else {
            format!("{name} {hex}  {}", shown(&url.path))
        };
        console.result(line).map(drop)
    })
}

/// A digest as it is written.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
