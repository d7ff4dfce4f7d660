//! The command line: every command and option, with its help and examples.

use crate::bench::BenchOptions;
use crate::duration;
use crate::exit::Exit;
use crate::runtime::Runtime;
use crate::url::{FtpUrl, UrlError};
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Parser, Subcommand, ValueEnum, ValueHint};
use ftp_core::permission::Permissions;
use std::ffi::OsStr;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Serve files over FTP, and fetch, store and list them.
#[derive(Debug, Parser)]
#[command(name = "ftpkit", version, propagate_version = true, after_help = format!("\
Examples:
  ftpkit serve                                  this directory, to this machine, read-only
  ftpkit get ftp://example.org/pub/file.iso     fetch a file
  ftpkit put report.pdf ftp://ann@example.org/  store one

`ftpkit help COMMAND` shows the options of a command, and more examples.

{}", Exit::help()))]
pub(crate) struct Cli {
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true, display_order = 100)]
    pub(crate) quiet: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(ServeOptions),
    #[command(subcommand)]
    Account(AccountCommand),
    Get(GetOptions),
    Put(PutOptions),
    Ls(LsOptions),
    // Without words of its own, so that those of its options stand, the long ones too.
    Bench(BenchOptions),
}

impl Command {
    /// Is standard output for JSON?
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Serve(options) => options.json,
            Self::Account(AccountCommand::List(options)) => options.json,
            Self::Account(_) => false,
            Self::Bench(options) => options.json(),
            Self::Get(_) | Self::Put(_) | Self::Ls(_) => self.connect().is_some_and(|connect| connect.json),
        }
    }

    /// Is the conversation with the server to be shown?
    pub(crate) fn verbose(&self) -> bool {
        self.connect().is_some_and(|connect| connect.verbose)
    }

    fn connect(&self) -> Option<&ConnectOptions> {
        match self {
            Self::Get(options) => Some(&options.connect),
            Self::Put(options) => Some(&options.connect),
            Self::Ls(options) => Some(&options.connect),
            Self::Serve(_) | Self::Account(_) | Self::Bench(_) => None,
        }
    }
}

/// Serve a directory
///
/// Without options: this directory, on 127.0.0.1:2121, to anonymous users, who can look and fetch and change nothing.
/// Ctrl-C or SIGTERM stops it once the transfers that run are done; a second one stops it at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ftpkit serve
      this directory, to this machine, read-only
  ftpkit serve /srv/pub --listen 0.0.0.0:2121
      the same to the network
  ftpkit serve --anonymous off --accounts accounts.json --listen '[::]:21' --passive-ports 50000-50100
      only users with an account (see `ftpkit account add`), through a firewall that lets 21 and 50000-50100 pass
  ftpkit serve --listen 127.0.0.1:0 --json
      on any free port, which the first line of output tells

With --json: one object a line; `event` is serving (listening, directory, anonymous, accounts, url), stopping, \
stopped (in_time) or error (code, kind, message, remedy).")]
pub(crate) struct ServeOptions {
    /// What anonymous users see
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,

    /// Where to listen; may be given several times. Port 0 takes any free one. Listeners that a supervisor hands over
    /// (systemd's socket activation) take its place
    #[arg(long, value_name = "ADDR", value_parser = listen_address, default_value = "127.0.0.1:2121")]
    pub(crate) listen: Vec<SocketAddr>,

    /// Users with a password, from this file; each sees the home directory of the account
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) accounts: Option<PathBuf>,

    /// What users without a password may do
    #[arg(long, value_enum, default_value_t = AnonymousMode::Ro)]
    pub(crate) anonymous: AnonymousMode,

    /// Ports for passive data connections, as a firewall lets them through [default: any]
    #[arg(long, value_name = "A-B", value_parser = port_range)]
    pub(crate) passive_ports: Option<RangeInclusive<u16>>,

    /// The address that PASV announces, where the server is behind NAT
    #[arg(long, value_name = "IPV4")]
    pub(crate) public_address: Option<Ipv4Addr>,

    /// End a session that is idle for this long
    #[arg(long, value_name = "TIME", value_parser = duration::parse_positive, default_value = "5m")]
    pub(crate) idle_timeout: Duration,

    /// Serve at most so many sessions at once
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) max_sessions: Option<usize>,

    /// Serve at most so many sessions at once to one address
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) max_per_address: Option<usize>,

    /// What carries the sessions; nothing changes but what they cost
    #[arg(long, value_enum, default_value_t)]
    pub(crate) runtime: Runtime,

    /// When stopped, let transfers go on for at most this long
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "30s")]
    pub(crate) grace: Duration,

    /// Print events as JSON, one a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// What anonymous users may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnonymousMode {
    /// look and fetch
    Ro,
    /// store new files too, replace and remove nothing
    Upload,
    /// not even log in
    Off,
}

impl AnonymousMode {
    /// As it is written on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Upload => "upload",
            Self::Off => "off",
        }
    }
}

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
  ftpkit account add log --accounts accounts.json --home /srv/log --permissions create,append --password-stdin <secret
      a user who can store and add, but not look")]
    Add(AddOptions),
    /// Change a password
    #[command(after_help = "\
Examples:
  ftpkit account passwd ann --accounts accounts.json
  ftpkit account passwd ann --accounts accounts.json --password-stdin <secret")]
    Passwd(PasswdOptions),
    /// Remove an account, not its files
    #[command(after_help = "\
Example:
  ftpkit account remove ann --accounts accounts.json")]
    Remove(RemoveOptions),
    /// Show the accounts
    #[command(after_help = "\
Examples:
  ftpkit account list --accounts accounts.json
  ftpkit account list --accounts accounts.json --json
      one object a line: name, home, permissions")]
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

    /// all, read-only, or some of read, list, create, overwrite, append, delete, rename, make-dir, remove-dir, with commas
    #[arg(long, value_name = "RIGHTS", value_parser = permissions, default_value = "all")]
    pub(crate) permissions: Permissions,

    /// Take the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
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

/// Fetch a file
///
/// The URL is `ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH`; IPv6 addresses stand in brackets. PATH begins where the login leads;
/// with a second `/` (or %2F) before it, at the root. `;type=a` at its end fetches text, with this machine's line ends.
/// Without USER the login is anonymous. A password that is not in the URL is taken from `FTPKIT_PASSWORD`, or asked for.
///
/// The file takes its name only when it is whole. One that was interrupted is kept aside, and -c goes on with it.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit get ftp://127.0.0.1:2121/notes.txt
      to this directory, by the same name
  ftpkit get ftp://ann@example.org/large.iso /tmp -c
      to /tmp/large.iso, going on where it was interrupted
  ftpkit get ftp://example.org/pub/archive.tar - | tar t
      to standard output

With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct GetOptions {
    /// What to fetch
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// Where to: a file, a directory, or - for standard output [default: this directory]
    #[arg(value_name = "FILE|DIR|-", value_hint = ValueHint::AnyPath)]
    pub(crate) to: Option<PathBuf>,

    /// Go on with what is there of the file
    #[arg(short = 'c', long = "continue", conflicts_with = "overwrite")]
    pub(crate) resume: bool,

    /// Replace a file that is there
    #[arg(long)]
    pub(crate) overwrite: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

/// Store a file
///
/// A file of that name on the server is replaced. For the form of the URL see `ftpkit help get`; one that ends in `/` keeps
/// the file's name.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit put report.pdf ftp://ann@example.org/
      as report.pdf, where ann's login leads
  ftpkit put large.iso ftp://ann@example.org/images/new.iso -c
      going on with what is there
  tar c src | ftpkit put - ftp://ann@example.org/src.tar
      from standard input

With --json: one object a line; `event` is started (url, file, offset, size), progress (bytes, size; at most five a \
second), done (url, file, moved, bytes, seconds) or error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct PutOptions {
    /// What to store: a file, or - for standard input
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Where to
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// Go on with what is there of the file
    #[arg(short = 'c', long = "continue")]
    pub(crate) resume: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

/// List a directory
///
/// Shows kind and permissions, size, time in UTC, and name. For the form of the URL see `ftpkit help get`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ftpkit ls ftp://127.0.0.1:2121/
  ftpkit ls -1 ftp://ann@example.org/pub
      names only
  ftpkit ls --json ftp://example.org/ | jq -r 'select(.kind == \"file\").name'

With --json: one object a line: name, path (the name as it stands in a URL), kind (file, directory, link, other), size, \
modified, mode, target; or, if it fails, `event`: error (code, kind, message, remedy).

{}", Exit::help()))]
pub(crate) struct LsOptions {
    /// What to list
    #[arg(value_parser = UrlParser, value_hint = ValueHint::Url)]
    pub(crate) url: FtpUrl,

    /// Names only
    #[arg(short = '1', long)]
    pub(crate) names: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectOptions,
}

/// Reads a URL. Its errors do not repeat it, since it may hold a password.
#[derive(Clone, Copy)]
struct UrlParser;

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

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write ADDRESS:PORT, as in 0.0.0.0:2121 or [::]:2121".to_owned())
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first @ 1..), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("write FIRST-LAST, from 1 to 65535, as in 50000-50100".to_owned()),
    }
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| "must be a number above 0".to_owned())
}

fn permissions(text: &str) -> Result<Permissions, String> {
    match text {
        "all" => return Ok(Permissions::ALL),
        "read-only" => return Ok(Permissions::READ_ONLY),
        _ => {}
    }
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
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rights_are_read_as_account_files_write_them() {
        assert_eq!(permissions("all"), Ok(Permissions::ALL));
        assert_eq!(permissions("read-only"), permissions("read,list"));
        assert_eq!(permissions("create, append"), Ok(Permissions::CREATE | Permissions::APPEND));
        assert!(permissions("read,write").is_err_and(|error| error.contains("`write`") && error.contains("overwrite")));
        assert!(permissions("").is_err());
    }

    #[test]
    fn port_ranges() {
        assert_eq!(port_range("50000-50100"), Ok(50000..=50100));
        assert_eq!(port_range("50000"), Ok(50000..=50000));
        for text in ["0-5", "2-1", "1-65536", "-", "a-b", ""] {
            assert!(port_range(text).is_err(), "{text:?}");
        }
    }
}
