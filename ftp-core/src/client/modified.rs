//! Setting the time of a file: MFMT (draft-somers-ftp-mfxx-03), or MDTM with a time in front of the path, as servers before it have it.

use super::action::{ClientError, Outcome};
use super::link::Link;
use super::task::Flow;
use crate::command::Verb;
use crate::reply::{Class, Reply};
use crate::time::WallTime;
use alloc::vec::Vec;

pub(super) struct SetModified {
    path: Vec<u8>,
    stamp: [u8; 14],
    mfmt: bool,
}

impl SetModified {
    /// # Errors
    /// [`ClientError::BadArgument`], for a year that four digits cannot tell.
    pub(super) fn begin(link: &mut Link, path: Vec<u8>, time: WallTime) -> Result<Self, ClientError> {
        // A fraction is more than many servers read, and than many file systems keep.
        let stamp = time.time_val().ok_or(ClientError::BadArgument)?;
        // Without FEAT nothing is known: MFMT then says so.
        let mfmt = !link.learnt.avoid_mfmt && (link.features.has("MFMT") || !link.features.mdtm());
        let set = Self { path, stamp, mfmt };
        set.send(link);
        Ok(set)
    }

    fn send(&self, link: &mut Link) {
        link.send_words(if self.mfmt { Verb::Mfmt } else { Verb::Mdtm }, &[&self.stamp, &self.path]);
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        match reply.code().class() {
            Class::Preliminary => Flow::Going,
            Class::Completion => Flow::Done(Ok(Outcome::Reply(reply))),
            _ if self.mfmt && reply.is_unknown_command() => {
                link.learnt.avoid_mfmt = true;
                if link.followed {
                    return Flow::Done(Err(ClientError::Refused(reply)));
                }
                self.mfmt = false;
                self.send(link);
                Flow::Going
            }
            _ => Flow::Done(Err(ClientError::Refused(reply))),
        }
    }
}
