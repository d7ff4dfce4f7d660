//! The options of `serve`.

use crate::duration;
use crate::runtime::Runtime;
use clap::{Args, ValueEnum, ValueHint};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_ranges() {
        assert_eq!(port_range("50000-50100"), Ok(50000..=50100));
        assert_eq!(port_range("50000"), Ok(50000..=50000));
        for text in ["0-5", "2-1", "1-65536", "-", "a-b", ""] {
            assert!(port_range(text).is_err(), "{text:?}");
        }
    }
}
