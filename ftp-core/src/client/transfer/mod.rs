//! [`Transfer`]: a command with a data connection: setting it up (RFC 959 5.2), the command, and the two ends of it, the final reply and the
//! end of the data, that come in either order. How the connection is made stands in [`super::way`].
//!
//! Two things go on side by side: the conversation (the commands whose replies are to come, in order) and the data connection. What is to
//! become of a transfer that is given up is its [`Ending`]; it is over when both have come to rest.
//!
//! What is done early, while another request runs, stands in `early.rs`; what is particular to listings in `listing.rs`; what is done about
//! replies that do not come in `silence.rs`.

mod early;
mod listing;
mod silence;

use super::action::{ClientAction, ClientCompletion, ClientError, Outcome, Upload};
use super::entries::{Entries, Form};
use super::link::Link;
use super::movement::Movement;
use super::restart::{self, marks};
use super::task::Flow;
use super::way::{Way, announce};
use crate::action::{DataPath, OpId, TransferError};
use crate::codec::{Codec, Transmission};
use crate::command::{Command, Mode, Verb};
use crate::listing::ListReader;
use crate::reply::{Class, Code, Reply};
use crate::time::WallTime;
use alloc::collections::VecDeque;
use core::net::SocketAddr;

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

/// What becomes of a transfer that is given up, once the replies to what was sent are in.
#[derive(Debug)]
enum Ending {
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

    /// Begins to make the data connection; with pipelining the command goes out in the same write.
    fn approach(&mut self, link: &mut Link) {
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

    fn ask_way(&mut self, link: &mut Link) {
        self.way.ask(link);
        self.awaited.push_back(Awaited::Way);
        if self.is_pipelined(link) {
            self.send_rest_or_movement(link);
        }
    }

    /// An upload waits until the way has been seen to work: a STOR that finds no data connection may still have emptied the file.
    fn is_pipelined(&self, link: &Link) -> bool {
        let upload_may = link.passive_proven && !self.waits;
        let way_may = match self.way {
            Way::Active => link.gains_by_active(),
            _ => !self.movement.is_upload() || upload_may,
        };
        link.may_pair() && way_may
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

    /// The reply to EPSV, PASV, PORT or EPRT.
    fn way_answered(&mut self, link: &mut Link, reply: Reply, accepted: bool) {
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

    /// Takes the connection that stays open, now that the server has said that this transfer's bytes are what comes next over it. A file that it refuses
    /// leaves the connection as it is, to those that were asked for behind it.
    fn use_kept(&mut self, link: &mut Link) {
        if self.way == Way::Kept && matches!(self.data, Data::None) {
            let op = link.next_op();
            self.open(link, op, DataPath::Kept);
        }
    }

    /// The connection that was to stay open has not. Another can be made, unless other commands are on their way already.
    fn kept_is_gone(&mut self, link: &mut Link) {
        self.way = Way::first(link);
        let ending = if link.followed { Ending::Fail(ClientError::NoDataConnection) } else { Ending::Retry };
        self.give_up(link, ending, false);
    }

    fn open(&mut self, link: &mut Link, op: OpId, data: DataPath) {
        if data != DataPath::Accept {
            // The host has one data connection, or one that is to be.
            link.active.take();
        }
        link.act(ClientAction::Open { op, data, private: link.security.private });
        link.expect_reply();
        self.data = Data::Opening(op);
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

    fn announce(&mut self, link: &mut Link, listener: SocketAddr) {
        announce(link, listener);
        self.awaited.push_back(Awaited::Way);
        if self.is_pipelined(link) {
            self.send_rest_or_movement(link);
        }
    }

    /// The connection could not be made. Where the command went out with EPSV, the server may have closed its port since it refuses the command: its reply
    /// is on the way, and tells more.
    fn unmade(&mut self, link: &mut Link) {
        let refusal_may_come = self.awaited.back() == Some(&Awaited::Movement) && !self.opened;
        if !refusal_may_come {
            return self.open_failed(link);
        }
        self.data = Data::Unmade;
        link.expect_refusal();
    }

    /// The reply to the command of a transfer that was given up. Where that was for want of a connection, a refusal is the reason, though it came late.
    fn heard_why(&mut self, reply: Reply) {
        let refused = !matches!(reply.code().class(), Class::Completion) && !matches!(reply.code().number(), 425 | 426);
        if let Some(Ending::Fail(error @ ClientError::NoDataConnection)) = &mut self.ending
            && refused
        {
            *error = ClientError::Refused(reply);
        }
    }

    /// The connection could not be made. EPSV that is answered and then unreachable is worth a PASV, whose address may be another.
    fn open_failed(&mut self, link: &mut Link) {
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

    /// No byte moved for as long as one may take.
    fn stalled(&mut self, link: &mut Link) {
        if self.last.as_ref().is_some_and(|reply| reply.code().class() != Class::Completion) {
            // That was all that came before the server's refusal.
            self.cancel_data(link);
            return link.expect_reply();
        }
        let empty = self.last.is_some() && !self.opened && link.progress == 0;
        self.give_up(link, if empty { Ending::Empty } else { Ending::Fail(ClientError::TimedOut) }, true);
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

    /// What was given up has not come to rest in time. Servers differ in how many replies an ABOR gets, so one is enough; where none
    /// came, the server no longer listens.
    fn stop_waiting(&mut self, link: &mut Link) -> Flow {
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

    pub(super) fn abort(&mut self, link: &mut Link) -> Flow {
        let all_sent = self.movement.is_upload() && matches!(self.data, Data::Ended(Ok(_)));
        let too_late = matches!(self.ending, Some(Ending::Fail(_))) || (all_sent && link.followed);
        if !too_late {
            self.give_up(link, Ending::Fail(ClientError::Aborted), true);
        }
        self.settle(link)
    }

    /// Sets what becomes of the transfer, ends the data connection, and has the server end its part (`tell`: ABOR) where its command runs.
    fn give_up(&mut self, link: &mut Link, ending: Ending, tell: bool) {
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
    pub(super) fn cancel_data(&mut self, link: &mut Link) {
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

    /// Is everything in?
    fn settle(&mut self, link: &mut Link) -> Flow {
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

/// Does the server know already how the bytes come?
fn is_in_force(link: &Link, codec: Codec) -> bool {
    link.kind == Some(codec.representation) && link.form.suits(codec)
}

fn over(link: &mut Link, result: Result<Outcome, ClientError>) -> Flow {
    link.late_226 = true;
    Flow::Done(result)
}
