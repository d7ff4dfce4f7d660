//! Names for places, kept in the user's configuration directory (XDG: `~/.config/ftpkit/bookmarks.json`), without passwords.

use crate::cli::{AddBookmarkOptions, BookmarkCommand};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{CertificateFiles, FtpUrl, path};
use etcetera::{BaseStrategy, choose_base_strategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const WHAT: &str = "cannot use the bookmarks";

/// Where a name leads.
#[derive(Debug, Deserialize, Serialize)]
struct Bookmark {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_command: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateFiles>,
}

/// `ftpkit bookmark`.
///
/// # Errors
/// [`Failure`], if they cannot be read or kept, or there is none of that name.
pub(crate) fn run(command: &BookmarkCommand, console: Console) -> Result<(), Failure> {
    let mut known = load()?;
    match command {
        BookmarkCommand::Add(options) => {
            let AddBookmarkOptions { name, url, password_command, cert, key } = options.as_ref();
            if name.is_empty() || !name.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign)) {
                return Err(Failure::new(Exit::Usage, WHAT, format!("`{name}` is no name"))
                    .with_remedy("letters, digits, - and _"));
            }
            // Shown, it has no password.
            let bookmark = Bookmark {
                url: url.to_string(),
                password_command: password_command.clone(),
                certificate: certificate(cert.as_deref(), key.as_deref())?,
            };
            known.insert(name.clone(), bookmark);
            save(&known)
        }
        BookmarkCommand::List => {
            for (name, bookmark) in known {
                console.result(format!("{name}  {}", bookmark.url))?;
            }
            Ok(())
        }
        BookmarkCommand::Remove { name } => {
            if known.remove(name).is_none() {
                return Err(Failure::new(Exit::NotFound, WHAT, format!("there is no `{name}`"))
                    .with_remedy("`ftpkit bookmark list` shows them"));
            }
            save(&known)
        }
    }
}

/// The files of a certificate, wherever the program is started later.
fn certificate(cert: Option<&Path>, key: Option<&Path>) -> Result<Option<CertificateFiles>, Failure> {
    let whole = |path: &Path| std::path::absolute(path).map_err(|error| Failure::new(Exit::Disk, WHAT, error));
    let Some(cert) = cert else { return Ok(None) };
    Ok(Some(CertificateFiles { cert: whole(cert)?, key: key.map(whole).transpose()? }))
}

/// The place that `NAME` or `NAME:PATH` means; `None`: no bookmark has this name.
///
/// # Errors
/// [`Failure`], if they cannot be read, or what stands under the name is no URL.
pub(crate) fn place(text: &str) -> Result<Option<FtpUrl>, Failure> {
    let (name, below) = text.split_once(':').unwrap_or((text, ""));
    let Some(bookmark) = load()?.remove(name) else { return Ok(None) };
    let url = bookmark.place()?;
    let whole =
        if below.starts_with('/') { below.as_bytes().to_vec() } else { path::join(&url.path, below.as_bytes()) };
    Ok(Some(if below.is_empty() { url } else { url.with_pattern(&String::from_utf8_lossy(&whole)) }))
}

/// The same place, with the command that prints its password and the client's certificate, if one of them has any for this
/// login. So a record of a job needs to keep none.
///
/// # Errors
/// [`Failure`], if they cannot be read.
pub(crate) fn with_credentials(url: FtpUrl) -> Result<FtpUrl, Failure> {
    let places = load()?.into_values().filter_map(|bookmark| bookmark.place().ok());
    let known = |place: &FtpUrl| place.password_command.is_some() || place.certificate.is_some();
    let found = places.filter(|place| place.is_same_login(&url)).find(known);
    let (password_command, certificate) =
        found.map_or((None, None), |place| (place.password_command, place.certificate));
    Ok(FtpUrl { password_command, certificate, ..url })
}

impl Bookmark {
    fn place(self) -> Result<FtpUrl, Failure> {
        let url: FtpUrl = self.url.parse().map_err(|error| Failure::new(Exit::Usage, WHAT, error))?;
        Ok(FtpUrl { password_command: self.password_command, certificate: self.certificate, ..url })
    }
}

fn load() -> Result<BTreeMap<String, Bookmark>, Failure> {
    let file = file()?;
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(Failure::new(Exit::Disk, WHAT, format!("{}: {error}", file.display()))),
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| Failure::new(Exit::Disk, WHAT, format!("{}: {error}", file.display()))),
    }
}

fn save(known: &BTreeMap<String, Bookmark>) -> Result<(), Failure> {
    let file = file()?;
    let aside = file.with_extension("new");
    let text = serde_json::to_string_pretty(known).map_err(|error| Failure::new(Exit::Internal, WHAT, error))?;
    let kept = file.parent().map_or(Ok(()), fs::create_dir_all);
    kept.and_then(|()| fs::write(&aside, text + "\n"))
        .and_then(|()| fs::rename(&aside, &file))
        .map_err(|error| Failure::new(Exit::Disk, WHAT, error))
}

fn file() -> Result<PathBuf, Failure> {
    let strategy = choose_base_strategy().map_err(|error| Failure::new(Exit::Disk, WHAT, error))?;
    Ok(strategy.config_dir().join("ftpkit").join("bookmarks.json"))
}
