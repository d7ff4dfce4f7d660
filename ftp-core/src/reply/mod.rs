//! The replies: three digits and text (RFC 959 4.2), as a value, to bytes and back. Which reply a command may get stands in
//! [`table`].

mod parse;
pub mod table;
pub mod unsent;

pub use parse::{NotAReply, ReplyReader};

use crate::line::write_line;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

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

    /// Its three digits.
    const fn digits(self) -> [u8; 3] {
        [b'0' + (self.0 / 100) as u8, b'0' + (self.0 / 10 % 10) as u8, b'0' + (self.0 % 10) as u8]
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

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A reply of one line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: Code,
    lines: Lines,
}

/// Nearly all replies have one line, and it is known when the program is built: such a reply allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lines {
    One(Cow<'static, [u8]>),
    /// Two at least.
    Many(Vec<Cow<'static, [u8]>>),
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: Code, text: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { code, lines: Lines::One(text.into()) }
    }

    /// A reply of several lines: the first and last carry the code. An inner line that begins with three digits is
    /// indented by a space (RFC 959 4.2), so that what is written is what is read.
    pub fn block(
        code: Code,
        first: impl Into<Cow<'static, [u8]>>,
        inner: impl IntoIterator<Item = Cow<'static, [u8]>>,
        last: impl Into<Cow<'static, [u8]>>,
    ) -> Self {
        let mut lines = Vec::from([first.into()]);
        lines.extend(inner.into_iter().map(indented));
        lines.push(last.into());
        Self { code, lines: Lines::Many(lines) }
    }

    /// Its code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Its lines, at least one, without code.
    pub fn lines(&self) -> &[Cow<'static, [u8]>] {
        match &self.lines {
            Lines::One(line) => core::slice::from_ref(line),
            Lines::Many(lines) => lines,
        }
    }

    /// The text of its last line.
    pub fn text(&self) -> &[u8] {
        self.lines().last().map_or(&[], |line| line)
    }

    /// Appends the reply, with line ends and Telnet layer. A text must not hold LF or NUL; each becomes a space.
    pub fn write(&self, out: &mut Vec<u8>) {
        let digits = self.code.digits();
        let (last, before) = match &self.lines {
            Lines::One(line) => (Some(line), &[][..]),
            Lines::Many(lines) => match lines.split_last() {
                Some((last, before)) => (Some(last), before),
                None => (None, &[][..]),
            },
        };
        for (place, line) in before.iter().enumerate() {
            if place == 0 {
                out.extend_from_slice(&digits);
                out.push(b'-');
            }
            write_line(line, out);
        }
        out.extend_from_slice(&digits);
        out.push(b' ');
        write_line(last.map_or(&[], |line| line), out);
    }
}

/// An inner line as it may stand in a block.
fn indented(line: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    if matches!(*line, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..]) { [b" ", &*line].concat().into() } else { line }
}

/// The reply for a person: code and text, line by line. What could steer a terminal is escaped, since the text is the
/// other side's.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, line) in self.lines().iter().enumerate() {
            if place == 0 {
                write!(f, "{}", self.code.0)?;
                f.write_str(if line.is_empty() { "" } else { " " })?;
            } else {
                f.write_char('\n')?;
            }
            write_visible(line, f)?;
        }
        Ok(())
    }
}

fn write_visible(text: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            // The bidirectional controls make a name look like another.
            let bidirectional =
                matches!(char, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
            if char.is_control() || bidirectional {
                write!(f, "{}", char.escape_default())?;
            } else {
                f.write_char(char)?;
            }
        }
        write!(f, "{}", chunk.invalid().escape_ascii())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn code(number: u16) -> Code {
        Code::new(number).expect("a code between 100 and 699")
    }

    fn written(reply: &Reply) -> Vec<u8> {
        let mut out = Vec::new();
        reply.write(&mut out);
        out
    }

    #[test]
    fn codes_have_three_digits_and_a_class() {
        assert_eq!(Code::new(99), None);
        assert_eq!(Code::new(700), None);
        assert_eq!(code(226).digits(), *b"226");
        let classes = [100, 226, 331, 421, 550, 631].map(|number| code(number).class());
        let expected = [
            Class::Preliminary,
            Class::Completion,
            Class::Intermediate,
            Class::Transient,
            Class::Permanent,
            Class::Protected,
        ];
        assert_eq!(classes, expected);
    }

    #[test]
    fn a_reply_of_one_line() {
        assert_eq!(written(&Reply::new(code(200), &b"OK"[..])), b"200 OK\r\n");
        assert_eq!(written(&Reply::new(code(200), &b""[..])), b"200 \r\n");
        assert_eq!(written(&Reply::new(code(257), &b"\"/a\xFF\rb\""[..])), b"257 \"/a\xFF\xFF\r\0b\"\r\n");
    }

    #[test]
    fn a_text_cannot_forge_a_second_reply() {
        assert_eq!(written(&Reply::new(code(550), &b"a\r\n230 b"[..])), b"550 a\r\0 230 b\r\n");
    }

    #[test]
    fn a_block_indents_inner_lines_that_look_like_codes() {
        let inner = [&b" SIZE"[..], b"211 x", b"2112", b"21", b"211"].map(Cow::Borrowed);
        let reply = Reply::block(code(211), &b"Features"[..], inner, &b"End"[..]);
        assert_eq!(written(&reply), b"211-Features\r\n SIZE\r\n 211 x\r\n 2112\r\n21\r\n 211\r\n211 End\r\n");
        assert_eq!(reply.lines().len(), 7);
        assert_eq!(reply.text(), b"End");
    }

    #[test]
    fn a_person_sees_no_raw_control_character() {
        let reply = Reply::block(
            code(220),
            &b"a\x1B[2Jb\x07"[..],
            [Cow::Borrowed(&b"\xFF\xC3\xA9"[..])],
            "\u{202E}".as_bytes(),
        );
        assert_eq!(reply.to_string(), "220 a\\u{1b}[2Jb\\u{7}\n\\xff\u{e9}\n\\u{202e}");
        assert_eq!(Reply::new(code(200), &b""[..]).to_string(), "200");
    }
}
