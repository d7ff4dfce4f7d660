//! [`FtpUrl`]: `ftp://[user[:password]@]host[:port]/path[;type=a|i]` (RFC 1738 3.2, RFC 3986 3).
//!
//! The path is relative to the directory that the login leads to, as RFC 1738 3.2.2 has it; one that begins with `%2F`
//! (or, as everybody writes it, with a second `/`) is absolute.

use super::certificate::CertificateFiles;
use super::glob::is_pattern;
use ftp_core::codec::Codec;
use ftp_core::secret::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The port of the control connection (RFC 959 8).
const PORT: u16 = 21;

/// The same where TLS begins at once (IANA's ftps).
const PORT_TLS: u16 = 990;

/// What stands for itself in a path: the unreserved characters of RFC 3986 2.3, and `/`.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The same within a user name.
const NAME: &AsciiSet = &PATH.add(b'/');

/// A place on an FTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FtpUrl {
    /// The user; `None`: anonymous.
    pub(crate) user: Option<Vec<u8>>,
    /// The password, should the URL hold one.
    pub(crate) password: Option<Secret>,
    /// What prints the password, where a bookmark says so.
    pub(crate) password_command: Option<String>,
    /// The client's certificate, where a bookmark says so.
    pub(crate) certificate: Option<CertificateFiles>,
    /// TLS begins at once: `ftps://`.
    pub(crate) implicit: bool,
    /// A name or address; IPv6 without brackets.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// The path as commands take it; empty: the directory that the login leads to.
    pub(crate) path: Vec<u8>,
    /// `;type=`, if it is there.
    pub(crate) codec: Option<Codec>,
    /// The path as a pattern, should it hold signs of one: what was percent-encoded is escaped with `\`.
    pub(crate) pattern: Option<String>,
}

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlError(String);

impl FtpUrl {
    /// The last component of the path: the name of what is fetched; empty where the path ends in `/`.
    pub(crate) fn name(&self) -> &[u8] {
        self.path.rsplit(|&b| b == b'/').next().unwrap_or_default()
    }

    /// The same place with `name` below it; the path must be empty or end in `/`.
    pub(crate) fn join(&self, name: &[u8]) -> Self {
        self.at([self.path.as_slice(), name].concat())
    }

    /// The same server, and `text`, which may be a pattern, as the path: not as in a URL, but as one types it.
    pub(crate) fn with_pattern(&self, text: &str) -> Self {
        Self { pattern: is_pattern(text).then(|| text.to_owned()), ..self.at(text.as_bytes().to_vec()) }
    }

    /// Do both lead to one server, as one user? A password in one of them does not matter.
    pub(crate) fn is_same_login(&self, other: &Self) -> bool {
        self.is_same_server(other) && self.user == other.user
    }

    /// Do both lead to one server?
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host) && self.port == other.port
    }

    /// Another place on the same server.
    pub(crate) fn at(&self, path: Vec<u8>) -> Self {
        Self { path, pattern: None, ..self.clone() }
    }
}

/// `path`, fit to stand in a URL.
pub(crate) fn encoded_path(path: &[u8]) -> String {
    percent_encode(path, PATH).to_string()
}

/// The same, as people read it: letters of all languages stand for themselves.
fn readable_path(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for sign in chunk.valid().chars() {
            if !sign.is_ascii() && sign.is_alphanumeric() {
                text.push(sign);
            } else {
                text.extend(percent_encode(sign.encode_utf8(&mut [0; 4]).as_bytes(), PATH));
            }
        }
        text.extend(percent_encode(chunk.invalid(), PATH));
    }
    text
}

/// The URL without its password: for screens and logs.
impl fmt::Display for FtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.implicit { "ftps://" } else { "ftp://" })?;
        if let Some(user) = &self.user {
            write!(f, "{}@", percent_encode(user, NAME))?;
        }
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{open}{}{close}", self.host)?;
        if self.port != usual_port(self.implicit) {
            write!(f, ":{}", self.port)?;
        }
        // An absolute path gives the second slash.
        write!(f, "/{}", readable_path(&self.path))?;
        match self.codec {
            Some(codec) if codec.is_raw() => f.write_str(";type=i"),
            Some(_) => f.write_str(";type=a"),
            None => Ok(()),
        }
    }
}

impl FromStr for FtpUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return wrong(format!("it holds the control character {}", c.escape_default()));
        }
        let (implicit, rest) = after_scheme(text)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if text.contains('#') {
            return wrong("`#` begins a fragment, which FTP has not; in a name write %23");
        }
        // The last `@`: a password with an `@` in it is meant as it stands.
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            None => (None, None),
            Some(("", _)) => return wrong("there is no user before `@`; leave the `@` out to log in as anonymous"),
            Some((user, password)) => (
                Some(decoded(user, "user")?),
                login.is_some_and(|login| login.contains(':')).then(|| decoded(password, "password")).transpose()?,
            ),
        };
        let (host, port) = host_and_port(place, usual_port(implicit))?;
        let (path, codec) = path_and_type(path)?;
        let pattern = is_pattern(path).then(|| pattern(path));
        let path = decoded(path, "path")?;
        Ok(Self {
            user,
            password: password.map(Secret::new),
            password_command: None,
            certificate: None,
            implicit,
            host,
            port,
            path,
            codec,
            pattern,
        })
    }
}

const fn usual_port(implicit: bool) -> u16 {
    if implicit { PORT_TLS } else { PORT }
}

/// Does TLS begin at once, and what follows.
fn after_scheme(text: &str) -> Result<(bool, &str), UrlError> {
    match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ftp") => Ok((false, rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ftps") => Ok((true, rest)),
        Some((scheme, rest)) => wrong(format!("`{scheme}` is not spoken here; write ftp://{}", without_login(rest))),
        None => wrong(format!("it must begin with ftp://, as in ftp://{}", without_login(text))),
    }
}

/// What may be repeated in a message: a password may stand before the `@`.
fn without_login(rest: &str) -> &str {
    rest.rsplit_once('@').map_or(rest, |(_, place)| place)
}

fn host_and_port(place: &str, usual: u16) -> Result<(String, u16), UrlError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return wrong("`[` is not closed by `]`") };
        if address.parse::<Ipv6Addr>().is_err() {
            return wrong(format!("`{address}` is no IPv6 address"));
        }
        match port.strip_prefix(':') {
            None if !port.is_empty() => return wrong(format!("`{port}` stands between `]` and the path")),
            port => (address, port.unwrap_or("")),
        }
    } else {
        let (host, port) = place.split_once(':').unwrap_or((place, ""));
        if port.contains(':') {
            return wrong("an IPv6 address stands in brackets, as in ftp://[::1]/");
        }
        (host, port)
    };
    if host.is_empty() {
        return wrong("there is no host");
    }
    if let Some(c) = host.chars().find(|c| c.is_whitespace() || "%\\?;[]".contains(*c)) {
        return wrong(format!("`{c}` cannot stand in a host name"));
    }
    let port = match port {
        "" => usual,
        // `parse` alone would take a sign.
        port => match port.parse() {
            Ok(number @ 1..) if port.bytes().all(|b| b.is_ascii_digit()) => number,
            _ => return wrong(format!("`{port}` is no port; it is a number from 1 to 65535")),
        },
    };
    Ok((host.to_owned(), port))
}

fn path_and_type(path: &str) -> Result<(&str, Option<Codec>), UrlError> {
    let Some((before, kind)) = path.rsplit_once(';').filter(|(_, kind)| is_type(kind)) else { return Ok((path, None)) };
    match kind.get(5..) {
        Some("a" | "A") => Ok((before, Some(Codec::ASCII))),
        Some("i" | "I") => Ok((before, Some(Codec::RAW))),
        Some("d" | "D") => wrong("`;type=d` asks for a listing; use `ftpkit ls` without it"),
        _ => wrong(format!("`;{kind}` is not known; write ;type=i (as it is) or ;type=a (text)")),
    }
}

fn is_type(kind: &str) -> bool {
    kind.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("type="))
}

/// Undoes the percent-encoding, and refuses what would end a command in its midst.
fn decoded(text: &str, part: &str) -> Result<Vec<u8>, UrlError> {
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return wrong(format!("a `%` in the {part} is not followed by two hex digits; write %25 for `%` itself"));
        }
    }
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    if bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return wrong(format!("the {part} holds NUL, CR or LF, which FTP cannot carry"));
    }
    Ok(bytes)
}

/// The path as a pattern. Bytes that are no UTF-8 cannot stand in one; `?` fits each of them.
fn pattern(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (code, after) = after.split_at_checked(2).unwrap_or((after, ""));
        match u8::from_str_radix(code, 16) {
            Ok(byte) if byte.is_ascii() => out.extend(['\\', char::from(byte)]),
            _ => out.push('?'),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn wrong<T>(what: impl Into<String>) -> Result<T, UrlError> {
    Err(UrlError(what.into()))
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> FtpUrl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn all_parts() {
        let url = url("FTP://ann:s%40cret@example.org:2121/pub/a%20b.txt;type=a");
        assert_eq!(url.user.as_deref(), Some(&b"ann"[..]));
        assert_eq!(url.password, Some(Secret::new("s@cret")));
        assert_eq!((url.host.as_str(), url.port), ("example.org", 2121));
        assert_eq!(url.path, b"pub/a b.txt");
        assert_eq!(url.name(), b"a b.txt");
        assert_eq!(url.codec, Some(Codec::ASCII));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        for text in ["ftp://h", "ftp://h/", "ftp://h:/"] {
            let url = url(text);
            assert_eq!((url.user, url.password, url.port, url.codec), (None, None, 21, None));
            assert_eq!(url.path, b"");
        }
        assert_eq!(url("ftp://ann@h/").password, None);
        assert_eq!(url("ftp://ann:@h/").password, Some(Secret::new("")));
    }

    #[test]
    fn a_path_is_relative_unless_it_begins_with_an_encoded_or_a_second_slash() {
        assert_eq!(url("ftp://h/etc/motd").path, b"etc/motd");
        assert_eq!(url("ftp://h/%2Fetc/motd").path, b"/etc/motd");
        assert_eq!(url("ftp://h//etc/motd").path, b"/etc/motd");
        assert_eq!(url("ftp://h/a%2Fb").name(), b"b");
        assert_eq!(url("ftp://h/pub/").name(), b"");
        assert_eq!(url("ftp://h/pub/").join(b"x y").to_string(), "ftp://h/pub/x%20y");
    }

    #[test]
    fn a_pattern_is_one_only_where_it_is_not_encoded() {
        assert_eq!(url("ftp://h/a/*.t%2At").pattern.as_deref(), Some(r"a/*.t\*t"));
        assert_eq!(url("ftp://h/a%2A%3F%5B").pattern, None);
        assert_eq!(url("ftp://h/pub/").join(b"*").pattern, None);
    }

    #[test]
    fn odd_characters_survive() {
        assert_eq!(url("ftp://h/n\u{e4}me?;x").path, "n\u{e4}me?;x".as_bytes());
        assert_eq!(url("ftp://h/%ff").path, b"\xff");
        assert_eq!(url("ftp://a:p@ss@h/").password, Some(Secret::new("p@ss")));
        assert_eq!(url("ftp://[::1]:2121/a").host, "::1");
    }

    #[test]
    fn what_is_shown_is_read_back_without_the_password() {
        for text in ["ftp://h/", "ftp://a%2Fb@h:2121/p/q", "ftp://h/%2Fetc/x%7B", "ftp://[::1]/%FF%20;type=i"] {
            assert_eq!(url(text).to_string().parse(), Ok(url(text)));
        }
        assert_eq!(url("ftp://ann:secret@h/x").to_string(), "ftp://ann@h/x");
        let shown = url("ftp://h/%2Fp%C3%A4th/x%20%E2%80%AEy%FF").to_string();
        assert_eq!(shown, "ftp://h//p\u{e4}th/x%20%E2%80%AEy%FF", "letters are read, what could mislead is not shown");
        assert_eq!(
            shown.parse::<FtpUrl>().map(|url| url.path),
            Ok("/p\u{e4}th/x \u{202e}y".bytes().chain([0xff]).collect())
        );
    }

    #[test]
    fn every_byte_that_a_command_can_carry_goes_round() {
        for byte in (1..=u8::MAX).filter(|b| !matches!(b, b'\r' | b'\n')) {
            for path in [vec![byte], vec![byte, b'a'], vec![b'a', byte, b'b']] {
                let place = FtpUrl { path: path.clone(), ..url("ftp://h/") };
                assert_eq!(place.to_string().parse::<FtpUrl>().map(|url| url.path), Ok(path));
            }
        }
    }

    #[test]
    fn no_cut_of_a_url_panics() {
        let text = "ftp://ann:s%40@[::1]:2121/%2Fp\u{e4}th/;type=a";
        for (end, _) in text.char_indices() {
            let _ = text[..end].parse::<FtpUrl>();
            let _ = text[end..].parse::<FtpUrl>();
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let texts = [
            "",
            "example.org/file",
            "http://ann:secret@example.org/",
            "ftp://",
            "ftp:///file",
            "ftp://@h/",
            "ftp://::1/",
            "ftp://[::1/",
            "ftp://[::x]/",
            "ftp://[::1]x/",
            "ftp://h:0/",
            "ftp://h:65536/",
            "ftp://h:ftp/",
            "ftp://h:+21/",
            "ftp://h h/",
            "ftp://h/100%",
            "ftp://h/%zz",
            "ftp://h/%\u{e4}",
            "ftp://h/a%0D%0ADELE%20b",
            "ftp://h/a\nb",
            "ftp://a%0Ab@h/",
            "ftp://h/a#b",
            "ftp://h/a;type=d",
            "ftp://h/a;type=e",
        ];
        let mut shown = String::new();
        for text in texts {
            let error = text.parse::<FtpUrl>().map_or_else(|error| error.to_string(), |url| format!("READ AS {url:?}"));
            shown.extend([format!("{text:?}\n  {error}\n")]);
        }
        assert!(!shown.contains("write ftp://ann"), "a password could stand there");
        insta::assert_snapshot!(shown);
    }
}
