//! Reading replies, as tolerantly as the field demands. What a reply means is not decided here.

use super::{Code, Lines, Reply};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::{all_consuming, eof, map_opt, rest, value};
use nom::{IResult, Parser};

/// The text that one reply may have, in bytes: more is no reply but an attempt on the client's memory.
const SIZE_LIMIT: usize = 64 * 1024;
/// The same in lines.
const LINE_LIMIT: usize = 4096;

/// Puts the lines of one reply together.
///
/// A block that began with `ddd-` ends at a line of its code and a space (RFC 959 4.2). Some servers end it with another
/// code; so a code with the same first digit, which means the same to a client, ends it too, and the reply then has the
/// last line's code. Any other line belongs to the text, and an inner line that repeats `ddd-` loses it. Code and nothing
/// else stands for code, space and an empty text.
#[derive(Debug, Default)]
pub struct ReplyReader {
    block: Option<Block>,
}

/// A reply whose last line has not come.
#[derive(Debug)]
struct Block {
    code: Code,
    lines: Vec<Cow<'static, [u8]>>,
    /// The bytes of its lines.
    size: usize,
}

/// Bytes that are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReply;

impl ReplyReader {
    /// Takes the next line (from [`crate::line::LineReader`]): a reply once its last line is in. After an error the next
    /// line is read as the first of a reply.
    ///
    /// # Errors
    /// [`NotAReply`], when the line cannot be part of one, or the reply has become larger than a client should keep: 64 KiB
    /// or 4,096 lines.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, NotAReply> {
        let coded = coded_line(line).map(|(_, coded)| coded).ok();
        let Some(mut block) = self.block.take() else {
            let (code, more, text) = coded.ok_or(NotAReply)?;
            if text.len() > SIZE_LIMIT {
                return Err(NotAReply);
            }
            let text = Cow::Owned(text.to_vec());
            if !more {
                return Ok(Some(Reply { code, lines: Lines::One(text) }));
            }
            self.block = Some(Block { code, size: text.len(), lines: Vec::from([text]) });
            return Ok(None);
        };
        let (text, end) = match coded {
            Some((code, false, text)) if code.class() == block.code.class() => (text, Some(code)),
            Some((code, true, text)) if code == block.code => (text, None),
            _ => (line, None),
        };
        block.size += text.len();
        if block.size > SIZE_LIMIT || block.lines.len() >= LINE_LIMIT {
            return Err(NotAReply);
        }
        block.lines.push(Cow::Owned(text.to_vec()));
        if let Some(code) = end {
            return Ok(Some(Reply { code, lines: Lines::Many(block.lines) }));
        }
        self.block = Some(block);
        Ok(None)
    }
}

/// RFC 959 4.2: code, "is the reply continued?", text.
/// ```abnf
/// coded-line = code (SP / "-") *OCTET / code
/// ```
fn coded_line(input: &[u8]) -> IResult<&[u8], (Code, bool, &[u8])> {
    let more = alt((value(false, char(' ')), value(true, char('-')), value(false, eof)));
    all_consuming((code, more, rest)).parse_complete(input)
}

/// RFC 959 4.2, and RFC 2228 7 for 6.
/// ```abnf
/// code = %x31-36 2DIGIT
/// ```
fn code(input: &[u8]) -> IResult<&[u8], Code> {
    let digits = take_while_m_n(3, 3, |byte: u8| byte.is_ascii_digit());
    map_opt(digits, |digits: &[u8]| {
        Code::new(digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
    })
    .parse_complete(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Framed, LineReader};
    use alloc::string::{String, ToString};
    use alloc::vec;
    use proptest::prelude::*;

    /// All lines to one reader; what each gave.
    fn read(lines: &[&[u8]]) -> Vec<Result<Option<(u16, usize)>, NotAReply>> {
        let mut reader = ReplyReader::default();
        lines
            .iter()
            .map(|line| Ok(reader.line(line)?.map(|reply| (reply.code().number(), reply.lines().len()))))
            .collect()
    }

    fn reply(lines: &[&[u8]]) -> Reply {
        let mut reader = ReplyReader::default();
        let (last, before) = lines.split_last().expect("a line at least");
        for line in before {
            assert_eq!(reader.line(line), Ok(None));
        }
        reader.line(last).expect("a reply").expect("its last line")
    }

    fn texts(reply: &Reply) -> Vec<&[u8]> {
        reply.lines().iter().map(|line| &**line).collect()
    }

    #[test]
    fn one_line() {
        assert_eq!(texts(&reply(&[b"220 ready"])), [b"ready"]);
        assert_eq!(texts(&reply(&[b"220"])), [b""]);
        assert_eq!(texts(&reply(&[b"220 "])), [b""]);
        assert_eq!(texts(&reply(&[b"220  a "])), [b" a "]);
    }

    #[test]
    fn the_block_of_rfc_959_4_2() {
        let reply =
            reply(&[b"123-First line", b"Second line", b"  234 A line beginning with numbers", b"123 The last line"]);
        assert_eq!(reply.code().number(), 123);
        let expected = [&b"First line"[..], b"Second line", b"  234 A line beginning with numbers", b"The last line"];
        assert_eq!(texts(&reply), expected);
    }

    #[test]
    fn inner_lines_that_repeat_the_code() {
        let reply = reply(&[b"211-", b"211-MDTM", b"211-", b"212-x", b"211 End"]);
        assert_eq!(texts(&reply), [&b""[..], b"MDTM", b"", b"212-x", b"End"]);
    }

    #[test]
    fn a_block_ends_with_another_code_of_its_class_only() {
        assert_eq!(read(&[b"220-a", b"230 b"]), [Ok(None), Ok(Some((230, 2)))]);
        assert_eq!(
            read(&[b"220-a", b"500 users", b"2200 b", b"220"]),
            [Ok(None), Ok(None), Ok(None), Ok(Some((220, 4)))]
        );
    }

    #[test]
    fn what_is_no_reply() {
        for line in
            [&b""[..], b"22", b"hello", b"099 x", b"700 x", b"220x", b"2200 x", b"220\tx", b" 220 x", b"SSH-2.0-x"]
        {
            assert_eq!(read(&[line, b"220 ready"]), [Err(NotAReply), Ok(Some((220, 1)))], "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_reply_without_end_is_given_up() {
        let line = [b'x'; 1024];
        let mut long = vec![&b"220-"[..]];
        long.extend([&line[..]; 65]);
        let results = read(&long);
        assert_eq!(results[64], Ok(None));
        assert_eq!(results[65], Err(NotAReply));

        let mut many = vec![&b"220-"[..]];
        many.resize(1 + LINE_LIMIT, b"");
        let results = read(&many);
        assert_eq!(results[LINE_LIMIT - 1], Ok(None));
        assert_eq!(results[LINE_LIMIT], Err(NotAReply));
        let one_line = [b"220 ".to_vec(), vec![b'x'; SIZE_LIMIT + 1]].concat();
        assert_eq!(read(&[&one_line]), [Err(NotAReply)]);
        assert!(matches!(read(&[&one_line[..one_line.len() - 1]])[..], [Ok(Some(_))]), "as much as it may have");
    }

    fn text() -> impl Strategy<Value = Cow<'static, [u8]>> {
        let line_like = "([0-9]{3}[ -]?)?[a-z \r]{0,8}".prop_map(String::into_bytes);
        let bytes = prop::collection::vec(any::<u8>().prop_filter("not carried", |b| !matches!(b, 0 | b'\n')), 0..20);
        prop_oneof![line_like, bytes].prop_map(Cow::Owned)
    }

    fn replies() -> impl Strategy<Value = Reply> {
        let code = || (100u16..700).prop_filter_map("a code", Code::new);
        prop_oneof![
            (code(), text()).prop_map(|(code, text)| Reply::new(code, text)),
            (code(), text(), prop::collection::vec(text(), 0..6), text())
                .prop_map(|(code, first, inner, last)| Reply::block(code, first, inner, last)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(replies in prop::collection::vec(replies(), 1..4)) {
            let mut bytes = Vec::new();
            for reply in &replies {
                reply.write(&mut bytes);
            }
            let mut lines = LineReader::new(1024);
            let mut reader = ReplyReader::default();
            let mut found = Vec::new();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (used, framed) = lines.next(rest);
                rest = &rest[used..];
                let Framed::Line(line) = framed else { panic!("whole lines were written") };
                found.extend(reader.line(line).expect("a reply was written"));
            }
            prop_assert_eq!(found, replies);
        }

        #[test]
        fn no_line_upsets_the_reader(lines in prop::collection::vec("([0-9]{3}[ -]?)?\\PC{0,12}", 0..8)) {
            let mut reader = ReplyReader::default();
            for line in lines {
                if let Ok(Some(reply)) = reader.line(line.as_bytes()) {
                    prop_assert!(!reply.to_string().contains(|c: char| c.is_control() && c != '\n'));
                }
            }
        }
    }
}
