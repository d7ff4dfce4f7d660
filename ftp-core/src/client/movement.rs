//! [`Movement`]: what a transfer moves, and by which command.

use super::action::{LocalEnd, Upload};
use super::entries::Entries;
use super::link::Link;
use crate::command::Command;
use alloc::vec::Vec;

pub(super) enum Movement {
    Retrieve { path: Vec<u8>, offset: u64 },
    Store { path: Vec<u8>, how: Upload },
    List { path: Option<Vec<u8>>, entries: Entries },
}

impl Movement {
    /// Sends the command.
    pub(super) fn send(&self, link: &mut Link) {
        match self {
            Self::Retrieve { path, .. } => link.send(&Command::Retr(path)),
            Self::Store { path, how: Upload::Replace | Upload::ResumeAt(_) } => link.send(&Command::Stor(path)),
            Self::Store { path, how: Upload::Append } => link.send(&Command::Appe(path)),
            Self::Store { path, how: Upload::Unique } => link.send(&Command::Stou((!path.is_empty()).then_some(path))),
            Self::List { path, entries } if entries.is_mlsd() => link.send(&Command::Mlsd(path.as_deref())),
            Self::List { path, entries } => {
                // Many servers read a leading hyphen as options, as `ls` would.
                let hyphen = path.as_ref().is_some_and(|path| path.starts_with(b"-"));
                let path = path.as_ref().map(|path| [if hyphen { &b"./"[..] } else { b"" }, path].concat());
                let command = if entries.is_names() { Command::Nlst } else { Command::List };
                link.send(&command(path.as_deref()));
            }
        }
    }

    /// The client's end of it.
    pub(super) fn end(&self) -> LocalEnd {
        match self {
            Self::Retrieve { .. } => LocalEnd::Sink,
            Self::Store { .. } => LocalEnd::Source,
            Self::List { .. } => LocalEnd::Listing,
        }
    }

    pub(super) fn is_upload(&self) -> bool {
        self.end() == LocalEnd::Source
    }

    /// The argument of REST, where one is needed.
    pub(super) fn offset(&self) -> Option<u64> {
        match *self {
            Self::Retrieve { offset, .. } | Self::Store { how: Upload::ResumeAt(offset), .. } => {
                (offset > 0).then_some(offset)
            }
            Self::Store { .. } | Self::List { .. } => None,
        }
    }
}
