//! A directory that is to be there, whether it was or not. MKD's refusal does not tell: 521 says that the directory is there, 550 may say so or may not.

use super::action::{ClientError, Outcome};
use super::link::Link;
use super::pathname::quoted_path;
use super::task::Flow;
use crate::command::Command;
use crate::listing::parse_facts;
use crate::reply::{Class, Code, Reply};
use alloc::vec::Vec;

pub(super) struct Ensure {
    path: Vec<u8>,
    stage: Stage,
}

/// What was sent last; and the refusal of MKD, once there is one.
enum Stage {
    Mkd,
    Mlst { refusal: Reply },
    Pwd { refusal: Reply },
    Cwd { refusal: Reply, here: Vec<u8> },
    Back,
}

impl Ensure {
    pub(super) fn begin(link: &mut Link, path: Vec<u8>) -> Self {
        link.send(&Command::Mkd(&path));
        Self { path, stage: Stage::Mkd }
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        let class = reply.code().class();
        if class == Class::Preliminary {
            return Flow::Going;
        }
        let accepted = class == Class::Completion;
        let there = Flow::Done(Ok(Outcome::Path(self.path.clone())));
        match core::mem::replace(&mut self.stage, Stage::Mkd) {
            Stage::Mkd if accepted => {
                let named = reply.lines().iter().find_map(|line| quoted_path(line));
                return Flow::Done(Ok(Outcome::Path(named.unwrap_or_else(|| self.path.clone()))));
            }
            Stage::Mkd if reply.code() == Code::DIRECTORY_EXISTS => return there,
            Stage::Mkd if class != Class::Permanent || reply.is_unknown_command() => {
                return Flow::Done(Err(ClientError::Refused(reply)));
            }
            Stage::Mkd if link.features.mlst() && !link.learnt.avoid_mlst => {
                link.send(&Command::Mlst(Some(&self.path)));
                self.stage = Stage::Mlst { refusal: reply };
            }
            Stage::Mkd => {
                link.send(&Command::Pwd);
                self.stage = Stage::Pwd { refusal: reply };
            }
            Stage::Mlst { refusal } => {
                let facts = |line: &[u8]| parse_facts(line.strip_prefix(b" ").unwrap_or(line));
                let entry = reply.lines().iter().filter(|_| accepted).find_map(|line| facts(line));
                let is_directory = entry.is_some_and(|entry| entry.is_directory());
                return if is_directory { there } else { Flow::Done(Err(ClientError::Refused(refusal))) };
            }
            // Without the way back nothing is tried that would need it.
            Stage::Pwd { refusal } => match reply.lines().iter().find_map(|line| quoted_path(line)) {
                Some(here) if accepted => {
                    link.send(&Command::Cwd(&self.path));
                    self.stage = Stage::Cwd { refusal, here };
                }
                _ => return Flow::Done(Err(ClientError::Refused(refusal))),
            },
            Stage::Cwd { here, .. } if accepted => {
                link.send(&Command::Cwd(&here));
                self.stage = Stage::Back;
            }
            Stage::Cwd { refusal, .. } => return Flow::Done(Err(ClientError::Refused(refusal))),
            Stage::Back if accepted => return there,
            Stage::Back => return Flow::Done(Err(ClientError::Refused(reply))),
        }
        Flow::Going
    }
}
