//! The facts of one file: MLST (RFC 3659 7), or SIZE and MDTM where the server has no MLST.

use super::action::{ClientError, Outcome};
use super::link::Link;
use super::simple::number;
use super::task::Flow;
use crate::command::Command;
use crate::listing::{Entry, parse_facts};
use crate::reply::{Class, Reply};
use crate::time::WallTime;
use alloc::vec::Vec;

pub(super) struct FactsOf {
    path: Vec<u8>,
    stage: Stage,
}

/// What was sent last.
enum Stage {
    Mlst,
    Form,
    Size,
    Mdtm { size: u64 },
}

impl FactsOf {
    pub(super) fn begin(link: &mut Link, path: Vec<u8>) -> Self {
        if link.features.mlst() && !link.learnt.avoid_mlst {
            link.send(&Command::Mlst(Some(&path)));
            return Self { path, stage: Stage::Mlst };
        }
        let mut facts = Self { path, stage: Stage::Form };
        facts.without_mlst(link);
        facts
    }

    /// The size is that of a transfer as things are set (RFC 3659 4.1), so TYPE I, STRU F and MODE S come first.
    fn without_mlst(&mut self, link: &mut Link) {
        self.stage = Stage::Form;
        if !link.send_raw() {
            link.send(&Command::Size(&self.path));
            self.stage = Stage::Size;
        }
    }

    /// Is all sent that it takes, should the server do it?
    pub(super) fn needs_no_more(&self) -> bool {
        matches!(self.stage, Stage::Mlst | Stage::Mdtm { .. })
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        let class = reply.code().class();
        let accepted = class == Class::Completion;
        if class == Class::Preliminary {
            return Flow::Going;
        }
        match self.stage {
            Stage::Mlst if accepted => {
                let entry = reply.lines().iter().filter(|line| line.contains(&b'=')).find_map(|line| fact_line(line));
                let entry = entry.map(|entry| Outcome::Facts(Entry { name: self.path.clone(), ..entry }));
                return Flow::Done(entry.ok_or(ClientError::Protocol("the facts of the file")));
            }
            // Listed by FEAT, and yet unknown.
            Stage::Mlst if reply.is_unknown_command() => {
                link.learnt.avoid_mlst = true;
                if link.followed {
                    return Flow::Done(Err(ClientError::Refused(reply)));
                }
                self.without_mlst(link);
            }
            Stage::Form if accepted => {
                link.raw_accepted();
                self.without_mlst(link);
            }
            Stage::Size if accepted => match reply.lines().iter().find_map(|line| number(line)) {
                Some(size) => {
                    link.send(&Command::Mdtm(&self.path));
                    self.stage = Stage::Mdtm { size };
                }
                None => return Flow::Done(Err(ClientError::Protocol("a size"))),
            },
            Stage::Mlst | Stage::Form | Stage::Size => return Flow::Done(Err(ClientError::Refused(reply))),
            // A server without MDTM has told what it can.
            Stage::Mdtm { size } => {
                let time = || reply.lines().iter().find_map(|line| WallTime::parse(line.trim_ascii()));
                let modified = accepted.then(time).flatten();
                let entry = Entry { modified, ..Entry::file(self.path.clone(), size) };
                return Flow::Done(Ok(Outcome::Facts(entry)));
            }
        }
        Flow::Going
    }
}

/// The space in front belongs to the reply (RFC 3659 7.2); not every server puts it there.
fn fact_line(line: &[u8]) -> Option<Entry> {
    parse_facts(line.strip_prefix(b" ").unwrap_or(line))
}
