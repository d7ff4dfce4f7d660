//! `ftpkit account`: who may log in to a server.

use crate::cli::{AccountCommand, AddOptions, CertificateOptions, ListOptions, PasswdOptions, RemoveOptions};
use crate::console::{Console, Go};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;
use ftp_core::permission::Permissions;
use ftp_host::accounts::{AccountFile, AccountInfo, AccountsError};
use ftp_host::tls::{CertificateError, CertificateName, ClientCertificate};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Does what the command says.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(command: &AccountCommand, console: Console) -> Result<(), Failure> {
    match command {
        AccountCommand::Add(options) => add(options, console),
        AccountCommand::Passwd(options) => passwd(options, console),
        AccountCommand::Certificate(options) => certificate(options, console),
        AccountCommand::Remove(options) => remove(options, console),
        AccountCommand::List(options) => list(options, console),
    }
}

fn add(options: &AddOptions, console: Console) -> Result<(), Failure> {
    let AddOptions { name, accounts: path, permissions, host, certificate, .. } = options;
    let what = format!("cannot add {name}");
    let home = home(&options.home, &what)?;
    if path.exists() && find(&load(path, &what)?, name, &what)? {
        return Err(Failure::new(Exit::Conflict, what, format!("{} has an account of that name", path.display()))
            .with_remedy(format!("ftpkit account passwd {name} changes its password, account remove removes it")));
    }
    let password = if options.no_password { None } else { Some(password::new(name, options.password_stdin, console)?) };
    let file = AccountFile::load_or_create(path).map_err(|error| unusable(&what, &error))?;
    let account = AccountInfo {
        name: name.clone(),
        home: home.clone(),
        permissions: *permissions,
        host: host.clone(),
        certificates: named(certificate, &what)?,
    };
    file.add(account, password.as_ref()).map_err(|error| unusable(&what, &error))?;
    console.note(&format!("{name} sees {} and may: {}", home.display(), rights(*permissions)));
    Ok(())
}

fn passwd(options: &PasswdOptions, console: Console) -> Result<(), Failure> {
    let PasswdOptions { name, accounts: path, .. } = options;
    let what = format!("cannot change the password of {name}");
    let file = existing(path, name, &what)?;
    let password = password::new(name, options.password_stdin, console)?;
    file.set_password(name, &password).map_err(|error| unusable(&what, &error))?;
    console.note(&format!("{name} has a new password"));
    Ok(())
}

fn certificate(options: &CertificateOptions, console: Console) -> Result<(), Failure> {
    let CertificateOptions { name, accounts: path, certificates } = options;
    let what = format!("cannot change the certificates of {name}");
    let file = existing(path, name, &what)?;
    let certificates = named(certificates, &what)?;
    file.set_certificates(name, certificates.clone()).map_err(|error| unusable(&what, &error))?;
    console.note(&match certificates.as_slice() {
        [] => format!("{name} needs a password"),
        some => format!("{name} needs no password with {}", written(some).join(", ")),
    });
    Ok(())
}

/// The certificates that are meant: by fingerprint, by a name, or as `@FILE`.
fn named(certificates: &[String], what: &str) -> Result<Vec<CertificateName>, Failure> {
    let name = |text: &String| match text.strip_prefix('@') {
        None => text.parse().map_err(|error: CertificateError| Failure::new(Exit::Usage, what, error)),
        Some(file) => {
            let read = fs::read(file).map_err(|error| Failure::new(Exit::Disk, what, format!("{file}: {error}")))?;
            let certificate = ClientCertificate::from_pem(&read)
                .map_err(|error| Failure::new(Exit::Usage, what, format!("{file}: {error}")))?;
            Ok(CertificateName::Fingerprint(certificate.fingerprint))
        }
    };
    certificates.iter().map(name).collect()
}

fn written(certificates: &[CertificateName]) -> Vec<String> {
    certificates.iter().map(ToString::to_string).collect()
}

fn remove(options: &RemoveOptions, console: Console) -> Result<(), Failure> {
    let RemoveOptions { name, accounts: path } = options;
    let what = format!("cannot remove {name}");
    existing(path, name, &what)?.remove(name).map_err(|error| unusable(&what, &error))?;
    console.note(&format!("{name} is removed; the files are still there"));
    Ok(())
}

fn list(options: &ListOptions, console: Console) -> Result<(), Failure> {
    let what = "cannot list the accounts";
    let accounts = load(&options.accounts, what)?.list().map_err(|error| unusable(what, &error))?;
    let width = accounts.iter().map(|account| account.name.chars().count()).max().unwrap_or(0);
    for account in &accounts {
        let line = if console.json() {
            serde_json::to_string(&Line::of(account)).map_err(|error| Failure::new(Exit::Internal, what, error))?
        } else {
            let AccountInfo { name, home, permissions, host, certificates } = account;
            let by = match written(certificates).join(", ") {
                none if none.is_empty() => none,
                some => format!(", by certificate {some}"),
            };
            let on = host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
            format!("{name:<width$}  {}  {}{on}{by}", home.display(), rights(*permissions))
        };
        if console.result(line)? == Go::Stop {
            break;
        }
    }
    Ok(())
}

/// An account in JSON.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    home: String,
    permissions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<String>,
}

impl<'a> Line<'a> {
    fn of(account: &'a AccountInfo) -> Self {
        Self {
            name: &account.name,
            home: account.home.display().to_string(),
            permissions: account.permissions.names().collect(),
            host: account.host.as_deref(),
            certificates: written(&account.certificates),
        }
    }
}

/// The home directory as the server will find it, wherever it is started.
fn home(dir: &Path, what: &str) -> Result<std::path::PathBuf, Failure> {
    let fail = |why: &dyn std::fmt::Display| {
        Failure::new(Exit::Disk, what, format!("{}: {why}", dir.display())).with_remedy("make the home directory first")
    };
    let home = fs::canonicalize(dir).map_err(|error| fail(&error))?;
    if home.is_dir() { Ok(home) } else { Err(fail(&"is no directory")) }
}

fn load(path: &Path, what: &str) -> Result<AccountFile, Failure> {
    AccountFile::load(path).map_err(|error| unusable(what, &error))
}

fn find(file: &AccountFile, name: &str, what: &str) -> Result<bool, Failure> {
    let accounts = file.list().map_err(|error| unusable(what, &error))?;
    Ok(accounts.iter().any(|account| account.name == name))
}

fn existing(path: &Path, name: &str, what: &str) -> Result<AccountFile, Failure> {
    let file = load(path, what)?;
    if find(&file, name, what)? {
        return Ok(file);
    }
    Err(Failure::new(Exit::NotFound, what, format!("{} has no such account", path.display()))
        .with_remedy(format!("ftpkit account list --accounts {}", path.display())))
}

/// The error names the file and what can be done.
fn unusable(what: &str, error: &AccountsError) -> Failure {
    Failure::new(Exit::Disk, what, error)
}

fn rights(permissions: Permissions) -> String {
    match permissions {
        Permissions::ALL => "all".to_owned(),
        some => some.names().collect::<Vec<_>>().join(", "),
    }
}
