//! The ways to a transfer's data connection (RFC 959 3.2, RFC 2428): one is asked for, made or found to be gone, and where it does not come to be
//! another is tried. Which there are stands in [`super::super::way`].

use super::super::action::{ClientAction, ClientError};
use super::super::link::Link;
use super::super::way::{Way, announce};
use super::{Awaited, Data, Ending, Transfer};
use crate::action::{DataPath, OpId};
use crate::command::Verb;
use crate::reply::Reply;
use core::net::SocketAddr;

impl Transfer {
    /// Begins to make the data connection; with pipelining the command goes out in the same write.
    pub(super) fn approach(&mut self, link: &mut Link) {
        if link.kept && self.codec.keeps_connection() {
            self.way = Way::Kept;
            return self.send_rest_or_movement(link);
        }
        if self.way == Way::Active {
            if let Some((op, address)) = link.active.take() {
                self.data = Data::Announced(op);
                return self.announce(link, address);
            }
            let op = link.next_op();
            link.act(ClientAction::Listen { op });
            link.expect_reply();
            self.data = Data::Listening(op);
            return;
        }
        if link.wants_announcement() {
            link.send_words(Verb::Pret, &[&self.movement.announced()]);
            self.awaited.push_back(Awaited::Announcement);
            if !self.is_pipelined(link) {
                return;
            }
        }
        self.ask_way(link);
    }

    pub(super) fn ask_way(&mut self, link: &mut Link) {
        self.way.ask(link);
        self.awaited.push_back(Awaited::Way);
        if self.is_pipelined(link) {
            self.send_rest_or_movement(link);
        }
    }

    /// An upload waits until the way has been seen to work: a STOR that finds no data connection may still have emptied the file.
    pub(super) fn is_pipelined(&self, link: &Link) -> bool {
        let upload_may = link.passive_proven && !self.waits;
        let way_may = match self.way {
            Way::Active => link.gains_by_active(),
            _ => !self.movement.is_upload() || upload_may,
        };
        link.may_pair() && way_may
    }

    pub(super) fn announce(&mut self, link: &mut Link, listener: SocketAddr) {
        announce(link, listener);
        self.awaited.push_back(Awaited::Way);
        if self.is_pipelined(link) {
            self.send_rest_or_movement(link);
        }
    }

    /// The reply to EPSV, PASV, PORT or EPRT.
    pub(super) fn way_answered(&mut self, link: &mut Link, reply: Reply, accepted: bool) {
        if let (true, Data::Announced(op)) = (accepted, &self.data) {
            let op = *op;
            self.open(link, op, DataPath::Accept);
            if self.awaited.is_empty() {
                self.send_rest_or_movement(link);
            }
            return;
        }
        let address = accepted.then(|| self.way.address(&link.config, &reply)).flatten();
        if let Some(address) = address {
            let op = link.next_op();
            self.open(link, op, DataPath::Connect(address));
            // An upload that was begun early.
            if self.awaited.is_empty() && self.is_pipelined(link) {
                self.send_rest_or_movement(link);
            }
            return;
        }
        // 530 speaks of the login, not of EPSV.
        let fallback = self.way.fallback(&link.config).filter(|_| reply.code().number() != 530 && !link.followed);
        if let Some(way) = fallback {
            self.way = way;
            link.learnt.avoid_epsv = true;
            // A pipelined command finds no data connection and ends by itself.
            return self.give_up(link, Ending::Retry, false);
        }
        let error = if accepted {
            ClientError::Protocol("an address for the data connection")
        } else {
            ClientError::Refused(reply)
        };
        self.give_up(link, Ending::Fail(error), true);
    }

    pub(super) fn open(&mut self, link: &mut Link, op: OpId, data: DataPath) {
        if data != DataPath::Accept {
            // The host has one data connection, or one that is to be.
            link.active.take();
        }
        link.act(ClientAction::Open { op, data, private: link.security.private });
        link.expect_reply();
        self.data = Data::Opening(op);
    }

    /// Takes the connection that stays open, now that the server has said that this transfer's bytes are what comes next over it. A file that it refuses
    /// leaves the connection as it is, to those that were asked for behind it.
    pub(super) fn use_kept(&mut self, link: &mut Link) {
        if self.way == Way::Kept && matches!(self.data, Data::None) {
            let op = link.next_op();
            self.open(link, op, DataPath::Kept);
        }
    }

    /// The connection that was to stay open has not. Another can be made, unless other commands are on their way already.
    pub(super) fn kept_is_gone(&mut self, link: &mut Link) {
        self.way = Way::first(link);
        let ending = if link.followed { Ending::Fail(ClientError::NoDataConnection) } else { Ending::Retry };
        self.give_up(link, ending, false);
    }

    /// The connection could not be made. Where the command went out with EPSV, the server may have closed its port since it refuses the command: its reply
    /// is on the way, and tells more.
    pub(super) fn unmade(&mut self, link: &mut Link) {
        let refusal_may_come = self.awaited.back() == Some(&Awaited::Movement) && !self.opened;
        if !refusal_may_come {
            return self.open_failed(link);
        }
        self.data = Data::Unmade;
        link.expect_refusal();
    }

    /// The connection could not be made. EPSV that is answered and then unreachable is worth a PASV, whose address may be another.
    pub(super) fn open_failed(&mut self, link: &mut Link) {
        if self.way == Way::Kept {
            // The server has closed it meanwhile.
            return self.kept_is_gone(link);
        }
        if self.last.is_some() && !self.opened {
            return self.give_up(link, Ending::Empty, false);
        }
        if self.way == Way::Active && core::mem::take(&mut link.learnt.active) {
            // It has worked before. What the server is told otherwise still does.
            self.way = Way::first(link);
            let ending = if link.followed { Ending::Fail(ClientError::NoDataConnection) } else { Ending::Retry };
            return self.give_up(link, ending, true);
        }
        match self.way.fallback(&link.config) {
            Some(way) if !link.followed => {
                self.way = way;
                self.give_up(link, Ending::Retry, true);
            }
            _ => self.give_up(link, Ending::Fail(ClientError::NoDataConnection), true),
        }
    }
}
