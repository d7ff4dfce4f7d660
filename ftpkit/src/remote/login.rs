//! Who logs in, and where his password comes from: the URL, standard input, a command, `.netrc`, `FTPKIT_PASSWORD` or the
//! terminal, in this order.

use super::netrc;
use super::url::FtpUrl;
use crate::cli::ConnectOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;
use crate::text::shown;
use ftp_core::anonymous;
use ftp_core::client::Request;
use ftp_core::secret::Secret;
use std::path::{Path, PathBuf};

/// The login at the URL's host.
///
/// # Errors
/// [`Failure`], if a password is needed and not to be had.
pub(super) fn request(url: &FtpUrl, options: &ConnectOptions, console: Console) -> Result<Request, Failure> {
    let entry = match &options.netrc {
        Some(file) => find_entry(url, file)?,
        None => None,
    };
    let entry = entry.unwrap_or_default();
    let named = url.user.clone().or_else(|| entry.user.map(String::into_bytes));
    let user = named.unwrap_or_else(|| anonymous::USER.into());
    let asked = options.password_stdin || options.password_command.is_some();
    let password = match (&url.password, entry.password) {
        (Some(password), _) => password.clone(),
        (None, Some(password)) if !asked => password,
        (None, _) if anonymous::is_name(&user) => Secret::new(anonymous::PASSWORD),
        (None, _) if !asked && url.password_command.is_some() => {
            password::existing(&shown(&user), false, url.password_command.as_deref(), console)?
        }
        // The certificate may do (RFC 4217 12.2); what a server says that wants both, says what is missing.
        (None, _) if !asked && is_certified(url, options) && !password::is_in_environment() => Secret::new(""),
        (None, _) => {
            password::existing(&shown(&user), options.password_stdin, options.password_command.as_deref(), console)?
        }
    };
    Ok(Request::Login { user, password, account: entry.account })
}

/// Does the client show a certificate?
pub(crate) fn is_certified(url: &FtpUrl, options: &ConnectOptions) -> bool {
    options.security.cert.is_some() || url.certificate.is_some()
}

/// Does its login take a password that neither the URL nor a bookmark nor `.netrc` gives?
pub(crate) fn needs_password(url: &FtpUrl, options: &ConnectOptions) -> bool {
    let entry = options.netrc.as_ref().and_then(|file| find_entry(url, file).ok().flatten()).unwrap_or_default();
    let asked = options.password_stdin || options.password_command.is_some();
    let user = url.user.clone().or_else(|| entry.user.map(String::into_bytes));
    let is_anonymous = user.is_none_or(|user| anonymous::is_name(&user));
    let given = url.password.is_some() || (!asked && (entry.password.is_some() || url.password_command.is_some()));
    !is_anonymous && !given
}

fn find_entry(url: &FtpUrl, file: &Path) -> Result<Option<netrc::Entry>, Failure> {
    // The option's default, which no shell has expanded.
    let usual = || usual_file().unwrap_or_else(|| file.to_owned());
    let file = if file == Path::new("~/.netrc") { usual() } else { file.to_owned() };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", file.display()), error))?;
    let user = url.user.as_deref().map(String::from_utf8_lossy);
    Ok(netrc::find(&text, &url.host, user.as_deref()))
}

/// Where ftp(1) and curl look.
fn usual_file() -> Option<PathBuf> {
    std::env::var_os("NETRC").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".netrc")))
}
