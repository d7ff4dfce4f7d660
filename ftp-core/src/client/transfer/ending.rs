//! How a transfer ends: what becomes of one that is given up ([`Ending`]), by an error, a stall or the application's wish, and what its result is once
//! both the conversation and the data connection have come to rest.

use super::super::action::{ClientAction, ClientError, Outcome};
use super::super::link::Link;
use super::super::movement::Movement;
use super::super::task::Flow;
use super::super::way::Way;
use super::{Awaited, Data, Transfer};
use crate::action::TransferError;
use crate::command::{Command, Mode};
use crate::reply::{Class, Reply};

/// What becomes of a transfer that is given up, once the replies to what was sent are in.
#[derive(Debug)]
pub(super) enum Ending {
    /// The request fails.
    Fail(ClientError),
    /// The data connection is made another way.
    Retry,
    /// The server said 2xx and opened no data connection: there was nothing to move.
    Empty,
    /// It refused to list a directory that has no entries.
    NoEntries,
}

impl Transfer {
    /// Sets what becomes of the transfer, ends the data connection, and has the server end its part (`tell`: ABOR) where its command runs.
    pub(super) fn give_up(&mut self, link: &mut Link, ending: Ending, tell: bool) {
        self.ending = Some(ending);
        if tell && !link.followed && self.awaited.back() == Some(&Awaited::Movement) {
            link.send(&Command::Abor);
            self.awaited.push_back(Awaited::Abort);
        }
        if self.way == Way::Kept && matches!(self.data, Data::None) {
            // What comes over it would be taken for the next file.
            let op = link.next_op();
            link.act(ClientAction::Cancel { op });
        }
        link.kept = false;
        // Without an ABOR, only a data connection that comes and goes lets the server's command end at once.
        if !(link.followed && matches!(self.data, Data::Opening(_))) {
            self.cancel_data(link);
        }
        link.expect_reply();
    }

    /// Ends the data connection. Only one whose bytes move answers, and the request waits for that, so that whatever took or gave the bytes is free when
    /// it is done.
    pub(in super::super) fn cancel_data(&mut self, link: &mut Link) {
        match self.data {
            Data::Listening(op) | Data::Announced(op) | Data::Opening(op) | Data::Open(op) => {
                link.act(ClientAction::Cancel { op });
                self.data = Data::None;
            }
            Data::Moving { op, .. } => {
                link.act(ClientAction::Cancel { op });
                self.data = Data::Cancelling(op);
            }
            Data::Unmade => self.data = Data::None,
            Data::None | Data::Cancelling(_) | Data::Ended(_) => {}
        }
    }

    pub(in super::super) fn abort(&mut self, link: &mut Link) -> Flow {
        let all_sent = self.movement.is_upload() && matches!(self.data, Data::Ended(Ok(_)));
        let too_late = matches!(self.ending, Some(Ending::Fail(_))) || (all_sent && link.followed);
        if !too_late {
            self.give_up(link, Ending::Fail(ClientError::Aborted), true);
        }
        self.settle(link)
    }

    /// No byte moved for as long as one may take.
    pub(super) fn stalled(&mut self, link: &mut Link) {
        if self.last.as_ref().is_some_and(|reply| reply.code().class() != Class::Completion) {
            // That was all that came before the server's refusal.
            self.cancel_data(link);
            return link.expect_reply();
        }
        let empty = self.last.is_some() && !self.opened && link.progress == 0;
        self.give_up(link, if empty { Ending::Empty } else { Ending::Fail(ClientError::TimedOut) }, true);
    }

    /// What was given up has not come to rest in time. Servers differ in how many replies an ABOR gets, so one is enough; where none
    /// came, the server no longer listens.
    pub(super) fn stop_waiting(&mut self, link: &mut Link) -> Flow {
        let silent = self.awaited.front().is_some_and(|&command| command != Awaited::Abort);
        if silent {
            self.learn_from_silence(link);
            let error = match self.ending.take() {
                Some(Ending::Fail(error)) => error,
                Some(Ending::Retry | Ending::Empty | Ending::NoEntries) | None => ClientError::TimedOut,
            };
            return Flow::Over(Err(error));
        }
        self.awaited.clear();
        self.cancel_data(link);
        self.data = Data::None;
        self.settle(link)
    }

    /// The reply to the command of a transfer that was given up. Where that was for want of a connection, a refusal is the reason, though it came late.
    pub(super) fn heard_why(&mut self, reply: Reply) {
        let refused = !matches!(reply.code().class(), Class::Completion) && !matches!(reply.code().number(), 425 | 426);
        if let Some(Ending::Fail(error @ ClientError::NoDataConnection)) = &mut self.ending
            && refused
        {
            *error = ClientError::Refused(reply);
        }
    }

    /// Is everything in?
    pub(super) fn settle(&mut self, link: &mut Link) -> Flow {
        let resting = matches!(self.data, Data::None | Data::Ended(_));
        if !resting || !self.awaited.is_empty() {
            return Flow::Going;
        }
        match self.ending.take() {
            Some(Ending::Fail(error)) => return over(link, Err(error)),
            Some(Ending::Retry) => {
                self.data = Data::None;
                self.opened = false;
                self.last = None;
                self.set_form(link);
                return Flow::Going;
            }
            Some(Ending::NoEntries) => return self.listed(link),
            Some(Ending::Empty) if !matches!(self.data, Data::Ended(Ok(_))) => self.data = Data::Ended(Ok(0)),
            Some(Ending::Empty) | None => {}
        }
        let Some(reply) = self.last.take() else {
            return Flow::Going;
        };
        let moved = matches!(self.data, Data::Ended(Ok(_))) && reply.code().class() == Class::Completion;
        if moved {
            link.restart = None;
        }
        link.kept = match reply.code().number() {
            250 if moved => self.codec.keeps_connection(),
            425 | 426 => false,
            _ => link.kept && self.way == Way::Kept && !self.opened,
        };
        link.learnt.avoid_blocks |= moved && !link.kept && self.codec.mode == Mode::Block;
        let result = match (reply.code().class(), &self.data) {
            (Class::Completion, Data::Ended(Ok(_))) if matches!(self.movement, Movement::List { .. }) => {
                return self.all_lines_in(link);
            }
            (Class::Completion, Data::Ended(Ok(bytes))) => Ok(Outcome::Transferred { bytes: *bytes, reply }),
            (Class::Completion, Data::Ended(Err(error))) => Err(ClientError::Transfer(*error)),
            // The local end failed first; the server only saw the connection close.
            (_, Data::Ended(Err(error @ (TransferError::Storage(_) | TransferError::BadData)))) => {
                Err(ClientError::Transfer(*error))
            }
            _ => Err(ClientError::Refused(reply)),
        };
        over(link, result)
    }
}

pub(super) fn over(link: &mut Link, result: Result<Outcome, ClientError>) -> Flow {
    link.late_226 = true;
    Flow::Done(result)
}
