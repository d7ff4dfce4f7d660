//! [`Failure`]: why TLS, and not the connection beneath it, failed.

use ftp_core::action::TransferError;
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

/// Why TLS failed. It travels in an [`io::Error`], as everything that a channel says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The handshake; the text says what rustls thinks of it.
    Handshake(String),
    /// The session was to go on from an earlier one and is new.
    NotResumed,
    /// A data connection's peer has shown another certificate than the control connection's, or none.
    OtherPeer,
    /// The stream ended without `close_notify`.
    Truncated,
    /// What came after the handshake was not TLS, or was changed on its way.
    Broken(String),
}

impl Failure {
    /// The failure in an error of a channel, if it is one.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// What an error of a data connection means to a session.
    pub(crate) fn of_transfer(error: &io::Error) -> TransferError {
        match Self::of(error) {
            Some(Self::Handshake(_) | Self::OtherPeer) => TransferError::HandshakeFailed,
            Some(Self::NotResumed) => TransferError::NotResumed,
            Some(Self::Truncated) => TransferError::Truncated,
            Some(Self::Broken(_)) | None => TransferError::Broken,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::NotResumed => f.write_str("the TLS session of the control connection was not resumed"),
            Self::OtherPeer => {
                f.write_str("the data connection's certificate is not the one that the control connection has shown")
            }
            Self::Truncated => f.write_str("the data was cut off: it did not end with a TLS close_notify"),
            Self::Broken(why) => write!(f, "broken TLS: {why}"),
        }
    }
}

impl Error for Failure {}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::new(ErrorKind::InvalidData, failure)
    }
}
