//! [`Target`]: a server as the command line names it, `[NAME=]HOST:PORT[,PID]`.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// A server to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// What it is called in the report.
    pub(super) name: String,
    /// `HOST:PORT`.
    pub(super) place: String,
    /// Its process.
    pub(super) pid: Option<u32>,
}

impl Target {
    /// The first address that its host has.
    ///
    /// # Errors
    /// That there is none.
    pub(super) fn resolve(&self) -> io::Result<SocketAddr> {
        self.place.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("the host has no address"))
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write [NAME=]HOST:PORT[,PID], as in 127.0.0.1:2121 or new=127.0.0.1:2121,4711";
        let (name, rest) = match text.split_once('=') {
            Some((name, rest)) => (Some(name), rest),
            None => (None, text),
        };
        let (place, pid) = match rest.split_once(',') {
            Some((place, pid)) => (place, Some(pid.parse().map_err(|_| FORM)?)),
            None => (rest, None),
        };
        let (host, port) = place.rsplit_once(':').ok_or(FORM)?;
        let named = name.is_none_or(|name| !name.is_empty() && !name.chars().any(char::is_control));
        if host.is_empty() || !named || port.parse::<u16>().is_err() {
            return Err(FORM.to_owned());
        }
        Ok(Self { name: name.unwrap_or(place).to_owned(), place: place.to_owned(), pid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_process_may_be_left_out() {
        let target = |name: &str, place: &str, pid| Target { name: name.into(), place: place.into(), pid };
        let cases = [
            ("127.0.0.1:21", target("127.0.0.1:21", "127.0.0.1:21", None)),
            ("ours=localhost:2121,4711", target("ours", "localhost:2121", Some(4711))),
            ("[::1]:2121,1", target("[::1]:2121", "[::1]:2121", Some(1))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "host", "host:", ":21", "=h:21", "a=h", "h:21,", "h:21,x", "h:70000", "a\u{1b}=h:21"] {
            assert!(text.parse::<Target>().is_err(), "{text:?}");
        }
    }
}
