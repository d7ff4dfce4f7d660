//! [`Restart`]: where a transfer that was cut off can begin again (RFC 959 3.5), and [`Form`], what the server was told of STRU and
//! MODE.

use crate::codec::Codec;
use crate::command::{Command, Mode, Structure};
use crate::reply::Reply;
use alloc::vec::Vec;

/// A restart marker of MODE B or C, with the names that both sides have for the place. The marker is the server's own affair, and need
/// not be a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The server's file.
    pub path: Vec<u8>,
    /// The file went to the server.
    pub upload: bool,
    /// So many bytes of the client's file lie before it.
    pub local: u64,
    /// What REST has to say.
    pub server: Vec<u8>,
}

/// The two names in `110 MARK yyyy = mmmm`: the sender's and the receiver's.
pub(super) fn marks(reply: &Reply) -> Option<(&[u8], &[u8])> {
    let mut words = reply.lines().first()?.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let (mark, sender, equals, receiver) = (words.next()?, words.next()?, words.next()?, words.next()?);
    (mark.eq_ignore_ascii_case(b"MARK") && equals == b"=" && words.next().is_none()).then_some((sender, receiver))
}

/// STRU and MODE as they are on the server; `None` where that is not known. Both begin as RFC 959 5.1 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    structure: Option<Structure>,
    mode: Option<Mode>,
}

impl Default for Form {
    fn default() -> Self {
        Self { structure: Some(Structure::File), mode: Some(Mode::Stream) }
    }
}

impl Form {
    /// Is it what a transfer of this codec wants?
    pub(super) fn suits(self, codec: Codec) -> bool {
        self.structure == Some(codec.structure) && self.mode == Some(codec.mode)
    }

    /// The command that has to go before a transfer of this codec, if there is one. Until it is accepted nobody knows what is in
    /// force: whoever gives up meanwhile leaves it so.
    pub(super) fn next(&mut self, codec: Codec) -> Option<Command<'static>> {
        if self.structure != Some(codec.structure) {
            self.structure = None;
            return Some(Command::Stru(codec.structure));
        }
        if self.mode != Some(codec.mode) {
            self.mode = None;
            return Some(Command::Mode(codec.mode));
        }
        None
    }

    /// The command that [`next`](Self::next) gave was accepted.
    pub(super) fn accepted(&mut self, codec: Codec) {
        if self.structure.is_none() {
            self.structure = Some(codec.structure);
        } else {
            self.mode = Some(codec.mode);
        }
    }

    /// Somebody else has said something to the server that may have changed them: all a server has to keep is the beginning.
    pub(super) fn doubt(&mut self) {
        if !matches!((self.structure, self.mode), (Some(Structure::File), Some(Mode::Stream))) {
            (self.structure, self.mode) = (None, None);
        }
    }

    /// The application has sent this line.
    pub(super) fn quoted(&mut self, verb: &[u8]) {
        if [&b"STRU"[..], b"MODE", b"REIN", b"USER"].iter().any(|name| verb.eq_ignore_ascii_case(name)) {
            (self.structure, self.mode) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Code;

    #[test]
    fn a_marker_s_reply_is_read_to_the_word() {
        let reply = |text: &str| Reply::new(Code::new(110).unwrap(), text.as_bytes().to_vec());
        assert_eq!(marks(&reply("MARK 5 = x5")), Some((&b"5"[..], &b"x5"[..])));
        assert_eq!(marks(&reply("mark  5 =  x5 ")), Some((&b"5"[..], &b"x5"[..])));
        for other in ["MARK 5 = x5 more", "NOTE 5 = x5", "MARK 5 - x5", "MARK 5 =", ""] {
            assert_eq!(marks(&reply(other)), None, "{other}");
        }
    }
}
