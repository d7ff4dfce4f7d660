//! Requests that need no data connection: one command, or two in a row.

use super::action::{ClientError, Outcome};
use super::entries::{Entries, Form};
use super::link::Link;
use super::pathname::quoted_path;
use super::task::Flow;
use super::zone::shift;
use crate::command::Command;
use crate::listing::{Entry, ListReader};
use crate::reply::{Class, Reply};
use crate::time::WallTime;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What the reply that is waited for should bring.
pub(super) enum Simple {
    /// Nothing but success.
    Plain,
    /// A working directory.
    Path,
    /// The directory made; this one, where the reply does not name it.
    Made(Vec<u8>),
    /// A size.
    Size,
    /// The same, where a file that is not there is an empty one.
    ResumePoint,
    /// TYPE I, STRU F or MODE S is to be set, then SIZE of this follows, for one of these two.
    FormForSize(Vec<u8>, Box<Self>),
    /// A time.
    Modified,
    /// RNFR is accepted, RNTO with this name follows.
    RenameTo(Vec<u8>),
    /// A listing in the inner lines.
    Listing,
    /// The server's goodbye.
    Quit,
}

impl Simple {
    /// Sends SIZE, after whatever has to be set for it to be the size of the file as it is (RFC 3659 4.1). Its reply is for `then`.
    pub(super) fn begin_size(link: &mut Link, path: Vec<u8>, then: Self) -> Self {
        if link.send_raw() {
            return Self::FormForSize(path, Box::new(then));
        }
        link.send(&Command::Size(&path));
        then
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        match (&mut *self, reply.code().class()) {
            (_, Class::Preliminary) => Flow::Going,
            (Self::Quit, Class::Completion) => Flow::Over(Ok(Outcome::Reply(reply))),
            // It is not there. Other refusals, that of a stranger among them, do not say so.
            (Self::ResumePoint, Class::Permanent) if reply.code().number() == 550 => Flow::Done(Ok(Outcome::Size(0))),
            (_, Class::Transient | Class::Permanent) => Flow::Done(Err(ClientError::Refused(reply))),
            // Some servers answer RNFR with 250.
            (Self::RenameTo(to), Class::Intermediate | Class::Completion) => {
                link.send(&Command::Rnto(to));
                *self = Self::Plain;
                Flow::Going
            }
            (Self::FormForSize(path, then), Class::Completion) => {
                link.raw_accepted();
                let (path, then) = (core::mem::take(path), core::mem::replace(&mut **then, Self::Plain));
                *self = Self::begin_size(link, path, then);
                Flow::Going
            }
            (Self::Plain, Class::Completion) => Flow::Done(Ok(Outcome::Reply(reply))),
            (Self::Path, Class::Completion) => read(&reply, "a path", |text| quoted_path(text).map(Outcome::Path)),
            (Self::Made(asked), Class::Completion) => {
                let named = reply.lines().iter().find_map(|line| quoted_path(line));
                Flow::Done(Ok(Outcome::Path(named.unwrap_or_else(|| asked.clone()))))
            }
            (Self::Size | Self::ResumePoint, Class::Completion) => {
                read(&reply, "a size", |text| number(text).map(Outcome::Size))
            }
            (Self::Modified, Class::Completion) => {
                read(&reply, "a time", |text| WallTime::parse(text.trim_ascii()).map(Outcome::Modified))
            }
            (Self::Listing, Class::Completion) => Flow::Done(Ok(Outcome::Entries(listed(link, &reply)))),
            (_, Class::Intermediate | Class::Protected) => {
                Flow::Done(Err(ClientError::Protocol("a reply that ends the command")))
            }
        }
    }
}

/// The first line of the reply that makes sense.
fn read(reply: &Reply, expected: &'static str, parse: impl Fn(&[u8]) -> Option<Outcome>) -> Flow {
    let found = reply.lines().iter().find_map(|line| parse(line));
    Flow::Done(found.ok_or(ClientError::Protocol(expected)))
}

/// The lines between the first and the last (RFC 959 4.1.3, STAT), read as those of LIST.
fn listed(link: &Link, reply: &Reply) -> Vec<Entry> {
    let mut entries = Entries::new(Form::List(ListReader::new(link.config.now_wall)), usize::MAX);
    let [_, inner @ .., _] = reply.lines() else { return Vec::new() };
    for line in inner {
        // A reply is no larger than a client keeps.
        let _ = entries.take(line).and_then(|()| entries.take(b"\n"));
    }
    if let Some(zone) = link.learnt.zone {
        shift(entries.finish(), zone);
    }
    core::mem::take(entries.finish())
}

/// `213 n` (RFC 3659 4.2).
pub(super) fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}
