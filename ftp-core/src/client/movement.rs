//! [`Movement`]: what a transfer moves, and by which command.

use super::action::{LocalEnd, Upload};
use super::entries::Entries;
use super::link::Link;
use super::restart::Restart;
use crate::command::{Command, Verb};
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
            Self::Store { path, how: Upload::Append | Upload::Resume(_) } => link.send(&Command::Appe(path)),
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

    /// The command's name and argument as PRET wants them, for servers that choose by them where the data will be.
    pub(super) fn announced(&self) -> Vec<u8> {
        let (verb, path) = match self {
            Self::Retrieve { path, .. } => (Verb::Retr, Some(path)),
            Self::Store { path, how: Upload::Replace | Upload::ResumeAt(_) } => (Verb::Stor, Some(path)),
            Self::Store { path, how: Upload::Append | Upload::Resume(_) } => (Verb::Appe, Some(path)),
            Self::Store { path, how: Upload::Unique } => (Verb::Stou, Some(path)),
            Self::List { path, entries } if entries.is_mlsd() => (Verb::Mlsd, path.as_ref()),
            Self::List { path, entries } if entries.is_names() => (Verb::Nlst, path.as_ref()),
            Self::List { path, .. } => (Verb::List, path.as_ref()),
        };
        [verb.name().as_bytes(), path.map_or(b"", |_| b" "), path.map_or(b"", |path| path)].concat()
    }

    /// The size that the file has when all of it has moved; `None` where that is not known beforehand.
    pub(super) fn whole(&self, moved: u64) -> Option<(&[u8], u64)> {
        let (path, before) = match self {
            Self::Retrieve { path, offset } => (path, *offset),
            Self::Store { path, how: Upload::Replace } => (path, 0),
            Self::Store { path, how: Upload::ResumeAt(size) | Upload::Resume(size) } => (path, *size),
            Self::Store { .. } | Self::List { .. } => return None,
        };
        Some((path, before.checked_add(moved)?))
    }

    /// The place in the client's file where it begins.
    pub(super) fn start(&self) -> u64 {
        match *self {
            Self::Retrieve { offset, .. }
            | Self::Store { how: Upload::ResumeAt(offset) | Upload::Resume(offset), .. } => offset,
            Self::Store { .. } | Self::List { .. } => 0,
        }
    }

    /// A restart marker of this file, where the server calls the place `server`.
    pub(super) fn restart(&self, local: u64, server: &[u8]) -> Option<Restart> {
        let path = match self {
            Self::Retrieve { path, .. } | Self::Store { path, .. } => path.clone(),
            Self::List { .. } => return None,
        };
        Some(Restart { path, upload: self.is_upload(), local, server: server.to_vec() })
    }

    /// Is this where it begins?
    pub(super) fn is_restart(&self, restart: &Restart, offset: u64) -> bool {
        self.restart(offset, &restart.server).as_ref() == Some(restart)
    }

    /// The offset that REST has to name, where one is needed.
    pub(super) fn offset(&self) -> Option<u64> {
        match *self {
            Self::Retrieve { offset, .. } | Self::Store { how: Upload::ResumeAt(offset), .. } => {
                (offset > 0).then_some(offset)
            }
            Self::Store { .. } | Self::List { .. } => None,
        }
    }
}
