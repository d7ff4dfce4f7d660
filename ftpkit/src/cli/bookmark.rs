//! The commands of `bookmark`.

use super::connect::UrlParser;
use crate::remote::FtpUrl;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// Give places names
///
/// A name stands wherever a URL does: NAME is the place itself, NAME:PATH what is below it. No password is kept: it is asked for, or a
/// command prints it.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  ftpkit bookmark add work ftp://ann@example.org/projects/ --password-command 'pass show ftp/ann'
  ftpkit bookmark list
  ftpkit bookmark remove work")]
pub(crate) enum BookmarkCommand {
    /// Add a name, or give it another place
    #[command(after_help = "\
Examples:
  ftpkit bookmark add work ftp://ann@example.org/projects/
  ftpkit bookmark add pub ftp://example.org/pub/")]
    Add(Box<AddBookmarkOptions>),
    /// Show the names and their places
    #[command(after_help = "\
Examples:
  ftpkit bookmark list")]
    List,
    /// Forget a name
    #[command(after_help = "\
Examples:
  ftpkit bookmark remove work")]
    Remove {
        /// The name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddBookmarkOptions {
    /// The name: letters, digits, - and _
    pub(crate) name: String,

    /// The place
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// What prints the password on its first line
    #[arg(long, value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,

    /// The client's certificate there, and its chain (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of the certificate (PEM) [default: it stands in the certificate's file]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}
