//! The one door through which a server's replies leave: none passes that the table does not permit.

use super::session::ServerSession;
use crate::action::StorageError;
use crate::command::Verb;
use crate::path::VirtualPath;
use crate::reply::{Code, Reply, table};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The text of a reply.
pub(super) type Text = Cow<'static, [u8]>;

/// A text of several pieces, bytes that are not UTF-8 among them.
pub(super) fn text(pieces: &[&[u8]]) -> Text {
    Cow::Owned(pieces.concat())
}

/// A path between quotes, its own quotes doubled (RFC 959 appendix II).
pub(super) fn quoted(path: &VirtualPath) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(path.as_bytes().len() + 2);
    quoted.push(b'"');
    for &byte in path.as_bytes() {
        if byte == b'"' {
            quoted.push(b'"');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

/// The reply codes that fit a storage error, best first; the table says which of them the command may get. RFC 959 4.2.2
/// gives their meaning, 554 is from RFC 1123 4.1.2.
fn codes(error: StorageError) -> &'static [u16] {
    match error {
        StorageError::NotFound | StorageError::Denied | StorageError::IsADirectory | StorageError::NotADirectory => {
            &[550, 553, 501, 451]
        }
        StorageError::Exists => &[521, 553, 550],
        StorageError::NotEmpty => &[550],
        StorageError::NoSpace => &[452, 552, 550, 451],
        StorageError::OverQuota => &[552, 452, 550, 451],
        StorageError::NameNotAllowed => &[553, 550, 501],
        StorageError::Busy => &[450, 550, 451],
        StorageError::BadOffset => &[554, 501, 451],
        StorageError::Unsupported => &[504, 550, 451],
        StorageError::Exhausted | StorageError::Local => &[451, 450, 550],
    }
}

fn meaning(error: StorageError) -> &'static str {
    match error {
        StorageError::NotFound => "no such file or directory",
        StorageError::Exists => "it exists already",
        StorageError::Denied => "permission denied",
        StorageError::NotADirectory => "not a directory",
        StorageError::IsADirectory => "it is a directory",
        StorageError::NotEmpty => "the directory is not empty",
        StorageError::NoSpace => "no space left",
        StorageError::OverQuota => "over the size allowed",
        StorageError::NameNotAllowed => "this name is not allowed",
        StorageError::Busy => "it is in use, try again",
        StorageError::BadOffset => "the restart offset is beyond the end of the file",
        StorageError::Unsupported => "this storage cannot do that",
        StorageError::Exhausted => "too much is open here, try again",
        StorageError::Local => "local error",
    }
}

impl ServerSession {
    /// Answers `verb`. A reply that the table does not permit is a fault of this crate; the peer gets 451 or, where not
    /// even that is permitted, 500 in its place, never a code that means something else.
    pub(super) fn answer(&mut self, verb: Verb, code: u16, text: impl Into<Text>) {
        let text = self.language.translate(text.into());
        self.answer_with(verb, &Reply::new(known(code), text));
    }

    /// Answers `verb` with what a program reads: it is the same in every language.
    pub(super) fn answer_data(&mut self, verb: Verb, code: u16, text: impl Into<Text>) {
        self.answer_with(verb, &Reply::new(known(code), text));
    }

    /// Answers `verb` with a reply of several lines. Those between the first and the last are data.
    pub(super) fn answer_block(
        &mut self,
        verb: Verb,
        code: u16,
        first: impl Into<Text>,
        inner: impl IntoIterator<Item = Text>,
        last: impl Into<Text>,
    ) {
        let (first, last) = (self.language.translate(first.into()), self.language.translate(last.into()));
        self.answer_with(verb, &Reply::block(known(code), first, inner, last));
    }

    fn answer_with(&mut self, verb: Verb, reply: &Reply) {
        if table::permits(Some(verb), reply.code()) {
            return self.output.push(reply);
        }
        let code = first_permitted(Some(verb), &[451, 500]);
        self.output.push(&Reply::new(code, &b"Internal error: the reply meant is not permitted here."[..]));
    }

    /// A reply to no command: the greeting, 421, and the answer to a line that names no command.
    pub(super) fn say(&mut self, code: u16, text: impl Into<Text>) {
        let code = first_permitted(None, &[code, 500]);
        let text = self.language.translate(text.into());
        self.output.push(&Reply::new(code, text));
    }

    /// Answers `verb` with the first of `codes` that the table permits.
    pub(super) fn refuse(&mut self, verb: Verb, codes: &[u16], text: impl Into<Text>) {
        let code = first_permitted(Some(verb), codes);
        let text = self.language.translate(text.into());
        self.answer_with(verb, &Reply::new(code, text));
    }

    /// Answers `verb` that storage said no.
    pub(super) fn refuse_storage(&mut self, verb: Verb, path: &VirtualPath, error: StorageError) {
        self.refuse(verb, codes(error), text(&[path.as_bytes(), b": ", meaning(error).as_bytes(), b"."]));
    }
}

const SYNTAX_ERROR: Code = match Code::new(500) {
    Some(code) => code,
    None => unreachable!(),
};

/// 500 stands in for a number that is no code; every code in this crate is written as a literal.
fn known(code: u16) -> Code {
    Code::new(code).unwrap_or(SYNTAX_ERROR)
}

fn first_permitted(verb: Option<Verb>, codes: &[u16]) -> Code {
    codes.iter().filter_map(|&code| Code::new(code)).find(|&code| table::permits(verb, code)).unwrap_or(SYNTAX_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::drain::{Closed, Port};
    use crate::server::ServerConfig;
    use crate::time::Time;
    use alloc::sync::Arc;
    use core::net::SocketAddr;

    struct Wire(Vec<u8>);

    impl Port<Action> for Wire {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Closed> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn act(&mut self, _: Action) {}
    }

    /// The code that leaves when `say` answers.
    fn code_of(say: impl FnOnce(&mut ServerSession)) -> u16 {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let mut session = ServerSession::new(Arc::new(ServerConfig::default()), at(21), at(2000), Time::ZERO);
        let mut wire = Wire(Vec::new());
        let _greeting = session.drain(Time::ZERO, &mut wire);
        wire.0.clear();
        say(&mut session);
        let _wait = session.drain(Time::ZERO, &mut wire);
        let digits = wire.0.first_chunk::<3>().expect("a reply");
        digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
    }

    #[test]
    fn no_reply_outside_the_table_leaves() {
        for &verb in Verb::ALL {
            for code in (100..700).filter_map(Code::new) {
                let permitted = table::permits(Some(verb), code);
                let sent = code_of(|session| session.answer(verb, code.number(), &b"x"[..]));
                let instead = first_permitted(Some(verb), &[451, 500]).number();
                assert_eq!(sent, if permitted { code.number() } else { instead }, "{verb:?} {code:?}");
                assert!(table::permits(Some(verb), known(sent)), "{verb:?} {sent}");
            }
            let refused = code_of(|session| session.refuse(verb, &[666, 110, 550, 504], &b"x"[..]));
            assert!(table::permits(Some(verb), known(refused)), "{verb:?} {refused}");
        }
        for code in (100..700).filter_map(Code::new) {
            let said = code_of(|session| session.say(code.number(), &b"x"[..]));
            assert!(table::permits(None, known(said)), "{code:?} {said}");
        }
    }
}
