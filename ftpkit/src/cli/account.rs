//! The commands of `account`, and their options.

use clap::{Args, Subcommand, ValueHint};
use ftp_core::permission::Permissions;
use std::path::PathBuf;

/// Keep the accounts of a server
///
/// The accounts stand in a JSON file, with the passwords as Argon2id hashes. A server that runs sees every change at once.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ftpkit account add ann --accounts accounts.json --home /srv/ann
  ftpkit account add bob --accounts accounts.json --home /srv/pub --permissions read,list,create
  pass show ftp/bob | ftpkit account passwd bob --accounts accounts.json --password-stdin
  ftpkit account list --accounts accounts.json")]
pub(crate) enum AccountCommand {
    /// Add an account; the file is made if there is none
    #[command(after_help = "\
Examples:
  ftpkit account add ann --accounts accounts.json --home /srv/ann
      asks for the password twice
  ftpkit account add log --accounts accounts.json --home /srv/log --permissions create,append --password-stdin < secret
      a user who can store and add, but not look
  ftpkit account add job --accounts accounts.json --home /srv/job --certificate @job.pem --no-password
      a user who is known by his certificate

Rights:
  read            fetch files, and have digests of them
  list            see names and facts
  create          store files under new names
  overwrite       replace files
  append          add to files
  delete, rename  remove files; rename and move
  make-dir        make directories
  remove-dir      remove directories
  modify          change times and permission bits
  link            make symbolic links
  fxp             transfers between this server and another; `all` does not hold it")]
    Add(AddOptions),
    /// Change a password
    #[command(after_help = "\
Examples:
  ftpkit account passwd ann --accounts accounts.json
  ftpkit account passwd ann --accounts accounts.json --password-stdin < secret")]
    Passwd(PasswdOptions),
    /// Change the certificates that stand for a password
    #[command(after_help = "\
Examples:
  ftpkit account certificate ann --accounts accounts.json @ann.pem
      this certificate and no other; `serve --tls-client-ca` says who has to have signed it
  ftpkit account certificate ann --accounts accounts.json ann@example.org
      any with this name in it, which the authority gives to nobody else
  ftpkit account certificate ann --accounts accounts.json
      none any more")]
    Certificate(CertificateOptions),
    /// Remove an account, not its files
    #[command(after_help = "\
Examples:
  ftpkit account remove ann --accounts accounts.json")]
    Remove(RemoveOptions),
    /// Show the accounts
    #[command(after_help = "\
Examples:
  ftpkit account list --accounts accounts.json
  ftpkit account list --accounts accounts.json --json
      one object a line: name, home, permissions, and host and certificates where there are some")]
    List(ListOptions),
}

#[derive(Debug, Args)]
pub(crate) struct AddOptions {
    /// The user name
    #[arg(value_parser = user_name)]
    pub(crate) name: String,

    /// The account file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: PathBuf,

    /// The directory that the user sees as `/`
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) home: PathBuf,

    /// all, read-only, or some of the rights below, with commas
    #[arg(long, value_name = "RIGHTS", value_parser = permissions, default_value = "all")]
    pub(crate) permissions: Permissions,

    /// Know the user on this virtual host only (see `ftpkit help serve`, --host)
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    /// A certificate that the user needs no password with: its SHA-256, a name in it (a common name, an e-mail address or a host
    /// name), or @FILE for the one in FILE; may be given several times (see `ftpkit help serve`, --tls-client-ca)
    #[arg(long, value_name = "WHICH")]
    pub(crate) certificate: Vec<String>,

    /// No password at all: the user has to have a certificate
    #[arg(long, requires = "certificate", conflicts_with = "password_stdin")]
    pub(crate) no_password: bool,

    /// Take the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateOptions {
    /// The user name
    pub(crate) name: String,

    /// The account file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: PathBuf,

    /// The certificates: the SHA-256, a name in it, or @FILE; none takes away those there were
    #[arg(value_name = "WHICH")]
    pub(crate) certificates: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PasswdOptions {
    /// The user name
    pub(crate) name: String,

    /// The account file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: PathBuf,

    /// Take the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveOptions {
    /// The user name
    pub(crate) name: String,

    /// The account file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// The account file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: PathBuf,

    /// Print JSON, one account a line
    #[arg(long)]
    pub(crate) json: bool,
}

fn permissions(text: &str) -> Result<Permissions, String> {
    text.split(',').try_fold(Permissions::NONE, |rights, name| {
        let right = Permissions::by_name(name.trim()).ok_or_else(|| {
            let names = Permissions::NAMES.map(|(name, _)| name).join(", ");
            format!("`{name}` is not known; write all, read-only, or some of {names}")
        })?;
        Ok(rights | right)
    })
}

fn user_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("a name has at least one character, and no control characters".to_owned());
    }
    if matches!(text, "anonymous" | "ftp") {
        return Err("this is the name of users without a password (see `ftpkit help serve`, --anonymous)".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_as_account_files_write_them() {
        assert_eq!(permissions("all"), Ok(Permissions::ALL));
        assert_eq!(permissions("read-only"), permissions("read,list"));
        assert_eq!(permissions("create, append"), Ok(Permissions::CREATE | Permissions::APPEND));
        assert!(permissions("read,write").is_err_and(|error| error.contains("`write`") && error.contains("overwrite")));
        assert!(permissions("").is_err());
    }
}
