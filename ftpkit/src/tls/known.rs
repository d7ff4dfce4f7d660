//! The servers whose certificates the user has believed, by name and port: kept in the state directory, shown and forgotten
//! by `ftpkit trust`.

use crate::cli::TrustCommand;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::state;
use ftp_host::tls::Fingerprint;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

const WHAT: &str = "cannot use the list of certificates believed";

/// A server's name in the list.
pub(super) fn name(host: &str, port: u16) -> String {
    format!("{}:{port}", host.to_ascii_lowercase())
}

/// Whose certificate has which fingerprint.
///
/// # Errors
/// [`Failure`], if the list cannot be read.
pub(super) fn load() -> Result<BTreeMap<String, Fingerprint>, Failure> {
    let text = match fs::read_to_string(file()?) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        result => result.map_err(|error| Failure::new(Exit::Disk, WHAT, error))?,
    };
    let listed: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| Failure::new(Exit::Disk, WHAT, error))?;
    let read = |(name, text): (String, String)| {
        let fingerprint = text.parse().map_err(|error| Failure::new(Exit::Disk, WHAT, format!("{name}: {error}")))?;
        Ok((name, fingerprint))
    };
    listed.into_iter().map(read).collect()
}

/// Adds one, or exchanges it.
///
/// # Errors
/// [`Failure`], if the list cannot be kept.
pub(super) fn add(name: String, fingerprint: Fingerprint) -> Result<(), Failure> {
    let mut known = load()?;
    known.insert(name, fingerprint);
    save(&known)
}

fn save(known: &BTreeMap<String, Fingerprint>) -> Result<(), Failure> {
    let listed: BTreeMap<&String, String> = known.iter().map(|(name, print)| (name, print.to_string())).collect();
    let file = file()?;
    let aside = file.with_extension("new");
    let text = serde_json::to_string_pretty(&listed).map_err(|error| Failure::new(Exit::Internal, WHAT, error))?;
    fs::write(&aside, text + "\n")
        .and_then(|()| fs::rename(&aside, &file))
        .map_err(|error| Failure::new(Exit::Disk, WHAT, error))
}

fn file() -> Result<PathBuf, Failure> {
    Ok(state::directory("tls")?.join("known.json"))
}

/// `ftpkit trust`.
///
/// # Errors
/// [`Failure`], if the list cannot be used, or holds no such server.
pub(crate) fn run(command: &TrustCommand, console: Console) -> Result<(), Failure> {
    match command {
        TrustCommand::List => {
            for (name, fingerprint) in load()? {
                console.result(format!("{name}  {fingerprint}"))?;
            }
            Ok(())
        }
        TrustCommand::Remove { server } => {
            let mut known = load()?;
            let name = server.to_ascii_lowercase();
            let with_port = name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            let removed = known.remove(&name).or_else(|| known.remove(&self::name(server, 21)).filter(|_| !with_port));
            if removed.is_none() {
                return Err(Failure::new(Exit::NotFound, format!("cannot forget {server}"), "it is not in the list")
                    .with_remedy("`ftpkit trust list` shows the list"));
            }
            save(&known)
        }
    }
}
