//! The options of `serve`.

use crate::duration;
use crate::runtime::Runtime;
use clap::{Args, ValueEnum, ValueHint};
use ftp_core::action::Resumption;
use ftp_core::codec::Level;
use ftp_core::command::{Command, Verb};
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
  ftpkit serve --accounts accounts.json --listen '[::]:21' --tls-cert chain.pem --tls-key key.pem
      passwords under TLS only, with a certificate that is read anew when it changes, and on SIGHUP
  ftpkit serve --accounts accounts.json --tls-cert one.pem --tls-cert two.pem --tls-client-ca ca.pem
      a certificate for each name that clients ask for, and users who are known by theirs
  ftpkit serve --listen 127.0.0.1:0 --json
      on any free port, which the first line of output tells

With --json: one object a line; `event` is serving (listening, directory, anonymous, accounts, url, tls, fingerprint), stopping, \
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

    /// What has to be under TLS [default: require where passwords cross a network, offer with a certificate, else off]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) tls: Option<TlsMode>,

    /// The certificate and its chain (PEM); may be given several times: a client is shown the first that is for the name it
    /// asks for, or else the first of all [default: one that the server makes for itself, and keeps]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_cert: Vec<PathBuf>,

    /// The private key of the certificate (PEM), one for each [default: it stands in the certificate's file]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    pub(crate) tls_key: Vec<PathBuf>,

    /// The authorities of clients' certificates (PEM): a user needs no password whose account names his (see `ftpkit help account`)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tls_client_ca: Option<PathBuf>,

    /// Whether a client has to show a certificate
    #[arg(long, value_enum, value_name = "MODE", requires = "tls_client_ca", default_value_t)]
    pub(crate) tls_client: ClientCertificateMode,

    /// The reply to a data connection whose TLS does not come to be: 522 as the RFC has it, or 425, which more clients know
    #[arg(long, value_name = "CODE", value_parser = ["522", "425"], default_value = "522")]
    pub(crate) tls_refusal: String,

    /// Let a client end TLS on the control connection once it is logged in (CCC), for a firewall that has to read along. Whoever is on
    /// the way can then give commands in its name
    #[arg(long)]
    pub(crate) tls_ccc: bool,

    /// Take an upload for whole that ends without TLS's own end, as some clients have it. Whoever is on the way can then cut files short
    #[arg(long)]
    pub(crate) tls_lenient_end: bool,

    /// Where to listen for connections that begin with TLS (ftps://, usually port 990); may be given several times
    #[arg(long, value_name = "ADDR", value_parser = listen_address)]
    pub(crate) tls_listen: Vec<SocketAddr>,

    /// Whether the TLS of a data connection goes on from the control connection's. Without it whoever reaches the port first gets
    /// the file, but some clients cannot do it
    #[arg(long, value_name = "MODE", value_parser = resumption, default_value = "require")]
    pub(crate) data_resumption: Resumption,

    /// A virtual host: what anonymous users see who chose it with HOST (RFC 7151); may be given several times
    #[arg(long, value_name = "NAME=DIR", value_parser = virtual_host, value_hint = ValueHint::DirPath)]
    pub(crate) host: Vec<(String, PathBuf)>,

    /// Commands to switch off, as in SITE,PORT: they are answered 502, and FEAT does not promise them
    #[arg(long, value_name = "COMMANDS", value_parser = command, value_delimiter = ',')]
    pub(crate) disable: Vec<Verb>,

    /// Offer transfers compressed with zlib (MODE Z), at this level from 0 to 9: for slow networks. Some clients use it wherever it
    /// is offered, and on any other network it holds them up [default: not offered]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) deflate: Option<Level>,

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

/// What has to be under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsMode {
    /// there is none
    Off,
    /// a client may have it
    Offer,
    /// nobody logs in without it
    Require,
    /// no file and no listing crosses the network without it either
    RequireData,
    /// as require, with a certificate that the server makes for itself
    #[value(name = "self-signed")]
    SelfSigned,
}

/// Whether clients have to show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientCertificateMode {
    /// who has one may show it
    #[default]
    Offer,
    /// there is no TLS without one
    Require,
}

fn resumption(text: &str) -> Result<Resumption, String> {
    match text {
        "require" => Ok(Resumption::Require),
        "prefer" => Ok(Resumption::Prefer),
        "off" => Ok(Resumption::Off),
        _ => Err("write require, prefer or off".to_owned()),
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write ADDRESS:PORT, as in 0.0.0.0:2121 or [::]:2121".to_owned())
}

fn virtual_host(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, dir)) if matches!(Command::parse(format!("HOST {name}").as_bytes()), Ok(Command::Host(_))) => {
            Ok((name.to_owned(), PathBuf::from(dir)))
        }
        _ => Err("write NAME=DIR, as in ftp.example.com=/srv/example".to_owned()),
    }
}

fn command(text: &str) -> Result<Verb, String> {
    Verb::from_name(text.as_bytes())
        .ok_or_else(|| format!("`{text}` is no command of FTP; write names as in SITE,PORT"))
}

fn level(text: &str) -> Result<Level, String> {
    text.parse().ok().and_then(Level::new).ok_or_else(|| "must be a level from 0 to 9, as in 6".to_owned())
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
    fn hosts_and_commands() {
        assert_eq!(virtual_host("a.example=/srv/a"), Ok(("a.example".to_owned(), PathBuf::from("/srv/a"))));
        for text in ["a.example", "a.example:21=/srv", "=/srv", "a b=/srv"] {
            assert!(virtual_host(text).is_err(), "{text:?}");
        }
        assert_eq!(command("site"), Ok(Verb::Site));
        assert!(command("FROB").is_err_and(|error| error.contains("`FROB`")));
    }

    #[test]
    fn levels() {
        assert_eq!(level("9"), Ok(Level::new(9).unwrap_or_default()));
        for text in ["10", "-1", "off", ""] {
            assert!(level(text).is_err(), "{text:?}");
        }
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
