//! What every command that talks to a server has in common: how it connects, and how a URL is read.

use crate::bookmark;
use crate::duration;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::remote::{CertificateFiles, FtpUrl, Kept, UrlError};
use crate::runtime::Runtime;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, ValueEnum, ValueHint};
use ftp_host::tls::Fingerprint;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

/// What all commands that talk to a server have in common.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectOptions {
    /// Take the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,

    /// Take the password from the first line that this command prints
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_stdin", hide_short_help = true)]
    pub(crate) password_command: Option<String>,

    /// Take user and password from ~/.netrc, or from FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "~/.netrc", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) netrc: Option<PathBuf>,

    /// Give up when the server is silent for this long
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "60s")]
    pub(crate) timeout: Duration,

    /// Try again so often where the connection breaks or the server is full, with growing pauses [default: 0; for several
    /// files 3]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) retries: Option<u32>,

    /// Show the conversation with the server, passwords masked; twice: with the time of each line
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Write the conversation to this file too, passwords masked, with the time of each line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) log: Option<PathBuf>,

    /// What carries the conversation; nothing changes but what it costs
    #[arg(long, value_enum, default_value_t = Runtime::for_a_client(), hide_short_help = true)]
    pub(crate) runtime: Runtime,

    /// Let the server make the data connections (PORT), for servers behind a firewall
    #[arg(long)]
    pub(crate) active: bool,

    #[command(flatten)]
    pub(crate) security: SecurityOptions,

    /// Connections that go from one command to the next.
    #[arg(skip)]
    pub(crate) kept: Kept,

    /// What ends it, where that is not what ends the program.
    #[arg(skip)]
    pub(crate) interrupt: Option<Interrupt>,

    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

impl ConnectOptions {
    /// What ends what is done on its connections: a signal, or whoever sits at the screen.
    ///
    /// # Errors
    /// [`Failure`], if signals cannot be heard.
    pub(crate) fn interrupt(&self) -> Result<Interrupt, Failure> {
        self.interrupt.clone().map_or_else(Interrupt::install, Ok)
    }

    /// The same for something that ends by itself.
    pub(crate) fn apart(&self) -> Self {
        let interrupt = self.interrupt.as_ref().map(Interrupt::apart);
        Self { interrupt, ..self.clone() }
    }

    /// Is there one password for whoever wants one?
    pub(crate) fn gives_one_password(&self) -> bool {
        self.password_stdin || self.password_command.is_some() || crate::password::is_in_environment()
    }

    /// Is whoever sits there to be asked for a password, since nothing else gives one?
    pub(crate) fn asks_for_passwords(&self) -> bool {
        let given = self.password_stdin || self.password_command.is_some() || self.netrc.is_some();
        !given && !crate::password::is_in_environment()
    }
}

/// What a client does about TLS, and whom it believes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct SecurityOptions {
    /// What to do about TLS [default: require it before a password crosses a network]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) tls: Option<ClientTlsMode>,

    /// Believe servers whom an authority of this file (PEM) has certified, rather than one of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca: Option<PathBuf>,

    /// Believe the server whose certificate has this SHA-256, and nobody else; may be given several times
    #[arg(long, value_name = "SHA256")]
    pub(crate) pin: Vec<Fingerprint>,

    /// Show this certificate, its chain behind it (PEM), to a server that asks who the client is; no password is then asked
    /// for, but one that is given otherwise is said where it is wanted
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of the certificate (PEM) [default: it stands in the certificate's file]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert", hide_short_help = true)]
    pub(crate) key: Option<PathBuf>,

    /// Believe anybody: TLS then keeps out only who does nothing but listen
    #[arg(long, conflicts_with_all = ["ca", "pin"])]
    pub(crate) insecure: bool,
}

impl SecurityOptions {
    /// The files of the client's certificate.
    pub(crate) fn certificate(&self) -> Option<CertificateFiles> {
        self.cert.clone().map(|cert| CertificateFiles { cert, key: self.key.clone() })
    }
}

/// What a client does about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientTlsMode {
    /// speak in the clear, passwords too
    Off,
    /// use it where the server has it
    Prefer,
    /// do nothing without it
    Require,
}

/// Reads a URL. Its errors do not repeat it, since it may hold a password.
#[derive(Clone, Copy)]
pub(crate) struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = FtpUrl;

    fn parse_ref(&self, command: &clap::Command, _: Option<&Arg>, value: &OsStr) -> Result<FtpUrl, clap::Error> {
        let wrong = |why: &dyn Display| {
            let message = format!("the URL cannot be used: {why}");
            command.clone().error(ErrorKind::ValueValidation, message)
        };
        let text = value.to_str().ok_or_else(|| wrong(&"it is not UTF-8; write other bytes as %XX"))?;
        if !text.contains("://")
            && let Some(url) = bookmark::place(text).map_err(|failure| wrong(&failure))?
        {
            return Ok(url);
        }
        text.parse().map_err(|error: UrlError| wrong(&error))
    }
}
