//! Replies that do not come: whether a transfer without a final one is whole, and what a silent server teaches.

use super::super::action::ClientError;
use super::super::link::Link;
use super::super::simple::number;
use super::{Awaited, Ending, Transfer, is_in_force};
use crate::command::Command;
use crate::reply::{Class, Reply};

impl Transfer {
    /// Where the reply to the first of two commands is in and that to the second is not, the server seems to have lost that one.
    pub(super) fn learn_from_silence(&self, link: &mut Link) {
        let lost = self.early || (self.is_pipelined(link) && self.awaited.front() == Some(&Awaited::Movement));
        link.learnt.avoid_pipelining |= lost && !self.opened && !self.awaited.is_empty();
    }

    /// All bytes have moved and no final reply comes: it may be lost. Then the size that the server tells proves what there is to prove. It does
    /// so only where what it counts are the bytes that moved.
    pub(super) fn check(&mut self, link: &mut Link, moved: u64) -> bool {
        let countable = self.codec.is_raw() && is_in_force(link, self.codec) && !link.followed;
        let Some((path, expected)) = self.movement.whole(moved).filter(|_| countable) else { return false };
        link.send(&Command::Size(path));
        self.awaited.clear();
        self.awaited.push_back(Awaited::Check { expected });
        true
    }

    /// The reply to that SIZE; or the final reply, which was only late.
    pub(super) fn checked(&mut self, command: Awaited, expected: u64, reply: Reply) {
        if matches!(reply.code().number(), 226 | 250) && self.last.is_none() {
            self.awaited.push_front(command);
            self.last = Some(reply);
            return;
        }
        if self.last.is_none() {
            let size = reply.lines().iter().find_map(|line| number(line));
            if reply.code().class() == Class::Completion && size == Some(expected) {
                self.last = Some(reply);
            } else {
                self.ending = Some(Ending::Fail(ClientError::TimedOut));
            }
        }
    }
}
