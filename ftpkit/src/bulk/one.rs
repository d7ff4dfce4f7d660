//! [`Mover`]: one file of a job, moved between this machine and a server: several at once on a connection ([`prepare`](Mover::prepare), [`begin`](Mover::begin),
//! [`finish`](Mover::finish)), or [`alone`](Mover::alone), where something has to be asked about it.

use super::local::virtual_path;
use super::plan::{Move, SMALL};
use super::report::{OneFile, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::join;
use crate::remote::refusal::{disk as refused, failure};
use crate::remote::{FtpUrl, Session};
use crate::text::shown;
use crate::transfer::{
    Care, Fetch, Held, Segments, Store, Verify, ask_version, begin_fetch, begin_store, fetch, is_worth_cutting, store,
};
use ftp_core::action::{StorageError, StoreMode, TransferError};
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::codec::Codec;
use ftp_core::command::Mode;
use ftp_core::time::WallTime;
use ftp_host::client::End;
use ftp_host::pump::{Memory, Sink};
use ftp_host::storage::{Disk, Folder, Left, Source, Storage};
use std::time::{Duration, Instant};

/// What all files of a job have in common.
pub(super) struct Mover<'a> {
    /// Which way the files go.
    pub(super) way: Way,
    /// The local side.
    pub(super) disk: &'a Disk,
    /// The local root, as the user would write it.
    pub(super) dir: &'a str,
    /// The remote root.
    pub(super) url: &'a FtpUrl,
    pub(super) codec: Codec,
    /// Small files may go in MODE B, where the server does best with that.
    pub(super) blocks: bool,
    pub(super) care: Care,
    pub(super) report: &'a Report,
}

/// Which way files go between this machine and a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// They are fetched.
    Here,
    /// They are stored.
    There,
}

/// TYPE I and MODE B: a data connection that stays open for the next file.
pub(super) const BLOCKS: Codec = Codec { mode: Mode::Block, ..Codec::RAW };

/// The directory that a connection's last small file went to, held open for the next.
pub(super) type Last = Option<Folder>;

/// Where a download is until it is proven whole.
enum Landing {
    Aside(Held),
    Memory(Memory),
}

/// What can be done with a file.
pub(super) enum Prepared<'p> {
    /// It can be begun behind others.
    Ready(Box<Ready<'p>>),
    /// Something has to be asked first, or afterwards.
    Alone,
}

/// A file that can be begun.
pub(super) struct Ready<'p> {
    one: One<'p>,
    request: Request,
    end: End,
    /// Of a download.
    landing: Option<Landing>,
    /// Its size, if it goes in MODE B.
    blocks: Option<u64>,
}

/// A file that is under way.
pub(super) struct Begun<'p> {
    one: One<'p>,
    /// Of a download.
    landing: Option<Landing>,
    /// Its size, if it goes in MODE B.
    blocks: Option<u64>,
    /// Looks on while it moves.
    looker: OneFile<'p>,
    /// What came of it, once it is known.
    outcome: Option<Result<Outcome, ClientError>>,
    /// Its time is being set behind it, which is still to be answered.
    dating: bool,
    /// What came of that.
    dated: Result<(), ClientError>,
    began: Instant,
}

impl<'p> Begun<'p> {
    /// Who looks on while it moves.
    pub(super) fn looker(&mut self) -> &mut OneFile<'p> {
        &mut self.looker
    }

    /// Takes what came of it, first of itself and then of what was asked for behind it: is that all? Both are taken, whatever the first one says.
    pub(super) fn is_answered(&mut self, result: Result<Outcome, ClientError>) -> bool {
        if self.outcome.is_none() {
            self.outcome = Some(result);
        } else {
            self.dated = result.map(drop);
            self.dating = false;
        }
        !self.dating
    }
}

/// A file, with the names that it has for the server and for people.
struct One<'p> {
    order: &'p Move,
    remote: Vec<u8>,
    url: String,
    file: String,
}

impl<'p, 'a: 'p> Mover<'a> {
    /// Opens what has to be opened here, so that the file can be begun. `careful`: it has failed before.
    ///
    /// # Errors
    /// [`Failure`], if it cannot be opened.
    pub(super) fn prepare(&self, session: &Session, order: &'p Move, careful: bool) -> Result<Prepared<'p>, Failure> {
        if careful || self.care.verify != Verify::Reply {
            return Ok(Prepared::Alone);
        }
        let one = self.one(order);
        let mut blocks = order.size.filter(|&size| self.blocks && size <= SMALL && session.keeps_data_connection());
        let codec = if blocks.is_some() { BLOCKS } else { self.codec };
        let (request, end, landing) = match self.way {
            Way::Here => {
                let begun = order.resume && (self.present(&one)? > 0 || self.left(order)?.is_some());
                if begun || self.is_to_be_cut(order) {
                    return Ok(Prepared::Alone);
                }
                // A small one is held in memory until it is proven whole, and then written in one piece.
                if self.codec.is_raw() && order.size.is_some_and(|size| size <= SMALL) {
                    virtual_path(&order.to)?;
                    let memory = Memory::new(SMALL as usize);
                    let request = Request::Retrieve { path: one.remote.clone(), offset: 0, codec };
                    let end = End::Sink(Sink::Writer(Box::new(memory.clone())));
                    let landing = Some(Landing::Memory(memory));
                    return Ok(Prepared::Ready(Box::new(Ready { one, request, end, landing, blocks })));
                }
                blocks = None;
                let upload = self.open_upload(&one, 0)?;
                let (request, end, held) = begin_fetch(&self.fetch_order(&one, 0), upload)?;
                (request, end, Some(Landing::Aside(held)))
            }
            Way::There if order.resume => return Ok(Prepared::Alone),
            Way::There => {
                let (source, size) = self.open_source(&one)?;
                // It may have grown since the plan was made.
                blocks = size.filter(|&size| blocks.is_some() && size <= SMALL);
                let codec = if blocks.is_some() { BLOCKS } else { self.codec };
                let order = Store { codec, ..self.store_order(&one, 0) };
                let (request, end) = begin_store(&order, source);
                (request, end, None)
            }
        };
        Ok(Prepared::Ready(Box::new(Ready { one, request, end, landing, blocks })))
    }

    /// Begins it, behind what was begun before.
    ///
    /// # Errors
    /// [`Failure`] of the connection.
    pub(super) fn begin(&self, session: &mut Session, ready: Ready<'p>) -> Result<Begun<'p>, Failure> {
        let Ready { one, request, end, landing, blocks } = ready;
        self.report.started(&one.url, &one.file, 0, one.order.size);
        session.begin(request, Some(end)).map_err(|error| self.failure(&one, &error))?;
        let request = if landing.is_none() { self.store_order(&one, 0).dating(session, self.care) } else { None };
        let dating = request.is_some();
        if let Some(request) = request {
            session.begin(request, None).map_err(|error| self.failure(&one, &error))?;
        }
        let looker = OneFile::new(self.report).at_most(blocks.unwrap_or(u64::MAX));
        Ok(Begun { one, landing, blocks, looker, outcome: None, dating, dated: Ok(()), began: Instant::now() })
    }

    /// Takes in what has been answered whole. Not true: fewer or more bytes came than were expected, and the server has to be asked.
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke.
    pub(super) fn finish(&self, session: &Session, begun: Begun<'p>, last: &mut Last) -> Result<bool, Failure> {
        let Begun { one, landing, blocks, outcome, dated, began, .. } = begun;
        let outcome = outcome.unwrap_or(Err(ClientError::Disconnected));
        let bytes = match outcome {
            Ok(Outcome::Transferred { bytes, .. }) => bytes,
            Ok(_) => return Err(self.failure(&one, &ClientError::Protocol("the end of a transfer"))),
            // It has grown beyond what is held in memory.
            Err(ClientError::Transfer(TransferError::Storage(StorageError::NoSpace)))
                if matches!(landing, Some(Landing::Memory(_))) =>
            {
                return Ok(false);
            }
            // The data connection that was to serve this file too is gone, or was never to be had so.
            Err(ClientError::NoDataConnection) if blocks.is_some() => return Ok(false),
            Err(ClientError::Refused(_)) if blocks.is_some() && !session.keeps_data_connection() => return Ok(false),
            Err(error) => return Err(self.failure(&one, &error)),
        };
        let bytes = blocks.unwrap_or(bytes);
        if let Some(landing) = landing {
            let order = self.fetch_order(&one, 0);
            match landing {
                Landing::Aside(held) if order.is_whole(bytes) => order.publish(held, self.care)?,
                Landing::Aside(_) => return Ok(false),
                Landing::Memory(memory) => {
                    let content = memory.take();
                    if !order.is_whole(content.len() as u64) {
                        return Ok(false);
                    }
                    self.put(&one, &content, last)?;
                }
            }
        }
        self.store_order(&one, 0).dated(dated)?;
        self.report.done(&one.url, &one.file, bytes, bytes, began.elapsed());
        Ok(true)
    }

    /// Writes a small file. Where something has its name it is an upload like others, which knows what to do with that.
    fn put(&self, one: &One<'_>, bytes: &[u8], last: &mut Last) -> Result<(), Failure> {
        let path = virtual_path(&one.order.to)?;
        let order = self.fetch_order(one, 0);
        let cannot = |error| refused(format!("cannot write {}", one.file), error);
        let folder = match last.take().filter(|folder| *folder.path() == path.parent()) {
            Some(folder) => folder,
            None => self.disk.folder(&path.parent()).map_err(cannot)?,
        };
        let put = folder.put_new(&path, bytes, &order.facts(self.care));
        *last = Some(folder);
        match put {
            Err(StorageError::Exists) => {
                let upload = self.disk.store(&path, StoreMode::Replace);
                order.write(upload.map_err(cannot)?, bytes, self.care)
            }
            put => put.map_err(cannot),
        }
    }

    /// Moves a file with nothing else under way on the connection.
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke.
    pub(super) fn alone(&self, session: &mut Session, order: &'p Move) -> Result<(), Failure> {
        let one = self.one(order);
        match self.way {
            Way::Here => self.fetch(session, &one),
            Way::There => self.store(session, &one),
        }
    }

    /// Is the file large enough to be fetched in segments, where that is asked for?
    pub(super) fn is_to_be_cut(&self, order: &Move) -> bool {
        matches!(self.way, Way::Here)
            && self.codec.is_raw()
            && order.size.is_some_and(|size| is_worth_cutting(size, self.care.segments))
    }

    /// What an interrupted run has left of it in pieces.
    fn left(&self, order: &Move) -> Result<Option<Left>, Failure> {
        if !matches!(self.way, Way::Here) || !order.resume {
            return Ok(None);
        }
        let left = self.disk.pieces_left(&virtual_path(&order.to)?);
        left.map_err(|error| refused(format!("cannot read {}", shown(&order.to)), error))
    }

    /// Opens a file to be fetched in segments, if that is asked for or has been begun so, and can be done.
    ///
    /// # Errors
    /// [`Failure`], if it cannot be opened, or of the connection.
    pub(super) fn cut(&self, session: &mut Session, order: &'p Move) -> Result<Option<Segments>, Failure> {
        let left = self.left(order)?;
        if left.is_none() && !self.is_to_be_cut(order) {
            return Ok(None);
        }
        let one = self.one(order);
        let asked = ask_version(session, &one.remote);
        let version = match asked.map_err(|error| failure(format!("cannot check {}", one.url), &error))? {
            Ok(version) => version,
            Err(why) => {
                self.report.remark(&one.file, &format!("in one piece: {why}"));
                return Ok(None);
            }
        };
        let there = match left {
            Some(left) => Some(left.present).filter(|_| left.version.may_be(&version)),
            None if order.resume => {
                let present = self.present(&one)?;
                if self.is_published(&one, present) {
                    return Ok(None);
                }
                Some(present).filter(|_| !differs(order, Some(version.size), version.modified))
            }
            None => None,
        };
        let missing = version.size.saturating_sub(there.unwrap_or(0));
        if left.is_none() && !is_worth_cutting(missing, self.care.segments) {
            return Ok(None);
        }
        let place = (self.disk, &virtual_path(&order.to)?);
        let fetch = self.fetch_order(&one, there.unwrap_or(0));
        let segments = Segments::open(&fetch, version, self.care, place, there, self.care.segments)?;
        if let Some(segments) = &segments {
            let count = segments.missing().len();
            self.report.started_in(count, &one.url, &one.file, segments.present(), version.size);
        }
        Ok(segments)
    }

    fn fetch(&self, session: &mut Session, one: &One<'_>) -> Result<(), Failure> {
        let mut present = if one.order.resume { self.present(one)? } else { 0 };
        if present > 0 && self.is_published(one, present) {
            self.report.done(&one.url, &one.file, 0, present, Duration::ZERO);
            return Ok(());
        }
        // What is there is of the file as it was when the plan was made.
        if present > 0 && has_changed(session, &one.remote, &one.url, one.order)? {
            present = 0;
        }
        self.fetch_from(session, one, present)
    }

    /// Fetches a file in one piece, whatever is there of it.
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke.
    pub(super) fn anew(&self, session: &mut Session, order: &'p Move) -> Result<(), Failure> {
        self.fetch_from(session, &self.one(order), 0)
    }

    fn fetch_from(&self, session: &mut Session, one: &One<'_>, mut present: u64) -> Result<(), Failure> {
        loop {
            let upload = self.open_upload(one, present)?;
            self.report.started(&one.url, &one.file, present, one.order.size);
            let mut looker = OneFile::new(self.report);
            match fetch(session, &self.fetch_order(one, present), upload, self.care, &mut looker) {
                Ok(moved) => {
                    self.report.done(&one.url, &one.file, moved.bytes, present + moved.bytes, moved.time);
                    return Ok(());
                }
                // What lies there is the beginning of another file.
                Err(failure) if failure.exit == Exit::Conflict && present > 0 => present = 0,
                Err(failure) => return Err(failure),
            }
        }
    }

    fn store(&self, session: &mut Session, one: &One<'_>) -> Result<(), Failure> {
        let mut present = 0;
        if one.order.resume {
            let asked = session.size(&one.remote);
            present = asked.map_err(|error| failure(format!("cannot check {}", one.url), &error))?.unwrap_or(0);
        }
        loop {
            let (source, size) = self.open_source(one)?;
            if size.is_some_and(|size| present > size) || size != one.order.size {
                present = 0;
            }
            if present > 0 && Some(present) == size {
                // Its last byte may have been the last that the server heard.
                let order = self.store_order(one, present);
                if let Some(request) = order.dating(session, self.care) {
                    order.dated(session.ask(request).map(drop))?;
                }
                self.report.done(&one.url, &one.file, 0, present, Duration::ZERO);
                return Ok(());
            }
            self.report.started(&one.url, &one.file, present, size);
            let mut looker = OneFile::new(self.report);
            match store(session, &self.store_order(one, present), source, self.care, &mut looker) {
                Ok(moved) => {
                    self.report.done(&one.url, &one.file, moved.bytes, present + moved.bytes, moved.time);
                    return Ok(());
                }
                Err(failure) if failure.exit == Exit::Conflict && present > 0 => present = 0,
                Err(failure) => return Err(failure),
            }
        }
    }

    fn one(&self, order: &'p Move) -> One<'p> {
        let (theirs, ours) = match self.way {
            Way::Here => (&order.from, &order.to),
            Way::There => (&order.to, &order.from),
        };
        let remote = join(&self.url.path, theirs);
        let file = match self.dir {
            "." => shown(ours),
            dir => format!("{}/{}", dir.trim_end_matches('/'), shown(ours)),
        };
        One { order, url: self.url.at(remote.clone()).to_string(), remote, file }
    }

    fn fetch_order<'o>(&self, one: &'o One<'_>, present: u64) -> Fetch<'o> {
        Fetch {
            path: &one.remote,
            codec: self.codec,
            size: one.order.size,
            modified: one.order.modified(),
            mode: one.order.mode,
            present,
            shown: &one.url,
            file: &one.file,
        }
    }

    fn store_order<'o>(&self, one: &'o One<'_>, present: u64) -> Store<'o> {
        Store {
            path: &one.remote,
            codec: self.codec,
            modified: one.order.modified(),
            present,
            shown: &one.url,
            file: &one.file,
        }
    }

    fn failure(&self, one: &One<'_>, error: &ClientError) -> Failure {
        match self.way {
            Way::Here => self.fetch_order(one, 0).failure(error),
            Way::There => self.store_order(one, 0).failure(error),
        }
    }

    fn open_upload(&self, one: &One<'_>, present: u64) -> Result<Box<dyn ftp_host::storage::Upload>, Failure> {
        let mode = if present == 0 { StoreMode::Replace } else { StoreMode::ResumeAt(present) };
        let path = virtual_path(&one.order.to)?;
        // What was begun in pieces is of no use to whoever fetches it in one.
        let cleared = if one.order.resume || self.care.segments > 1 { self.disk.forget_pieces(&path) } else { Ok(()) };
        let upload = cleared.and_then(|()| self.disk.store(&path, mode));
        upload.map_err(|error| refused(format!("cannot write {}", one.file), error))
    }

    /// The local file, and its size.
    fn open_source(&self, one: &One<'_>) -> Result<(Source, Option<u64>), Failure> {
        let path = virtual_path(&one.order.from)?;
        let source = self.disk.open(&path, 0).map_err(|error| refused(format!("cannot read {}", one.file), error))?;
        let size = match &source {
            Source::File { remaining, .. } => Some(*remaining),
            Source::Stream { remaining, .. } => *remaining,
        };
        Ok((source, size))
    }

    /// Bytes to go on from: what an interrupted download left aside, or what stands under the name. More than the whole is no
    /// beginning of it.
    fn present(&self, one: &One<'_>) -> Result<u64, Failure> {
        let path = virtual_path(&one.order.to)?;
        let cannot = |error| refused(format!("cannot read {}", one.file), error);
        let present = match self.disk.partial(&path).map_err(cannot)? {
            Some(bytes) => bytes,
            None => match self.disk.entry(&path) {
                Ok(entry) => entry.size.unwrap_or(0),
                Err(StorageError::NotFound) => 0,
                Err(error) => return Err(cannot(error)),
            },
        };
        Ok(if one.order.size.is_some_and(|size| present > size) { 0 } else { present })
    }

    /// Does it stand under its name, whole and with the source's time?
    fn is_published(&self, one: &One<'_>, present: u64) -> bool {
        let Ok(path) = virtual_path(&one.order.to) else { return false };
        if one.order.size != Some(present) || self.disk.partial(&path) != Ok(None) {
            return false;
        }
        let same_time = |entry: ftp_core::listing::Entry| match (entry.modified, one.order.modified) {
            (Some(ours), Some(theirs)) => ours.seconds == theirs,
            _ => true,
        };
        self.disk.entry(&path).is_ok_and(|entry| !self.care.preserve || same_time(entry))
    }
}

/// Has the server's file another size or time than the plan says?
///
/// # Errors
/// [`Failure`] of the connection.
pub(super) fn has_changed(session: &mut Session, path: &[u8], url: &str, order: &Move) -> Result<bool, Failure> {
    let cannot = |error| failure(format!("cannot check {url}"), &error);
    let size = session.size_to_come(path).map_err(cannot)?;
    Ok(differs(order, size, session.modified(path).map_err(cannot)?))
}

/// Is the server's file, of this size and time, another than the plan says?
fn differs(order: &Move, size: Option<u64>, modified: Option<WallTime>) -> bool {
    if size.is_some() && order.size.is_some() && size != order.size {
        return true;
    }
    // A listing in the form of `ls` knows minutes only, and perhaps in a zone of its own.
    match (modified, order.modified) {
        (Some(now), Some(then)) if then % 60 != 0 => now.seconds != then,
        _ => false,
    }
}
