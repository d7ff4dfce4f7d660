//! [`Features`]: what a server says it can do (FEAT, RFC 2389 3), read as the field writes it.

use crate::reply::Reply;
use alloc::vec::Vec;

/// The lines of a FEAT reply. A server that knows no FEAT, or wants a login first, has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    lines: Vec<Vec<u8>>,
}

impl Features {
    /// Reads a 211 reply. Its first and last line are no features (RFC 2389 3.2). Some servers repeat the code on every line or indent
    /// deeply, so both are taken off.
    pub(super) fn read(reply: &Reply) -> Self {
        let inner = match reply.lines() {
            [_, inner @ .., _] => inner,
            _ => &[],
        };
        let lines = inner.iter().map(|line| strip(line)).filter(|line| !line.is_empty()).map(<[u8]>::to_vec);
        Self { lines: lines.collect() }
    }

    /// The lines, without indent, as the server wrote them.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(Vec::as_slice)
    }

    /// Is there a line that begins with this word, in any case?
    pub fn has(&self, name: &str) -> bool {
        self.parameters(name).is_some()
    }

    /// What follows the word on its line; empty if nothing does.
    pub fn parameters(&self, name: &str) -> Option<&[u8]> {
        self.lines().find_map(|line| {
            let (word, rest) = line.split_at_checked(name.len())?;
            let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
            (ends && word.eq_ignore_ascii_case(name.as_bytes())).then(|| rest.trim_ascii())
        })
    }

    /// MLST and MLSD (RFC 3659 7.8).
    pub fn mlst(&self) -> bool {
        self.has("MLST") || self.has("MLSD")
    }

    /// SIZE (RFC 3659 4.3).
    pub fn size(&self) -> bool {
        self.has("SIZE")
    }

    /// MDTM (RFC 3659 3.3).
    pub fn mdtm(&self) -> bool {
        self.has("MDTM")
    }

    /// REST in stream mode (RFC 3659 5.4).
    pub fn rest_stream(&self) -> bool {
        self.parameters("REST").is_some_and(|mode| mode.eq_ignore_ascii_case(b"STREAM"))
    }

    /// UTF-8 names (RFC 2640 3.2).
    pub fn utf8(&self) -> bool {
        self.has("UTF8")
    }
}

/// The line without `211-`, `211 ` and white space around it.
fn strip(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    match line {
        [b'2', b'1', b'1', b'-' | b' ', rest @ ..] => rest.trim_ascii(),
        _ => line,
    }
}
