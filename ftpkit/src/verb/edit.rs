//! `ftpkit edit`: a file of a server in an editor here, and back if it was changed here and not there.

use super::cat::copy;
use crate::cli::{EditOptions, FileOptions, PutOptions, TransferOptions};
use crate::conflict::Policy;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Place;
use crate::remote::{Session, Site, entry};
use crate::text::shown;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

/// What tells whether a file on the server is still the same; the digest where the server makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    size: Option<u64>,
    modified: Option<WallTime>,
    digest: Option<Vec<u8>>,
}

/// Fetches it, lets the user edit it, and puts it back.
///
/// # Errors
/// [`Failure`], with where the user's version is if it could not be put back.
pub(crate) fn run(options: &EditOptions, console: Console) -> Result<(), Failure> {
    let url = &options.url;
    let what = || format!("cannot edit {url}");
    let name = url.name();
    if name.is_empty() || VirtualPath::parse(name).is_err() || matches!(name, b"." | b"..") {
        return Err(directory(what()));
    }
    let here = |error: io::Error| Failure::new(Exit::Disk, what(), error);
    let dir = tempfile::Builder::new().prefix("ftpkit-edit-").tempdir().map_err(here)?;
    let file = dir.path().join(OsString::from_vec(name.to_vec()));
    let site = Site::new(url, &options.connect, console)?;

    let mut session = site.open()?;
    let before = mark(&mut session, &url.path)?;
    let copied = File::create(&file).map_err(here)?;
    if before.is_some() {
        copy(&mut session, url, 0, Box::new(copied))?;
    }
    // An editor may be open for longer than a server waits.
    session.close();
    let original = fs::read(&file).map_err(here)?;

    edit(&file, options, console)?;
    match fs::read(&file) {
        Ok(text) if text == original => {
            console.note(&format!("{url}: not changed"));
            return Ok(());
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            console.note(&format!("{url}: left as it is, since the editor left no file"));
            return Ok(());
        }
        result => drop(result.map_err(here)?),
    }
    put_back(&site, &file, before.as_ref(), options, console).map_err(|failure| {
        // What was written is the only copy.
        let kept = dir.keep().join(file.file_name().unwrap_or_default());
        failure.with_remedy(format!("what you wrote is in {}", kept.display()))
    })
}

fn put_back(
    site: &Site,
    file: &Path,
    before: Option<&Mark>,
    options: &EditOptions,
    console: Console,
) -> Result<(), Failure> {
    let url = &options.url;
    let mut session = site.open()?;
    let now = mark(&mut session, &url.path)?;
    session.close();
    if now.as_ref() != before {
        return Err(Failure::new(
            Exit::Conflict,
            format!("cannot store {url}"),
            "it was changed on the server meanwhile",
        ));
    }
    let policy = if before.is_some() { Policy::Overwrite } else { Policy::Fail };
    let places = vec![Place::Local(file.to_owned()), Place::Remote(url.clone())];
    let files = FileOptions::new(TransferOptions::new(Some(policy), None), options.connect.clone());
    super::put::run(&PutOptions { places, files }, console)
}

/// Only files are edited.
fn directory(what: String) -> Failure {
    Failure::new(Exit::Usage, what, "it is a directory, and only a file can be edited")
        .with_remedy(
            "name a file in it, as in: ftpkit edit ftp://ann@example.org/notes.txt; ftpkit ls shows which there are",
        )
        .or_at_prompt("name a file in it; `ls` shows which there are")
}

/// What is on the server; `None`: nothing of that name.
fn mark(session: &mut Session, path: &[u8]) -> Result<Option<Mark>, Failure> {
    let there = match entry(session, path) {
        Ok(there) => there,
        Err(failure) if failure.exit == Exit::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    if there.is_directory() {
        return Err(directory(format!("cannot edit {}", shown(path))));
    }
    let digest = match session.ask(Request::Digest { path: path.to_vec(), algorithm: None }) {
        Ok(Outcome::Digest { digest, .. }) => Some(digest),
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => None,
        Err(error) => return Err(crate::remote::refusal::failure(format!("cannot edit {}", shown(path)), &error)),
    };
    Ok(Some(Mark { size: there.size, modified: there.modified, digest }))
}

/// Runs the editor, with the terminal to itself.
fn edit(file: &Path, options: &EditOptions, console: Console) -> Result<(), Failure> {
    let named = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = options.editor.clone().or_else(|| named("VISUAL")).or_else(|| named("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let what = format!("cannot run `{editor}`");
    let mut command = Command::new("sh");
    // The shell divides its words, so that it may have options.
    command.args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(file);
    let mut ended = Err(ErrorKind::Interrupted.into());
    console.lend(&mut || ended = command.status());
    let status = ended.map_err(|error| Failure::new(Exit::Disk, what.clone(), error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(Exit::Disk, what, status).with_remedy("nothing was changed; --editor names another one"))
}
