//! Failures that may pass: what a client tries again after a while, and what it does not.

use super::action::ClientError;
use crate::action::TransferError;
use crate::reply::{Class, Reply};

/// Words by which servers say that there are too many clients, with a 530 as often as with a 421.
const CROWD: [&[u8]; 4] = [b"too many", b"maximum", b"try again", b"try later"];

impl ClientError {
    /// May the same request succeed later, perhaps on another connection? So it is where the server says so (4yz, RFC 959 4.2.1), or has too many
    /// clients just now, and where a connection broke.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Refused(reply) | Self::LoginRefused(reply) => {
                reply.code().class() == Class::Transient || speaks_of_a_crowd(reply)
            }
            Self::Transfer(TransferError::Broken | TransferError::Incomplete | TransferError::NoConnection)
            | Self::NoDataConnection
            | Self::TimedOut
            | Self::Disconnected => true,
            Self::Transfer(_)
            | Self::AccountNeeded(_)
            | Self::TlsRefused(_)
            | Self::TlsFailed
            | Self::ListingTooLarge
            | Self::Protocol(_)
            | Self::BadArgument
            | Self::Reserved(_)
            | Self::Aborted => false,
        }
    }
}

fn speaks_of_a_crowd(reply: &Reply) -> bool {
    let mut lines = reply.lines().iter().map(|line| line.to_ascii_lowercase());
    lines.any(|line| CROWD.iter().any(|words| memchr::memmem::find(&line, words).is_some()))
}
