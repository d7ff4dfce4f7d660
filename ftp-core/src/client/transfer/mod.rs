//! [`Transfer`]: a command with a data connection: setting it up (RFC 959 5.2), the command, and the two ends of it, the final reply and the
//! end of the data, that come in either order.
//!
//! Two things go on side by side: the conversation (the commands whose replies are to come, in order) and the data connection. What is to
//! become of a transfer that is given up is its [`Ending`]; it is over when both have come to rest.
//!
//! How the data connection is made stands in `connection.rs`; how a transfer is given up, and what its result is, in `ending.rs`; what is done
//! early, while another request runs, in `early.rs`; what is particular to listings in `listing.rs`; what is done about replies that do not
//! come in `silence.rs`.

mod connection;
mod early;
mod ending;
mod listing;
mod silence;

use self::ending::{Ending, over};
use super::action::{ClientAction, ClientCompletion, ClientError, Upload};
use super::entries::{Entries, Form};
use super::link::Link;
use super::movement::Movement;
use super::restart::{self, marks};
use super::task::Flow;
use super::way::Way;
use crate::action::{OpId, TransferError};
use crate::codec::{Codec, Transmission};
use crate::command::{Command, Mode};
use crate::listing::ListReader;
use crate::reply::{Class, Code, Reply};
use crate::time::WallTime;
use alloc::collections::VecDeque;

pub(super) struct Transfer {
    movement: Movement,
    codec: Codec,
    way: Way,
    awaited: VecDeque<Awaited>,
    /// A 1xx is in: the server has opened, or is opening, the data connection.
    opened: bool,
    /// The transfer command's final reply.
    last: Option<Reply>,
    data: Data,
    ending: Option<Ending>,
    /// It was begun while another request ran; see [`super::queue`].
    early: bool,
    /// That one still runs.
    waits: bool,
}

/// A command whose final reply is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Type,
    /// STRU or MODE.
    Form {
        /// What was in force when it was sent.
        before: restart::Form,
    },
    /// PRET, for servers that announce it.
    Announcement,
    Way,
    Rest,
    /// RETR, STOR, APPE, STOU, LIST or MLSD.
    Movement,
    Abort,
    /// SIZE, since no final reply has come.
    Check {
        expected: u64,
    },
    /// MDTM of a file whose time was listed so.
    Witness {
        listed: WallTime,
    },
}

/// The data connection.
#[derive(Debug)]
enum Data {
    /// There is none yet, or none any more.
    None,
    /// The host is to listen.
    Listening(OpId),
    /// The listener is announced to the server.
    Announced(OpId),
    /// The host connects or accepts.
    Opening(OpId),
    /// It did not come to be, and the server has yet to say anything of the command.
    Unmade,
    /// It stands.
    Open(OpId),
    /// Bytes move: so many had when the host was last asked, and it is asked again.
    Moving { op: OpId, seen: u64, asked: bool },
    /// Bytes moved; the host is to stop.
    Cancelling(OpId),
    /// Bytes have moved.
    Ended(Result<u64, TransferError>),
}

impl Transfer {
    pub(super) fn begin(link: &mut Link, movement: Movement, codec: Codec) -> Self {
        let mut transfer = Self::new(link, movement, codec);
        link.progress = 0;
        transfer.set_form(link);
        transfer
    }

    fn new(link: &Link, movement: Movement, codec: Codec) -> Self {
        Self {
            movement,
            codec,
            way: Way::first(link),
            awaited: VecDeque::new(),
            opened: false,
            last: None,
            data: Data::None,
            ending: None,
            early: false,
            waits: false,
        }
    }

    /// The final replies that are to come.
    pub(super) fn expected(&self) -> usize {
        self.awaited.len()
    }

    /// Sends TYPE, STRU and MODE, as far as they are not in force; then it goes on to the data connection.
    fn set_form(&mut self, link: &mut Link) {
        let given = match &self.movement {
            Movement::List { entries, .. } => entries.is_mlsd() || (link.kind.is_none() && !link.kind_touched),
            Movement::Retrieve { .. } | Movement::Store { .. } => false,
        };
        if !given && link.kind != Some(self.codec.representation) {
            link.send_type(self.codec.representation);
            self.awaited.push_back(Awaited::Type);
            return;
        }
        let before = link.form;
        if let Some(command) = link.form.next(self.codec) {
            link.send(&command);
            self.awaited.push_back(Awaited::Form { before });
        } else {
            self.approach(link);
        }
    }

    fn send_rest_or_movement(&mut self, link: &mut Link) {
        if self.movement.offset().is_none() && !link.rest_lingers {
            return self.send_movement(link);
        }
        // Some servers keep an offset for the transfers that follow; only REST 0 undoes it with all of them.
        let offset = self.movement.offset().unwrap_or(0);
        let marker = match &link.restart {
            Some(restart) if self.codec.has_markers() && self.movement.is_restart(restart, offset) => {
                restart.server.clone()
            }
            _ => alloc::format!("{offset}").into_bytes(),
        };
        link.send(&Command::Rest(&marker));
        link.rest_lingers = true;
        self.awaited.push_back(Awaited::Rest);
        // Behind a REST that is refused, a STOR would begin at the file's front and cost what is there.
        if self.is_pipelined(link) && !self.movement.is_upload() {
            self.send_movement(link);
        }
    }

    fn send_movement(&mut self, link: &mut Link) {
        self.movement.send(link);
        self.awaited.push_back(Awaited::Movement);
    }

    pub(super) fn is_moving(&self) -> bool {
        matches!(self.data, Data::Moving { .. })
    }

    pub(super) fn may_get_226(&self) -> bool {
        matches!(self.awaited.front(), Some(Awaited::Movement | Awaited::Abort | Awaited::Check { .. }))
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        let Some(&command) = self.awaited.front() else {
            return Flow::Going;
        };
        let class = reply.code().class();
        if class == Class::Preliminary {
            if reply.code().number() == 110 {
                self.marked(link, &reply);
            } else if command == Awaited::Movement && self.ending.is_none() {
                self.opened = true;
                self.use_kept(link);
                self.start_moving(link);
                if matches!(self.data, Data::Unmade) {
                    self.data = Data::None;
                    self.open_failed(link);
                    return self.settle(link);
                }
            }
            return Flow::Going;
        }
        self.awaited.pop_front();
        if self.ending.is_some() {
            if command == Awaited::Way && link.followed {
                self.hang_up(link, &reply);
            }
            if command == Awaited::Movement {
                self.heard_why(reply);
            }
            return self.settle(link);
        }
        let accepted = class == Class::Completion;
        match command {
            Awaited::Type if accepted => {
                link.kind = Some(self.codec.representation);
                self.set_form(link);
            }
            Awaited::Form { .. } if accepted => {
                // A server closes the data connection that it kept in the old mode.
                link.kept = false;
                link.form.accepted(self.codec);
                self.set_form(link);
            }
            Awaited::Announcement if accepted || reply.is_unknown_command() => {
                if self.awaited.is_empty() {
                    self.ask_way(link);
                }
            }
            Awaited::Way => self.way_answered(link, reply, accepted),
            // A REST 0 only undoes an earlier one; a server without REST has nothing to undo.
            Awaited::Rest if accepted || class == Class::Intermediate || self.movement.offset().is_none() => {
                if self.movement.offset().is_none() {
                    link.rest_lingers = false;
                }
                if self.awaited.is_empty() {
                    self.send_movement(link);
                }
                self.start_moving(link);
            }
            Awaited::Witness { listed } => {
                Self::heard_witness(link, listed, &reply);
                return self.listed(link);
            }
            Awaited::Check { expected } => self.checked(command, expected, reply),
            Awaited::Form { before } => {
                // A server that says no has changed nothing.
                link.form = before;
                link.learnt.avoid_blocks |= self.codec.mode == Mode::Block;
                self.give_up(link, Ending::Fail(ClientError::Refused(reply)), true);
            }
            Awaited::Type | Awaited::Announcement | Awaited::Rest => {
                self.give_up(link, Ending::Fail(ClientError::Refused(reply)), true);
            }
            Awaited::Movement | Awaited::Abort => self.movement_answered(link, reply, accepted),
        }
        self.settle(link)
    }

    fn movement_answered(&mut self, link: &mut Link, reply: Reply, accepted: bool) {
        if matches!(self.data, Data::Unmade) {
            self.data = Data::None;
            if matches!(reply.code().number(), 425 | 426) {
                return self.open_failed(link);
            }
            if accepted && !self.movement.is_upload() {
                self.last = Some(reply);
                return self.open_failed(link);
            }
        }
        if accepted && self.movement.is_upload() && !self.opened {
            // Nothing has been sent, so whatever succeeded was not this upload.
            return self.give_up(link, Ending::Fail(ClientError::Protocol("1xx before an upload's 2xx")), false);
        }
        if let Movement::Store { how, .. } = &mut self.movement
            && let Upload::Resume(size) = *how
            && reply.is_unknown_command()
            && !link.followed
        {
            *how = Upload::ResumeAt(size);
            return self.give_up(link, Ending::Retry, false);
        }
        // Listed by FEAT, and yet unknown: LIST is always there.
        if let Movement::List { entries, .. } = &mut self.movement
            && entries.is_mlsd()
            && reply.is_unknown_command()
        {
            *entries = Entries::new(Form::List(ListReader::new(link.config.now_wall)), link.config.listing_limit);
            link.learnt.avoid_mlst = true;
            return self.give_up(link, Ending::Retry, false);
        }
        if matches!(self.movement, Movement::List { .. }) && reply.says_no_files() {
            return self.give_up(link, Ending::NoEntries, false);
        }
        if self.way == Way::Active && matches!(self.data, Data::Opening(_)) && reply.code().number() == 425 {
            return self.open_failed(link);
        }
        // The server has no such connection any more, and nothing has been asked of the application yet.
        if self.way == Way::Kept && matches!(self.data, Data::None) && reply.code().number() == 425 {
            return self.kept_is_gone(link);
        }
        // What a server has sent before it found that it cannot go on may still be on its way, and is worth keeping: the end of it is
        // awaited, for as long as bytes come.
        let sent = matches!(self.movement, Movement::Retrieve { .. }) && self.opened && self.is_moving();
        if accepted {
            self.use_kept(link);
        } else if !sent {
            self.cancel_data(link);
        }
        link.late_226 = reply.code() == Code::TRANSFER_DONE;
        self.last = Some(reply);
    }

    /// The server has marked a place in what it received: the client's own name for it, and the server's (RFC 959 4.2).
    fn marked(&mut self, link: &mut Link, reply: &Reply) {
        if let Some((sender, receiver)) = marks(reply)
            && let Some(local) = core::str::from_utf8(sender).ok().and_then(|sender| sender.parse().ok())
        {
            link.restart = self.movement.restart(local, receiver);
        }
    }

    /// Bytes move as soon as they may: into the client when the connection stands, out of it when the server has said 1xx. A REST that is
    /// not answered yet, or not accepted, must not let bytes through that begin elsewhere.
    fn start_moving(&mut self, link: &mut Link) {
        let Data::Open(op) = self.data else { return };
        let asked = self.awaited.front() == Some(&Awaited::Movement) || self.last.is_some();
        // Whether the server still has a connection that was kept is known when it has answered.
        let must_be_opened = self.movement.is_upload() || self.way == Way::Kept;
        if !asked || (must_be_opened && !self.opened && self.last.is_none()) {
            return;
        }
        // Lines of a listing are read with either line end, so they need no conversion.
        let codec = if matches!(self.movement, Movement::List { .. }) { Codec::RAW } else { self.codec };
        let (start, markers) = (Some(self.movement.start()), link.config.marker_interval);
        let transmission = Transmission { start, markers, ..codec.into() };
        link.act(ClientAction::Transfer { op, end: self.movement.end(), transmission });
        link.expect_progress();
        self.data = Data::Moving { op, seen: 0, asked: false };
    }

    pub(super) fn complete(&mut self, link: &mut Link, op: OpId, done: ClientCompletion) -> Flow {
        match (&mut self.data, done) {
            (Data::Listening(current), ClientCompletion::Listening(Ok(address))) if *current == op => {
                self.data = Data::Announced(op);
                self.announce(link, address);
            }
            (Data::Listening(current), ClientCompletion::Listening(Err(_))) if *current == op => {
                self.data = Data::None;
                self.give_up(link, Ending::Fail(ClientError::NoDataConnection), false);
            }
            (Data::Opening(current), ClientCompletion::Connected(Ok(()))) if *current == op => {
                self.data = Data::Open(op);
                if self.ending.is_some() {
                    self.cancel_data(link);
                    return self.settle(link);
                }
                link.passive_proven |= self.way != Way::Active;
                if self.way == Way::Active && link.gains_by_active() {
                    let op = link.next_op();
                    link.act(ClientAction::Listen { op });
                    link.active.stand_by(op);
                }
                link.learnt.avoid_epsv |= self.way == Way::Pasv;
                if self.awaited.is_empty() && self.last.is_none() {
                    self.send_rest_or_movement(link);
                }
                self.start_moving(link);
            }
            (Data::Opening(current), ClientCompletion::Connected(Err(_))) if *current == op => {
                self.data = Data::None;
                if self.ending.is_none() {
                    self.unmade(link);
                }
            }
            (Data::Moving { op: current, .. }, ClientCompletion::Marker(marker)) if *current == op => {
                link.restart = self.movement.restart(marker.offset, &marker.sender);
                return Flow::Going;
            }
            (Data::Moving { op: current, seen, asked }, ClientCompletion::Progress(count)) if *current == op => {
                link.progress = count;
                if !core::mem::take(asked) {
                    return Flow::Going;
                }
                if count > *seen {
                    *seen = count;
                    link.expect_progress();
                } else {
                    self.stalled(link);
                }
            }
            (Data::Moving { op: current, .. } | Data::Cancelling(current), ClientCompletion::Transferred(result))
                if *current == op =>
            {
                if let Ok(count) = result {
                    link.progress = count;
                }
                self.data = Data::Ended(result);
                link.expect_reply();
            }
            _ => return Flow::Going,
        }
        self.settle(link)
    }

    pub(super) fn timeout(&mut self, link: &mut Link) -> Flow {
        if self.ending.is_some() {
            return self.stop_waiting(link);
        }
        match &mut self.data {
            Data::Moving { op, asked, .. } => {
                if core::mem::replace(asked, true) {
                    self.stalled(link);
                } else {
                    link.act(ClientAction::Progress { op: *op });
                    link.expect_reply();
                }
            }
            Data::Listening(_) | Data::Opening(_) | Data::Unmade => {
                self.cancel_data(link);
                self.open_failed(link);
            }
            Data::Ended(Ok(moved)) if self.opened && self.awaited.front() == Some(&Awaited::Movement) => {
                let moved = *moved;
                if !self.check(link, moved) {
                    return over(link, Err(ClientError::TimedOut));
                }
            }
            // The final reply is lost (or comes late, and is then told by its code).
            Data::Ended(Err(_)) if self.opened => return over(link, Err(ClientError::TimedOut)),
            // The host has not stopped: nobody waits for it any longer.
            Data::Cancelling(_) => self.data = Data::Ended(Err(TransferError::Cancelled)),
            Data::None | Data::Announced(_) | Data::Open(_) | Data::Ended(_) => {
                self.learn_from_silence(link);
                self.cancel_data(link);
                return Flow::Over(Err(ClientError::TimedOut));
            }
        }
        self.settle(link)
    }
}

/// Does the server know already how the bytes come?
fn is_in_force(link: &Link, codec: Codec) -> bool {
    link.kind == Some(codec.representation) && link.form.suits(codec)
}
