//! What every command that talks to a server has in common: how it connects, and how a URL is read.

use crate::duration;
use crate::runtime::Runtime;
use crate::url::{FtpUrl, UrlError};
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args};
use std::ffi::OsStr;
use std::fmt::Display;
use std::time::Duration;

/// What `get`, `put` and `ls` have in common.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct ConnectOptions {
    /// Take the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,

    /// Give up when the server is silent for this long
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "60s")]
    pub(crate) timeout: Duration,

    /// Show the conversation with the server, passwords masked
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// What carries the conversation; nothing changes but what it costs
    #[arg(long, value_enum, default_value_t = Runtime::for_a_client(), hide_short_help = true)]
    pub(crate) runtime: Runtime,

    /// Let the server make the data connections (PORT), for servers behind a firewall
    #[arg(long)]
    pub(crate) active: bool,

    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads a URL. Its errors do not repeat it, since it may hold a password.
#[derive(Clone, Copy)]
pub(super) struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = FtpUrl;

    fn parse_ref(&self, command: &clap::Command, _: Option<&Arg>, value: &OsStr) -> Result<FtpUrl, clap::Error> {
        let wrong = |why: &dyn Display| {
            let message = format!("the URL cannot be used: {why}");
            command.clone().error(ErrorKind::ValueValidation, message)
        };
        let text = value.to_str().ok_or_else(|| wrong(&"it is not UTF-8; write other bytes as %XX"))?;
        text.parse().map_err(|error: UrlError| wrong(&error))
    }
}
