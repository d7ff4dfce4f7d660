//! [`Rule`]: what every reply is held against, whichever case it came in.

use crate::transcript::Level;

/// A rule for all replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Three digits, a space or a hyphen; a reply of several lines ends with its own code and a space.
    Form,
    /// CRLF at the end of every line.
    LineEnd,
    /// The code is one that the documents, or long practice, have for this command.
    Code,
    /// No reply without a command, 421 aside.
    Unasked,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub rule: Rule,
    /// By what.
    pub seen: String,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Form, Self::LineEnd, Self::Code, Self::Unasked];

    /// Its name, as that of a case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "replies/form",
            Self::LineEnd => "replies/line-end",
            Self::Code => "replies/code",
            Self::Unasked => "replies/unasked",
        }
    }

    /// Where it stands.
    pub const fn sources(self) -> &'static str {
        match self {
            Self::Form => "RFC 959 4.2, RFC 1123 4.1.2.11",
            Self::LineEnd => "RFC 959 4.2",
            Self::Code => "RFC 959 5.4, RFC 1123 4.1.2.11",
            Self::Unasked => "RFC 1123 4.1.2.11, RFC 959 5.4",
        }
    }

    /// What it says.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Form => "every reply is three digits and text, and one of several lines ends with its own code",
            Self::LineEnd => "every line of a reply ends with CRLF",
            Self::Code => "every reply has a code that the documents, or long practice, know for its command",
            Self::Unasked => "no reply comes without a command, 421 aside",
        }
    }

    /// How much weight it has. Another code is allowed "when needed" (RFC 1123 4.1.2.11).
    pub const fn level(self) -> Level {
        match self {
            Self::Code => Level::Should,
            _ => Level::Must,
        }
    }
}
