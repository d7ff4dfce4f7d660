//! Transfers: RETR, STOR, STOU, APPE, LIST, NLST, MLSD, and ABOR (RFC 959 4.1.3). From the command to its final reply;
//! the bytes themselves never come this way.

use super::answer::text;
use super::config::ServerConfig;
use super::session::{Pending, ServerSession};
use crate::action::{
    Action, Completion, DataPath, OpId, Opened, StorageError, StoreMode, Transfer, TransferError, Work,
};
use crate::codec::{Codec, Transmission};
use crate::command::{Mode, Verb};
use crate::listing::{ListArgument, ListForm, ListOptions};
use crate::path::VirtualPath;
use crate::time::Time;
use alloc::boxed::Box;

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Moving {
    pub(super) op: OpId,
    verb: Verb,
    path: VirtualPath,
    codec: Codec,
    /// Which data connection the peer set up for it; `None` is the default port.
    data: Option<DataPath>,
    stage: Stage,
    /// Why it was cancelled.
    ended: Option<Ended>,
    /// The command came at this time: a data connection is awaited from here on.
    begun: Time,
    /// The bytes moved when last asked, and when that was.
    moved: u64,
    checked: Time,
    /// The question whether bytes still move is with the host.
    checking: bool,
    /// STATs that wait for the host's word on the progress.
    status_wanted: u32,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The host opens the file.
    Opening,
    /// The preliminary reply is out; the data connection is to come.
    Connecting,
    /// The data connection stands.
    Connected,
}

/// Why a transfer was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The user said ABOR, so many times.
    Aborted(u32),
    /// No data connection came in time.
    NotConnected,
    /// No byte moved in time.
    Stalled,
    /// The session itself ends.
    Abandoned,
}

impl Moving {
    /// When it is looked at again; one that is cancelled only waits for its host.
    pub(super) fn deadline(&self, config: &ServerConfig) -> Option<Time> {
        let stall = self.checked + config.stall_timeout;
        let next = if self.stage == Stage::Connecting { stall.min(self.begun + config.accept_timeout) } else { stall };
        self.ended.is_none().then_some(next)
    }
}

impl ServerSession {
    pub(super) fn retrieve(&mut self, argument: &[u8]) {
        let restart = core::mem::take(&mut self.parameters.restart);
        let (offset, length) = match self.digests.range.take() {
            Some((first, last)) => (first, (last - first).checked_add(1)),
            None => (restart, None),
        };
        if let Some(path) = self.resolve(Verb::Retr, argument) {
            let codec = self.parameters.codec;
            self.transfer(Verb::Retr, path.clone(), Work::Retrieve { path, offset, length }, codec);
        }
    }

    pub(super) fn store(&mut self, argument: &[u8]) {
        let mode = match core::mem::take(&mut self.parameters.restart) {
            0 => StoreMode::Replace,
            offset => StoreMode::ResumeAt(offset),
        };
        self.store_as(Verb::Stor, argument, mode);
    }

    pub(super) fn append(&mut self, argument: &[u8]) {
        self.parameters.restart = 0;
        self.store_as(Verb::Appe, argument, StoreMode::Append);
    }

    /// STOU: a name may be wished for (as the field has it); without one it is made up in the working directory.
    pub(super) fn store_unique(&mut self, argument: Option<&[u8]>) {
        self.parameters.restart = 0;
        self.store_as(Verb::Stou, argument.unwrap_or(b"unique"), StoreMode::Unique);
    }

    fn store_as(&mut self, verb: Verb, argument: &[u8], mode: StoreMode) {
        let codec = self.parameters.codec;
        // The size that ALLO announced is a size in bytes of the transfer only where nothing is converted.
        // In other forms the end shows.
        let announced = self.parameters.allocated.take().filter(|_| codec.is_raw());
        if self.digests.range.take().is_some() {
            return self.answer(verb, 503, &b"RANG is for RETR and HASH; send REST to store from an offset on."[..]);
        }
        // Whoever has asked for one digest asks for the next.
        let digest = self.digests.wanted;
        if let Some(path) = self.resolve(verb, argument) {
            self.transfer(verb, path.clone(), Work::Store { path, mode, announced, digest }, codec);
        }
    }

    pub(super) fn list(&mut self, verb: Verb, argument: Option<&[u8]>) {
        let argument = ListArgument::parse(argument);
        let form = if verb == Verb::Nlst && !argument.long { ListForm::Names } else { ListForm::Long };
        let options =
            ListOptions { form, hidden: argument.hidden, recursive: argument.recursive, glob: argument.path.is_some() };
        self.list_as(verb, argument.path, options);
    }

    pub(super) fn list_facts(&mut self, argument: Option<&[u8]>) {
        let form = ListForm::Facts(self.parameters.facts);
        self.list_as(Verb::Mlsd, argument, ListOptions { form, hidden: true, recursive: false, glob: false });
    }

    fn list_as(&mut self, verb: Verb, argument: Option<&[u8]>, options: ListOptions) {
        self.parameters.restart = 0;
        self.digests.range = None;
        if let Some(path) = self.resolve(verb, argument.unwrap_or(b".")) {
            // MLSD is sent as it is, "whatever FTP transfer type, mode and structure had actually been set" (RFC 3659 7.2).
            // MODE Z came later, and who asks for it expects every data connection to be deflated: lftp reads nothing else.
            let codec = match (verb, self.parameters.codec.mode) {
                (Verb::Mlsd, mode @ Mode::Deflate) => Codec { mode, ..Codec::RAW },
                (Verb::Mlsd, _) => Codec::RAW,
                _ => self.parameters.codec.for_listing(),
            };
            let asked = argument.filter(|_| options.form == ListForm::Names).unwrap_or_default().to_vec();
            self.transfer(verb, path.clone(), Work::List { path, options, asked }, codec);
        }
    }

    fn transfer(&mut self, verb: Verb, path: VirtualPath, work: Work, codec: Codec) {
        if self.refuses_clear_data(verb) {
            return;
        }
        let op = self.new_op();
        // Without a command that says otherwise, the peer listens at the port it talks from (RFC 959 3.2).
        let named = self.parameters.data.take();
        let data = named.unwrap_or(DataPath::Connect(self.peer));
        self.pending = Pending::Transfer(Box::new(Moving {
            op,
            verb,
            path,
            codec,
            data: named,
            stage: Stage::Opening,
            ended: None,
            begun: self.now,
            moved: 0,
            checked: self.now,
            checking: false,
            status_wanted: 0,
        }));
        let start = match &work {
            Work::Retrieve { offset, .. } | Work::Store { mode: StoreMode::ResumeAt(offset), .. } => Some(*offset),
            Work::Store { mode: StoreMode::Append, .. } => None,
            Work::Store { .. } | Work::List { .. } => Some(0),
        };
        let transmission = Transmission {
            codec,
            start,
            // A marker says where in a file one is.
            markers: if matches!(work, Work::List { .. }) { 0 } else { self.config.marker_interval },
            level: self.parameters.level.or(self.config.deflate).unwrap_or_default(),
            proof: self.config.prove_uploads,
        };
        let protection = self.protection();
        self.act(Action::Transfer { op, transfer: Transfer { work, data, transmission, protection } });
    }

    pub(super) fn transfer_completed(&mut self, completion: Completion) {
        let now = self.now;
        let Pending::Transfer(moving) = &mut self.pending else { return };
        match completion {
            Completion::Opened(opened) if moving.stage == Stage::Opening => self.transfer_opened(&opened),
            Completion::Connected => moving.stage = Stage::Connected,
            Completion::Progress(bytes) => {
                let stalled = moving.checking && bytes == moving.moved;
                if moving.checking {
                    moving.moved = bytes;
                    moving.checked = now;
                }
                moving.checking = false;
                let wanted = core::mem::take(&mut moving.status_wanted);
                for _ in 0..wanted {
                    self.status_of_transfer(bytes);
                }
                if stalled {
                    self.cancel_transfer(Ended::Stalled);
                }
            }
            Completion::Marker(marker) => {
                let verb = moving.verb;
                // RFC 959 4.2: "In this case, the text is exact and not left to the particular implementation".
                let offset = alloc::format!("{}", marker.offset);
                self.answer(verb, 110, text(&[b"MARK ", &marker.sender, b" = ", offset.as_bytes()]));
            }
            Completion::Transferred(result) => self.transfer_ended(result),
            _ => {}
        }
    }

    /// The preliminary reply: 125 if the data connection stands, 150 if it is still to come (RFC 959 4.2).
    fn transfer_opened(&mut self, opened: &Opened) {
        let Pending::Transfer(moving) = &mut self.pending else { return };
        moving.stage = if opened.connected { Stage::Connected } else { Stage::Connecting };
        let (verb, code) = (moving.verb, if opened.connected { 125 } else { 150 });
        let reply = match (&opened.unique, opened.size) {
            // RFC 1123 4.1.2.9 gives the form, so that the name can be read by a program.
            (Some(unique), _) if verb == Verb::Stou => text(&[b"FILE: ", unique.name()]),
            (_, Some(size)) => {
                text(&[b"Data connection for ", moving.path.as_bytes(), alloc::format!(" ({size} bytes).").as_bytes()])
            }
            (_, None) => text(&[b"Data connection for ", moving.path.as_bytes(), b"."]),
        };
        self.answer(verb, code, reply);
    }

    fn transfer_ended(&mut self, result: Result<u64, TransferError>) {
        let Pending::Transfer(moving) = core::mem::replace(&mut self.pending, Pending::None) else { return };
        let Moving { verb, path, .. } = &*moving;
        let verb = *verb;
        let kept = self.keep_connection(&moving, result);
        if result.is_ok() && moving.stage == Stage::Opening {
            // A host that never said the file was open: the peer still gets both its replies.
            self.answer(verb, 150, text(&[b"Data connection for ", path.as_bytes(), b"."]));
        }
        match (result, moving.ended) {
            // RFC 959 3.2: 250 says that the data connection stays open, 226 that it is closed.
            (Ok(bytes), _) => {
                let code = if kept { 250 } else { 226 };
                self.answer(verb, code, alloc::format!("Done, {bytes} bytes.").into_bytes());
            }
            (Err(_), Some(Ended::NotConnected)) => {
                self.answer(verb, 425, &b"The data connection did not come in time."[..]);
            }
            (Err(_), Some(Ended::Stalled)) => self.answer(verb, 426, &b"No byte moved for too long."[..]),
            (Err(TransferError::Cancelled), _) => self.answer(verb, 426, &b"Transfer aborted."[..]),
            (Err(TransferError::NoConnection), _) if moving.data.is_none() => {
                self.answer(verb, 425, &b"No data connection; send EPSV, PASV, EPRT or PORT first."[..]);
            }
            (Err(TransferError::NoConnection), _) => self.answer(verb, 425, &b"No data connection."[..]),
            (Err(TransferError::Broken), _) => self.answer(verb, 426, &b"The data connection broke."[..]),
            (Err(TransferError::HandshakeFailed), _) => {
                self.refuse_handshake(verb, "TLS did not come to be on the data connection.");
            }
            (Err(TransferError::NotResumed), _) => {
                self.refuse_handshake(
                    verb,
                    "The data connection has to resume the TLS session of the control connection.",
                );
            }
            (Err(TransferError::Truncated), _) => {
                self.answer(verb, 426, &b"The data was cut off: it did not end with a TLS close_notify."[..]);
            }
            (Err(TransferError::Incomplete), _) => {
                self.answer(verb, 426, &b"The data ended before its end; nothing is stored."[..]);
            }
            (Err(TransferError::BadData), _) => self.answer(verb, 451, &b"The data is not in the form set."[..]),
            // RFC 3659 7.2.1: 501 for MLSD of something that is not a directory.
            (Err(TransferError::Storage(StorageError::NotADirectory)), _) if verb == Verb::Mlsd => {
                self.answer(verb, 501, text(&[path.as_bytes(), b": not a directory; use MLST."]));
            }
            (Err(TransferError::Storage(error)), _) => self.refuse_storage(verb, path, error),
        }
        // A STAT that the transfer outran is still owed its reply.
        for _ in 0..moving.status_wanted {
            self.status();
        }
        if let Some(Ended::Aborted(times)) = moving.ended {
            // RFC 959 4.1.3: "a 426 reply … followed by a 226 reply" where ABOR found a transfer.
            for _ in 0..times {
                self.answer(Verb::Abor, 226, &b"Abort done."[..]);
            }
        }
    }

    /// Does the data connection stay open when a transfer has ended like this? RFC 959 3.2 has ABOR close it.
    fn keep_connection(&mut self, moving: &Moving, result: Result<u64, TransferError>) -> bool {
        let kept = result.is_ok() && moving.codec.keeps_connection();
        if kept && moving.ended.is_some() {
            self.act(Action::CloseData);
            return false;
        }
        // A file that could not be opened has not touched it.
        let untouched = moving.data == Some(DataPath::Kept)
            && moving.stage == Stage::Opening
            && moving.ended.is_none()
            && matches!(result, Err(TransferError::Storage(_)));
        if kept || untouched {
            self.parameters.data = Some(DataPath::Kept);
        }
        kept
    }

    /// ABOR while a transfer runs.
    pub(super) fn abort(&mut self) {
        if let Pending::Transfer(moving) = &mut self.pending
            && let Some(Ended::Aborted(times)) = &mut moving.ended
        {
            *times = times.saturating_add(1);
        } else {
            self.cancel_transfer(Ended::Aborted(1));
        }
    }

    /// ABOR while none does: "the server … closes the data connection (if it is open) and responds with a 226 reply".
    pub(super) fn abort_nothing(&mut self) {
        self.parameters.data = None;
        self.act(Action::CloseData);
        self.answer(Verb::Abor, 226, &b"Nothing to abort."[..]);
    }

    /// The session ends, and a transfer with it.
    pub(super) fn abandon_transfer(&mut self) {
        self.cancel_transfer(Ended::Abandoned);
    }

    fn cancel_transfer(&mut self, why: Ended) {
        if let Pending::Transfer(moving) = &mut self.pending {
            let op = moving.op;
            let first = moving.ended.is_none();
            // An ABOR that comes while a transfer is being cancelled for another reason is still owed its reply.
            if first || matches!(why, Ended::Aborted(_)) {
                moving.ended = Some(why);
            }
            if first {
                self.act(Action::Cancel { op });
            }
        }
    }

    /// STAT in the course of a transfer (RFC 959 4.1.3): the host knows how far it is.
    pub(super) fn stat_in_transfer(&mut self) {
        if let Pending::Transfer(moving) = &mut self.pending {
            let op = moving.op;
            moving.status_wanted = moving.status_wanted.saturating_add(1);
            self.act(Action::Progress { op });
        }
    }

    fn status_of_transfer(&mut self, bytes: u64) {
        let Pending::Transfer(moving) = &self.pending else { return };
        let line = text(&[
            b" ",
            moving.verb.name().as_bytes(),
            b" ",
            moving.path.as_bytes(),
            alloc::format!(": {bytes} bytes so far").as_bytes(),
        ]);
        self.answer_block(Verb::Stat, 211, &b"Transfer in progress:"[..], [line], &b"End."[..]);
    }

    pub(super) fn transfer_timeout(&mut self) {
        let now = self.now;
        let Pending::Transfer(moving) = &mut self.pending else { return };
        let op = moving.op;
        if moving.deadline(&self.config).is_none_or(|deadline| now < deadline) {
            return;
        }
        if moving.stage == Stage::Connecting && moving.begun + self.config.accept_timeout <= now {
            return self.cancel_transfer(Ended::NotConnected);
        }
        moving.checked = now;
        if !moving.checking {
            moving.checking = true;
            self.act(Action::Progress { op });
        }
    }
}
