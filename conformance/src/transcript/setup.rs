//! [`Setup`]: the world a transcript is played in, as its `@` lines before the first exchange build it.

use super::text::{quoted, unescape};
use ftp_core::action::{Resumption, StorageError};
use ftp_core::command::Verb;
use ftp_core::permission::Permissions;
use ftp_core::server::TlsPolicy;
use ftp_host::storage::MemoryCall;
use ftp_host::tls::AskClients;
use std::time::Duration;

/// Files, accounts and settings before the client connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// What is in the storage, in the order it is to be made.
    pub tree: Vec<Node>,
    /// Who may log in; never empty.
    pub users: Vec<User>,
    /// The virtual hosts that HOST may choose.
    pub hosts: Vec<String>,
    /// The storage's calls that fail, and how.
    pub faults: Vec<(MemoryCall, StorageError)>,
    /// What differs from the server's defaults.
    pub settings: Vec<Setting>,
}

/// A file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The absolute path.
    pub path: Vec<u8>,
    /// A file's content; `None` for a directory.
    pub content: Option<Vec<u8>>,
}

/// Someone who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The argument of USER.
    pub name: String,
    /// The argument of PASS.
    pub password: String,
    /// The argument of ACCT that is needed too.
    pub account: Option<String>,
    /// The virtual host that this user is known on; every one where it is `None`.
    pub host: Option<String>,
    /// The name in the certificate that this user needs no password with.
    pub certificate: Option<String>,
    /// What this user may do.
    pub rights: Permissions,
}

/// One `@set` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// How long a client may take to log in.
    LoginTimeout(Duration),
    /// How long a client may say nothing.
    IdleTimeout(Duration),
    /// How long a data connection may take to come.
    AcceptTimeout(Duration),
    /// How long a data connection may move nothing.
    StallTimeout(Duration),
    /// How long the answer to a failed login waits.
    FailedLoginDelay(Duration),
    /// Failed logins until 421.
    LoginAttempts(u32),
    /// The longest command line in bytes.
    LineLimit(usize),
    /// The bytes that the storage holds in all.
    Capacity(u64),
    /// A command that the operator has switched off.
    Disabled(Verb),
    /// Bytes of a file from one restart marker to the next.
    MarkerInterval(u64),
    /// MODE Z is served.
    Deflate,
    /// An upload counts only if its end can be told from a cut.
    ProveUploads,
    /// What has to be under TLS.
    Tls(TlsPolicy),
    /// The connection begins with TLS.
    ImplicitTls,
    /// Whether data connections resume the control connection's TLS session.
    DataResumption(Resumption),
    /// CCC is served.
    ClearControl,
    /// Clients may or have to show a certificate.
    ClientCertificates(AskClients),
    /// A data connection whose TLS is refused is answered 425.
    HandshakeRefused425,
}

impl Setup {
    pub(super) fn new() -> Self {
        Self { tree: Vec::new(), users: Vec::new(), hosts: Vec::new(), faults: Vec::new(), settings: Vec::new() }
    }

    /// Whoever is there if the transcript names nobody.
    pub(super) fn default_user() -> User {
        User {
            name: "ann".into(),
            password: "secret".into(),
            account: None,
            host: None,
            certificate: None,
            rights: Permissions::ALL,
        }
    }

    /// Takes one directive in; `false` if it is none that belongs to the setup.
    pub(super) fn take(&mut self, name: &str, arguments: &str) -> Result<bool, String> {
        match name {
            "file" => {
                let (path, content) = word(arguments).ok_or("write `@file /PATH \"content\"`")?;
                self.tree.push(Node { path: absolute(path)?, content: Some(quoted(content)?) });
            }
            "random" => {
                let (path, size) = word(arguments).ok_or("write `@random /PATH SIZE`, the size in bytes")?;
                let size = size.parse().map_err(|_| format!("{size:?} is no size: write it in bytes"))?;
                self.tree.push(Node { path: absolute(path)?, content: Some(random(size)) });
            }
            "dir" => self.tree.push(Node { path: absolute(arguments)?, content: None }),
            "user" => self.users.push(user(arguments)?),
            "account" => {
                let (name, account) = word(arguments).ok_or("write `@account NAME ACCOUNT`")?;
                self.user(name)?.account = Some(account.to_owned());
            }
            "certificate" => {
                let (name, certificate) = word(arguments).ok_or("write `@certificate USER NAME`")?;
                self.user(name)?.certificate = Some(certificate.to_owned());
            }
            "fail" => self.faults.extend(faults(arguments)?),
            "host" => self.hosts.push(arguments.to_owned()),
            "user-on" => {
                let (name, host) = word(arguments).ok_or("write `@user-on NAME HOST`")?;
                self.user(name)?.host = Some(host.to_owned());
            }
            "set" => self.settings.push(setting(arguments)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn user(&mut self, name: &str) -> Result<&mut User, String> {
        let user = self.users.iter_mut().find(|user| user.name == name);
        user.ok_or_else(|| format!("{name:?} is no user: put `@user {name} …` above"))
    }
}

/// Splits off the first word.
pub(crate) fn word(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once(' ')?;
    Some((first, rest.trim_start()))
}

/// A path with escapes; blanks are written `\x20`.
pub(crate) fn absolute(text: &str) -> Result<Vec<u8>, String> {
    if !text.starts_with('/') || text.contains(' ') {
        return Err(format!("{text:?} is no path: write it from the root (`/pub/a`), a blank as \\x20"));
    }
    unescape(text)
}

/// A time as `500ms`, `60s`, `5m` or `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let remedy = || format!("{text:?} is no length of time: write 500ms, 60s, 5m or 1h");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(remedy)?;
    let count: u32 = text[..digits].parse().map_err(|_| remedy())?;
    let unit = match &text[digits..] {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        _ => return Err(remedy()),
    };
    Ok(unit * count)
}

fn user(arguments: &str) -> Result<User, String> {
    let mut words = arguments.split_whitespace();
    let (Some(name), Some(password)) = (words.next(), words.next()) else {
        return Err("write `@user NAME PASSWORD RIGHT…`".into());
    };
    let mut rights = Permissions::NONE;
    for right in words {
        rights = rights
            | Permissions::by_name(right).ok_or_else(|| {
                let names = Permissions::NAMES.map(|(name, _)| name).join(", ");
                format!("{right:?} is no right: write all, read-only, or some of {names}")
            })?;
    }
    Ok(User { name: name.into(), password: password.into(), account: None, host: None, certificate: None, rights })
}

/// `@fail CALL… ERROR`
fn faults(arguments: &str) -> Result<Vec<(MemoryCall, StorageError)>, String> {
    let (calls, error) = arguments.rsplit_once(' ').ok_or("write `@fail CALL… ERROR`")?;
    let error = match error {
        "busy" => StorageError::Busy,
        "exhausted" => StorageError::Exhausted,
        "local" => StorageError::Local,
        "no-space" => StorageError::NoSpace,
        "over-quota" => StorageError::OverQuota,
        "name" => StorageError::NameNotAllowed,
        _ => {
            return Err(format!(
                "{error:?} is no error: there are busy, exhausted, local, no-space, over-quota and name"
            ));
        }
    };
    let call = |name| {
        let call = MemoryCall::NAMES.into_iter().find(|(known, _)| *known == name);
        call.map(|(_, call)| (call, error)).ok_or_else(|| {
            let names = MemoryCall::NAMES.map(|(name, _)| name).join(", ");
            format!("{name:?} is no call of a storage: there are {names}")
        })
    };
    calls.split_whitespace().map(call).collect()
}

fn setting(arguments: &str) -> Result<Setting, String> {
    let (key, value) = word(arguments).ok_or("write `@set SETTING VALUE`")?;
    let count = || format!("{value:?} is no count");
    Ok(match key {
        "login-timeout" => Setting::LoginTimeout(duration(value)?),
        "idle-timeout" => Setting::IdleTimeout(duration(value)?),
        "accept-timeout" => Setting::AcceptTimeout(duration(value)?),
        "stall-timeout" => Setting::StallTimeout(duration(value)?),
        "failed-login-delay" => Setting::FailedLoginDelay(duration(value)?),
        "login-attempts" => Setting::LoginAttempts(value.parse().map_err(|_| count())?),
        "line-limit" => Setting::LineLimit(value.parse().map_err(|_| count())?),
        "capacity" => Setting::Capacity(value.parse().map_err(|_| count())?),
        "disabled" => {
            Setting::Disabled(Verb::from_name(value.as_bytes()).ok_or_else(|| format!("{value:?} is no command"))?)
        }
        "marker-interval" => Setting::MarkerInterval(value.parse().map_err(|_| count())?),
        "deflate" if value == "on" => Setting::Deflate,
        "prove-uploads" if value == "on" => Setting::ProveUploads,
        "tls" => Setting::Tls(match value {
            "offer" => TlsPolicy::Offer,
            "require" => TlsPolicy::RequireLogin,
            "require-data" => TlsPolicy::RequireData,
            _ => return Err("write `@set tls offer`, `@set tls require` or `@set tls require-data`".into()),
        }),
        "data-resumption" => Setting::DataResumption(match value {
            "require" => Resumption::Require,
            "prefer" => Resumption::Prefer,
            "off" => Resumption::Off,
            _ => return Err("write `@set data-resumption require`, `prefer` or `off`".into()),
        }),
        "implicit-tls" if value == "on" => Setting::ImplicitTls,
        "client-certificates" => Setting::ClientCertificates(match value {
            "offer" => AskClients::Offer,
            "require" => AskClients::Require,
            _ => return Err("write `@set client-certificates offer` or `require`".into()),
        }),
        "clear-control" if value == "on" => Setting::ClearControl,
        "handshake-refused" if value == "425" => Setting::HandshakeRefused425,
        _ => {
            return Err(format!(
                "{key:?} is no setting: there are login-timeout, idle-timeout, accept-timeout, stall-timeout, \
                 failed-login-delay, login-attempts, line-limit, capacity, disabled, marker-interval, `deflate on`, \
                 `prove-uploads on`, tls, data-resumption, client-certificates, `implicit-tls on`, \
                 `clear-control on` and `handshake-refused 425`"
            ));
        }
    })
}

/// So many bytes that no transcoder and no compressor finds easy; always the same ones (splitmix64).
fn random(size: usize) -> Vec<u8> {
    let words = (1..=size.div_ceil(8) as u64).map(|n| {
        let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(size);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("5m").unwrap(), Duration::from_mins(5));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        for wrong in ["", "5", "s", "5 s", "5d", "-1s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn random_files_have_their_size() {
        assert_eq!(random(0).len(), 0);
        assert_eq!(random(13).len(), 13);
        assert_eq!(random(16)[..13], random(13)[..]);
    }
}
