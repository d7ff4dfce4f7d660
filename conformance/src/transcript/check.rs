//! What makes a transcript a case that any server can be checked with: [`Check`]. How one is played is the
//! [check](crate::check)'s.

use super::setup::word;
use std::fmt;

/// The directory that a case is played in, on our own servers: elsewhere it is one that is made for it, and `$dir` either
/// way. A path without a slash at its beginning is below it.
pub const SCRATCH: &str = "/check";

/// The `@` lines that only such a case has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How much weight the document gives it (RFC 2119, RFC 1123 1.3.2).
    pub level: Level,
    /// A server without defences might suffer.
    pub hostile: bool,
    /// It begins in the clear, and makes its TLS itself where it wants any.
    pub clear: bool,
    /// What has to be there before it is worth playing.
    pub needs: Vec<Need>,
    /// Commands that a server need not have: 500, 502 and 504 in answer to them mean just that.
    pub optional: Vec<String>,
}

/// What a document demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The protocol is broken otherwise.
    Must,
    /// There had better be a reason otherwise.
    Should,
    /// A server is free to; if it does, then like this.
    May,
}

/// What a case needs of the server or the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The user may store, rename and remove.
    Write,
    /// The user has a password.
    Password,
    /// FEAT has a line that begins so (RFC 2389 3.2).
    Feature(String),
    /// SYST names this system (RFC 959 4.1.3).
    System(String),
    /// The control connection is of this IP version.
    Ip(u8),
}

impl Level {
    /// All of them, the weightiest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }

    /// The level of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Check {
    /// A case of this level that needs nothing.
    pub(super) fn new(level: &str) -> Result<Self, String> {
        let level = Level::by_name(level).ok_or("a level is must, should or may")?;
        Ok(Self { level, hostile: false, clear: false, needs: Vec::new(), optional: Vec::new() })
    }

    /// Takes one directive in; `false` if it is none of a case's.
    pub(super) fn take(&mut self, name: &str, arguments: &str) -> Result<bool, String> {
        match name {
            "hostile" => self.hostile = true,
            "clear" => self.clear = true,
            "optional" => self.optional.extend(arguments.split_whitespace().map(str::to_owned)),
            "needs" => self.needs.push(need(arguments)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn need(text: &str) -> Result<Need, String> {
    Ok(match (text, word(text)) {
        ("write", _) => Need::Write,
        ("password", _) => Need::Password,
        ("ipv4", _) => Need::Ip(4),
        ("ipv6", _) => Need::Ip(6),
        (_, Some(("system", name))) => Need::System(name.to_owned()),
        (_, Some(("feature", name))) => Need::Feature(name.to_owned()),
        _ => return Err("a case may need write, password, ipv4, ipv6, `system NAME` or `feature NAME`".into()),
    })
}
