//! Whom and how the server greets: HOST (RFC 7151) and LANG (RFC 2640 4).

use super::access::Login;
use super::language::Language;
use super::session::ServerSession;
use crate::command::Verb;
use alloc::format;
use alloc::string::String;
use core::net::IpAddr;
use core::str::FromStr;

/// A name that this server is known by, apart from its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualHost {
    /// The name, as HOST gives it; upper and lower case are alike.
    pub name: String,
    /// The text of its 220; the server's own where it is `None`.
    pub greeting: Option<String>,
}

impl ServerSession {
    /// HOST. What was said about a user before does not count any more (RFC 7151 4), nor does LANG (RFC 2640 4.1).
    pub(super) fn choose_host(&mut self, name: &[u8]) {
        // RFC 7151 4: the name has to be the one that TLS was begun for, since it is what the certificate vouches for.
        if self.security.server_name().is_some_and(|asked| !asked.as_bytes().eq_ignore_ascii_case(name)) {
            return self.answer(Verb::Host, 504, &b"TLS was begun with another host."[..]);
        }
        let host = match self.known_host(name) {
            Known::Named(host) => Some(host.name.clone()),
            Known::Default => None,
            Known::Nowhere => return self.answer(Verb::Host, 504, &b"There is no such host here."[..]),
        };
        self.host = host;
        self.login = Login::Nobody;
        self.language = Language::default();
        self.answer(Verb::Host, 220, self.greeting().into_bytes());
    }

    /// RFC 7151 4: the name that TLS was begun for routes the session to its virtual host, whether HOST follows or not. It
    /// outweighs a HOST from before, which anybody on the way could have said.
    pub(super) fn follow_server_name(&mut self) {
        let named = self.security.server_name().and_then(|name| self.virtual_host(name.as_bytes()));
        if let Some(host) = named.map(|host| host.name.clone()) {
            self.host = Some(host);
        }
    }

    fn virtual_host(&self, name: &[u8]) -> Option<&VirtualHost> {
        self.config.hosts.iter().find(|host| host.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The text of 220: the chosen host's, or the server's own.
    pub(super) fn greeting(&self) -> String {
        let host = self.host.as_ref().and_then(|name| self.virtual_host(name.as_bytes()));
        host.and_then(|host| host.greeting.clone()).unwrap_or_else(|| self.config.greeting.clone())
    }

    /// An address has to be the one that the control connection came in on: RFC 7151 3.1, "MUST respond with a 504".
    fn known_host(&self, name: &[u8]) -> Known<'_> {
        let address = core::str::from_utf8(name).ok().map(|name| name.trim_start_matches('[').trim_end_matches(']'));
        if let Some(address) = address.and_then(|address| IpAddr::from_str(address).ok()) {
            return if address.to_canonical() == self.local.ip() { Known::Default } else { Known::Nowhere };
        }
        self.virtual_host(name).map_or(Known::Nowhere, Known::Named)
    }

    /// LANG. Without a tag the default is meant.
    pub(super) fn choose_language(&mut self, tag: Option<&[u8]>) {
        match tag.map_or(Some(Language::default()), Language::by_tag) {
            Some(language) => {
                self.language = language;
                self.answer(Verb::Lang, 200, format!("Language is {}.", language.tag()).into_bytes());
            }
            None => self.answer(Verb::Lang, 504, &b"No such language; FEAT lists them."[..]),
        }
    }
}

/// What a name of HOST leads to.
enum Known<'a> {
    Named(&'a VirtualHost),
    Default,
    Nowhere,
}
