//! [`Entries`]: a listing as it comes in over the data connection, made into entries line by line.

use super::action::Outcome;
use super::pathname::is_plain_name;
use crate::listing::{Entry, EntryKind, ListReader, parse_facts};
use alloc::vec::Vec;
use core::fmt;

/// The listing is larger than [`ClientConfig::listing_limit`](super::ClientConfig::listing_limit). The session has given it up; bytes that
/// still come may be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListingTooLarge;

impl fmt::Display for ListingTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the listing is larger than the session keeps; throw the rest away")
    }
}

impl core::error::Error for ListingTooLarge {}

/// How the lines are written.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Form {
    Mlsd,
    List(ListReader),
    /// NLST of this path, which some servers put in front of each name.
    Names {
        below: Vec<u8>,
    },
}

pub(super) struct Entries {
    form: Form,
    room: usize,
    partial: Vec<u8>,
    found: Vec<Entry>,
}

impl Entries {
    pub(super) fn new(form: Form, limit: usize) -> Self {
        Self { form, room: limit, partial: Vec::new(), found: Vec::new() }
    }

    pub(super) fn is_mlsd(&self) -> bool {
        self.form == Form::Mlsd
    }

    pub(super) fn is_names(&self) -> bool {
        matches!(self.form, Form::Names { .. })
    }

    /// Takes the next bytes, however they are cut.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), ListingTooLarge> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(ListingTooLarge)?;
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.line();
            }
        }
        Ok(())
    }

    /// The entries, when all bytes are in: a last line without end counts.
    pub(super) fn finish(&mut self) -> &mut Vec<Entry> {
        self.line();
        &mut self.found
    }

    /// Are its times local to the server?
    pub(super) fn is_local(&self) -> bool {
        matches!(self.form, Form::List(_))
    }

    /// What the listing gives, once it is finished.
    pub(super) fn outcome(&mut self) -> Outcome {
        let entries = core::mem::take(&mut self.found);
        if self.is_names() {
            return Outcome::Names(entries.into_iter().map(|entry| entry.name).collect());
        }
        Outcome::Entries(entries)
    }

    /// Reads the line that is complete; one that nobody can read ("total 12") is no entry.
    fn line(&mut self) {
        let line = self.partial.strip_suffix(b"\n").unwrap_or(&self.partial);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let entry = match &mut self.form {
            Form::Mlsd => parse_facts(line),
            Form::List(reader) => reader.line(line),
            Form::Names { below } => Some(Entry::new(name_below(line, below), EntryKind::File)),
        };
        let wanted =
            |entry: &Entry| is_plain_name(&entry.name) && !matches!(entry.kind, EntryKind::Current | EntryKind::Parent);
        self.found.extend(entry.filter(wanted));
        self.partial.clear();
    }
}

/// The name alone, where a line of NLST repeats the path that was asked for.
fn name_below<'a>(line: &'a [u8], below: &[u8]) -> &'a [u8] {
    let line = line.strip_prefix(b"./").unwrap_or(line);
    if below.is_empty() {
        return line;
    }
    let directory = below.strip_suffix(b"/").unwrap_or(below);
    line.strip_prefix(directory).and_then(|rest| rest.strip_prefix(b"/")).unwrap_or(line)
}
