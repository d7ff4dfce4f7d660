//! [`Segments`]: one file, fetched over several connections at once, a piece over each. RETR has no end (RFC 959 4.1.3), so a piece is
//! begun with REST (RFC 3659 5.3) and, where others follow it, its data connection is closed when it is whole; the bytes that are on
//! their way by then are lost, as many as the network holds.
//!
//! All pieces must be of one state of the file: the server is asked for its size and time before the first and after the last, and where one
//! is gone on with, the last bytes that are there come once more and are compared. Whoever serves no such thing is asked for the
//! file in one piece.

use super::cut::cut;
use super::fetch::{Fetch, preserve, repeated};
use super::overlap::Overlap;
use super::proof::compare;
use super::{Care, Verify};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::{broken, disk as refused, failure};
use crate::remote::{Looker, Session};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::client::{ClientError, Request};
use ftp_core::codec::Codec;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use ftp_host::client::End;
use ftp_host::pump::Sink;
use ftp_host::storage::{Disk, Piece, Pieces, Upload, Version};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// A file that is fetched in segments.
pub(crate) struct Segments {
    path: Vec<u8>,
    modified: Option<WallTime>,
    mode: Option<u32>,
    /// As the user would write it: the URL.
    pub(crate) shown: String,
    /// The same of the file that it becomes.
    pub(crate) file: String,
    care: Care,
    pieces: Pieces,
    /// Why the pieces are of no use.
    verdict: Mutex<Option<Verdict>>,
}

/// Why the pieces of a file are of no use.
enum Verdict {
    /// The server does not begin in the middle of a file.
    NoRestart,
    /// This.
    Failed(Failure),
}

/// What a [writer](Pieces::writer) says when more comes than its piece.
const MORE: StorageError = StorageError::Exists;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It is whole, and has its name.
    Whole,
    /// The server does not begin in the middle of a file: it can only be had in one piece.
    NoRestart,
}

/// What the server tells of a file that is to be fetched in segments; or why that cannot be done.
///
/// # Errors
/// What broke.
pub(crate) fn ask_version(session: &mut Session, path: &[u8]) -> Result<Result<Version, &'static str>, ClientError> {
    // Whoever supports it must list it (RFC 3659 5.3).
    if !session.offers("REST STREAM") {
        return Ok(Err("the server does not offer REST STREAM"));
    }
    match session.size_and_time_to_come(path)? {
        (Some(size), modified) => Ok(Ok(Version { size, modified })),
        (None, _) => Ok(Err("the server does not tell its size")),
    }
}

impl Segments {
    /// Opens a file of this version to come in at most so many pieces at once. `there`: what is there of it is gone on with, the first so many
    /// bytes of it where it is in one piece yet. `None`: there is no way to keep it aside so.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not take it.
    pub(crate) fn open(
        order: &Fetch<'_>,
        version: Version,
        care: Care,
        (disk, path): (&Disk, &VirtualPath),
        there: Option<u64>,
        parts: usize,
    ) -> Result<Option<Self>, Failure> {
        let pieces = match disk.pieces(path, version, there, |there| cut(there, parts)) {
            Ok(pieces) => pieces,
            Err(StorageError::Unsupported) => return Ok(None),
            Err(error) => return Err(refused(format!("cannot write {}", order.file), error)),
        };
        Ok(Some(Self {
            path: order.path.to_vec(),
            modified: version.modified.or(order.modified),
            mode: order.mode,
            shown: order.shown.to_owned(),
            file: order.file.to_owned(),
            care,
            pieces,
            verdict: Mutex::new(None),
        }))
    }

    /// The bytes of the whole file.
    pub(crate) fn size(&self) -> u64 {
        self.pieces.version().size
    }

    /// The bytes that are there.
    pub(crate) fn present(&self) -> u64 {
        self.pieces.pieces().iter().map(Piece::present).sum()
    }

    /// The numbers of the pieces of which something is missing.
    pub(crate) fn missing(&self) -> Vec<usize> {
        let pieces = self.pieces.pieces().into_iter().enumerate();
        pieces.filter(|(_, piece)| piece.missing() > 0).map(|(number, _)| number).collect()
    }

    /// Fetches what is missing of one piece. The looker sees bytes that were not there before.
    ///
    /// # Errors
    /// [`Failure`], with what the server said or what broke. Another attempt goes on from there.
    pub(crate) fn fetch(&self, session: &mut Session, number: usize, looker: &mut dyn Looker) -> Result<(), Failure> {
        let Some(piece) = self.piece(number).filter(|piece| piece.missing() > 0) else { return Ok(()) };
        let repeated = repeated(piece.present());
        let offset = piece.at - repeated;
        let mut upload: Box<dyn Upload> = Box::new(self.pieces.writer(number));
        if repeated > 0 {
            let mut tail = vec![0; repeated as usize];
            let read = self.pieces.file().read_exact_at(&mut tail, offset);
            read.map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", self.file), error))?;
            upload = Box::new(Overlap::new(upload, tail));
        }
        let request = Request::Retrieve { path: self.path.clone(), offset, codec: Codec::RAW };
        let mut looker = OfPiece { looker, repeated, missing: piece.missing() };
        let result = session.transfer(request, End::Sink(Sink::Upload(upload)), &mut looker);
        // Another connection found that all this is of no use.
        let Some(now) = self.piece(number) else { return Ok(()) };
        looker.looker.moved(now.at.saturating_sub(piece.at));
        let is_last = now.end == self.size();
        match result {
            // More than the file had: it has grown, or the server began at its front.
            Err(ClientError::Transfer(TransferError::Storage(MORE))) if is_last => {
                self.give_up(Verdict::NoRestart);
                Ok(())
            }
            Ok(_) | Err(ClientError::Transfer(TransferError::Storage(MORE))) if now.missing() == 0 => Ok(()),
            Ok(moved) => {
                let came = offset + moved.bytes;
                self.check_unchanged(session)?;
                Err(broken(self.what(), &format!("{came} of {} bytes came", now.end)))
            }
            Err(error) => {
                let failure = self.order(piece.at).failure(&error);
                match failure.exit {
                    Exit::Conflict => self.give_up(Verdict::Failed(failure)),
                    Exit::Refused | Exit::NotFound if offset > 0 && !failure.passes() => {
                        self.give_up(Verdict::NoRestart);
                    }
                    _ => return Err(failure),
                }
                Ok(())
            }
        }
    }

    /// All pieces are there, as far as their connections could fetch them: proves that they are the file, and gives that its name.
    ///
    /// # Errors
    /// [`Failure`]: they are not, or something is missing.
    pub(crate) fn conclude(&self, session: &mut Session) -> Result<Ended, Failure> {
        match &*self.verdict.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Verdict::NoRestart) => return Ok(Ended::NoRestart),
            Some(Verdict::Failed(failure)) => return Err(failure.clone()),
            None => {}
        }
        self.check_unchanged(session)?;
        let (url, file) = (self.shown.as_str(), self.file.as_str());
        if self.care.verify == Verify::Hash {
            let compared = compare(session, &self.path, Codec::RAW, (self.pieces.file(), self.size()), (url, file));
            compared.inspect_err(|failure| {
                if failure.exit == Exit::Verification {
                    self.pieces.discard();
                }
            })?;
        }
        let published = self.pieces.join().and_then(|mut upload| {
            if self.care.preserve {
                preserve(upload.as_mut(), &self.order(0));
            }
            upload.publish()
        });
        published.map_err(|error| refused(format!("cannot write {file}"), error))?;
        Ok(Ended::Whole)
    }

    /// Is the server's file still the one that the pieces are of?
    fn check_unchanged(&self, session: &mut Session) -> Result<(), Failure> {
        let asked = ask_version(session, &self.path).map_err(|error| failure(self.what(), &error))?;
        match asked {
            Ok(now) if !now.may_be(&self.pieces.version()) => {
                self.pieces.discard();
                let why = "it has changed on the server meanwhile";
                Err(Failure::new(Exit::Verification, self.what(), why).with_remedy("fetch it once more"))
            }
            _ => Ok(()),
        }
    }

    fn give_up(&self, verdict: Verdict) {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(verdict);
        self.pieces.discard();
    }

    fn piece(&self, number: usize) -> Option<Piece> {
        self.pieces.pieces().get(number).copied()
    }

    fn what(&self) -> String {
        format!("cannot fetch {}", self.shown)
    }

    /// The file as one transfer of it has it.
    fn order(&self, present: u64) -> Fetch<'_> {
        Fetch {
            path: &self.path,
            codec: Codec::RAW,
            size: Some(self.size()),
            modified: self.modified,
            mode: self.mode,
            present,
            shown: &self.shown,
            file: &self.file,
        }
    }
}

/// Looks on while a piece moves: what comes once more, and what comes too much, is not of the file.
struct OfPiece<'a> {
    looker: &'a mut dyn Looker,
    repeated: u64,
    missing: u64,
}

impl Looker for OfPiece<'_> {
    fn moved(&mut self, bytes: u64) {
        self.looker.moved(bytes.saturating_sub(self.repeated).min(self.missing));
    }

    fn aside(&self, print: &mut dyn FnMut()) {
        self.looker.aside(print);
    }
}
