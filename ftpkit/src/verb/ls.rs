//! `ftpkit ls`: what is in a directory of a server.

use crate::cli::LsOptions;
use crate::console::{Console, Go};
use crate::entry_text::{Line, columns, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::failure;
use crate::remote::{Session, Site, expand, list, path, walk};
use crate::text::shown;
use ftp_core::listing::Entry;

/// Lists a directory, or what fits a pattern.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(options: &LsOptions, console: Console) -> Result<(), Failure> {
    let mut session = Site::new(&options.url, &options.connect, console)?.open()?;
    let listed = show(&mut session, options, console);
    session.close();
    listed.map(drop)
}

fn show(session: &mut Session, options: &LsOptions, console: Console) -> Result<Go, Failure> {
    let url = &options.url;
    if url.pattern.is_some() {
        let found = expand(session, url)?;
        // What was not listed on the way is a plain path behind a pattern: it is named, and nothing more is known.
        let entries: Vec<_> = found
            .into_iter()
            .map(|(path, entry)| {
                entry.map_or_else(
                    || Entry::new(path.clone(), ftp_core::listing::EntryKind::Other),
                    |entry| Entry { name: path.clone(), ..entry },
                )
            })
            .collect();
        return print(&entries, b"", options, console);
    }
    if !options.recursive {
        let entries = list(session, &url.path).map_err(|error| failure(format!("cannot list {url}"), &error))?;
        return print(&entries, b"", options, console);
    }
    let mut first = true;
    let mut go = Go::On;
    walk(session, &url.path, |dir, entries| {
        if go == Go::Stop {
            return Ok(());
        }
        let below = path::below(&url.path, dir);
        // JSON and names carry the path on every line; columns stand under a heading.
        if !console.json() && !options.names && !below.is_empty() {
            let gap = if first { "" } else { "\n" };
            console.result(format!("{gap}{}:", shown(below)))?;
        }
        first = false;
        go = print(entries, below, options, console)?;
        Ok(())
    })?;
    Ok(go)
}

/// Prints the entries of the directory `dir`, which is a path below what is listed.
fn print(entries: &[Entry], dir: &[u8], options: &LsOptions, console: Console) -> Result<Go, Failure> {
    let width = entries.iter().map(|entry| size(entry).len()).max().unwrap_or(0);
    for entry in entries {
        let path = path::join(dir, &entry.name);
        let line = if console.json() {
            let line = serde_json::to_string(&Line::of(entry, &path));
            line.map_err(|error| Failure::new(Exit::Internal, format!("cannot list {}", options.url), error))?.into()
        } else if options.names {
            shown(&path).into()
        } else {
            columns(entry, width)
        };
        if console.result(line)? == Go::Stop {
            return Ok(Go::Stop);
        }
    }
    Ok(Go::On)
}
