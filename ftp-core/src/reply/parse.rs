//! Reading replies, as tolerantly as the field demands.

use super::Reply;

/// Puts the lines of one reply together.
#[derive(Debug, Default)]
pub struct ReplyReader {}

/// Bytes that are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReply;

impl ReplyReader {
    /// Takes the next line (from [`crate::line::LineReader`]): a reply once its last line is in.
    ///
    /// # Errors
    /// [`NotAReply`], when the line cannot be part of one, or the reply has become larger than a client should keep.
    pub fn line(&mut self, _line: &[u8]) -> Result<Option<Reply>, NotAReply> {
        Err(NotAReply)
    }
}
