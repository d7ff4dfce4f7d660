//! The command line of `ftpkit check`.

use crate::duration;
use crate::exit::Exit;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Check an FTP server against the RFCs
///
/// Plays some hundred short conversations with a server and holds what it says against RFC 959 and its family. Each case names
/// its section and has a level: must, should or may. The documents' own levels where they have them; where they have none, must is
/// what the protocol does not work without.
///
/// Nothing on the server is touched but a directory ftpkit-check-… where the login leads, which is removed at the end, also
/// after Ctrl-C. A user who may not write gets the cases that need no files. Hostile cases, which a fragile server might not
/// survive, are only played with --hostile.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[command(after_help = format!("\
Examples:
  ftpkit check ftp.example.org
      as the anonymous user, at port 21
  ftpkit check 127.0.0.1:2121 --user ann --html report.html
      as ann, who is asked for her password; with every exchange drawn as a sequence chart
  ftpkit check 127.0.0.1:2121 --user ann --password-stdin --level must --junit check.xml < secret
      in a CI: what the documents demand, and no more
  ftpkit check 127.0.0.1:2121 --only rfc3659,rfc959/retr
      the cases of one document, and one more with those whose names begin like it
  ftpkit check ftp.example.org --tls explicit
      the same as the first, with control and data connections under TLS
  ftpkit check --list --level must
  ftpkit check --show rfc959/retr
      what there is, and what a case says

A case has passed; or it has failed; or the server does not offer what it is about and need not; or it was skipped, for a reason.

With --json: one object a line; `event` is case (name, sources, title, level, verdict: passed, failed, not-offered or skipped; reason; \
permitted and seen, if it failed; exchange: by, what; seconds), then summary (server, system, conforms, documents: document, and \
must, should, may, each with passed, failed, not_offered, skipped) or error (code, kind, message, remedy).

With --junit: a testsuite for each document, a testcase for each case, its level in front of its name; a failed must is a failure, \
a failed should or may, like anything not played, is skipped with its reason.

{}", Exit::help()))]
pub(crate) struct CheckOptions {
    /// The server; without PORT it is 21
    #[arg(value_name = "HOST[:PORT]", value_hint = ValueHint::Hostname, required_unless_present_any = ["list", "show"])]
    pub(crate) server: Option<String>,

    /// Who logs in
    #[arg(long, default_value = "anonymous")]
    pub(crate) user: String,

    /// Take the password from the first line of standard input; otherwise it is that of `FTPKIT_PASSWORD`, or asked for
    #[arg(long)]
    pub(crate) password_stdin: bool,

    /// The account, should the server ask for one (ACCT)
    #[arg(long)]
    pub(crate) account: Option<String>,

    /// Play all cases under TLS, whatever the certificate is, but for those that make their own TLS or are about sessions without
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) tls: Option<CheckTls>,

    /// Play only cases whose names begin so, with commas between them
    #[arg(long, value_name = "CASES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Play only cases of this weight and above
    #[arg(long, value_enum, default_value_t = Weight::May)]
    pub(crate) level: Weight,

    /// Play hostile cases, too
    #[arg(long)]
    pub(crate) hostile: bool,

    /// Wait so long for an answer
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "10s")]
    pub(crate) timeout: Duration,

    /// Give a case so long in all
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "60s")]
    pub(crate) case_timeout: Duration,

    /// Show every case, not only those that failed
    #[arg(long)]
    pub(crate) all: bool,

    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Write a report for a browser, with the exchange of each case
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,

    /// Write a report for a CI, in the XML of `JUnit`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,

    /// List the cases instead
    #[arg(long)]
    pub(crate) list: bool,

    /// Show what a case says instead
    #[arg(long, value_name = "CASE", conflicts_with = "list")]
    pub(crate) show: Option<String>,
}

/// How everything comes under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckTls {
    /// by AUTH TLS behind the greeting
    Explicit,
    /// from the first byte on (usually port 990)
    Implicit,
}

/// How much weight a case has at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weight {
    /// what the protocol does not work without
    Must,
    /// what there has to be a reason against, too
    Should,
    /// everything
    May,
}
