//! [`store`]: a file to the server.

use super::proof::compare as compare_digests;
use super::{Care, OVERLAP, Verify};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::{broken, failure};
use crate::remote::{Looker, Moved, Session};
use ftp_core::action::TransferError;
use ftp_core::client::{ClientError, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::time::WallTime;
use ftp_host::client::End;
use ftp_host::pump::{Memory, Sink};
use ftp_host::storage::Source;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// What is to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Store<'a> {
    /// Where it goes on the server.
    pub(crate) path: &'a [u8],
    /// What happens to its bytes.
    pub(crate) codec: Codec,
    /// The time of its last change, where it is known and the server can keep it (MFMT).
    pub(crate) modified: Option<WallTime>,
    /// Bytes that the server has already.
    pub(crate) present: u64,
    /// As the user would write the place: the URL.
    pub(crate) shown: &'a str,
    /// The same of the file.
    pub(crate) file: &'a str,
}

/// Stores what `source` gives, from its beginning. What the server has of it is compared first, as far as [`OVERLAP`] reaches back.
///
/// # Errors
/// [`Failure`]. With [`Exit::Conflict`], what the server has is not the beginning of the file.
pub(crate) fn store(
    session: &mut Session,
    order: &Store<'_>,
    source: Source,
    care: Care,
    looker: &mut dyn Looker,
) -> Result<Moved, Failure> {
    let copy = if care.verify == Verify::Hash { Some(again(order, &source)?) } else { None };
    let source = if order.present > 0 { behind(session, order, source)? } else { source };
    let (request, end) = begin_store(order, source);
    let moved = session.transfer(request, end, looker).map_err(|error| order.failure(&error))?;
    // Two pieces make a whole only if nobody else has added to it: the size tells.
    if order.codec.is_raw() && (order.present > 0 || care.verify == Verify::Size) {
        check_size(session, order, order.present.saturating_add(moved.bytes), care)?;
    }
    if let Some(copy) = copy {
        compare_digests(session, order.path, order.codec, (&copy, u64::MAX), (order.shown, order.file))?;
    }
    order.date(session, care)?;
    Ok(moved)
}

/// The same file, to be read once more.
fn again(order: &Store<'_>, source: &Source) -> Result<File, Failure> {
    match source {
        Source::File { file, .. } => {
            file.try_clone().map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", order.file), error))
        }
        Source::Stream { .. } => {
            let why = format!("{} cannot be read twice", order.file);
            Err(Failure::new(Exit::Verification, format!("cannot verify {}", order.shown), why))
        }
    }
}

/// What is asked of the server, and where the bytes come from: `source`, behind what is there already.
pub(crate) fn begin_store(order: &Store<'_>, source: Source) -> (Request, End) {
    // APPE rather than REST and STOR: there are servers that fill what REST skips with zeros.
    let how = if order.present == 0 { Upload::Replace } else { Upload::Append };
    (Request::Store { path: order.path.to_vec(), how, codec: order.codec }, End::Source(source))
}

impl Store<'_> {
    /// The request that gives it its time, where that is asked for and the server can.
    pub(crate) fn dating(&self, session: &Session, care: Care) -> Option<Request> {
        let time = self.modified.filter(|_| care.preserve && session.offers("MFMT"))?;
        Some(Request::SetModified { path: self.path.to_vec(), time })
    }

    /// Gives it its time, where that is asked for and the server can.
    ///
    /// # Errors
    /// [`Failure`] of the connection.
    pub(crate) fn date(&self, session: &mut Session, care: Care) -> Result<(), Failure> {
        match self.dating(session, care) {
            Some(request) => self.dated(session.ask(request).map(drop)),
            None => Ok(()),
        }
    }

    /// What came of that. It is a courtesy: the file is whole without it.
    ///
    /// # Errors
    /// [`Failure`] of the connection.
    pub(crate) fn dated(&self, result: Result<(), ClientError>) -> Result<(), Failure> {
        match result {
            Ok(()) | Err(ClientError::Refused(_) | ClientError::BadArgument) => Ok(()),
            Err(error) => Err(failure(format!("cannot date {}", self.shown), &error)),
        }
    }

    /// What the error means to the user.
    pub(crate) fn failure(&self, error: &ClientError) -> Failure {
        failure(format!("cannot store {}", self.shown), error)
    }
}

/// Has the server's file as many bytes as were sent?
///
/// # Errors
/// [`Failure`]: it has not, or the server does not tell although it was asked to.
pub(super) fn check_size(session: &mut Session, order: &Store<'_>, sent: u64, care: Care) -> Result<(), Failure> {
    let what = || format!("cannot check {}", order.shown);
    match session.size(order.path).map_err(|error| failure(what(), &error))? {
        Some(there) if there != sent => {
            let why = format!("the server's file has {there} bytes, not {sent}");
            Err(broken(format!("cannot store {}", order.shown), &why)
                .with_remedy("store it anew, without -c")
                .or_at_prompt("store it anew, with put"))
        }
        None if care.verify == Verify::Size => {
            Err(Failure::new(Exit::Verification, what(), "the server does not tell its size"))
        }
        _ => Ok(()),
    }
}

/// `source` behind what the server has, once that has been compared.
fn behind(session: &mut Session, order: &Store<'_>, source: Source) -> Result<Source, Failure> {
    let what = || format!("cannot go on with {}", order.shown);
    let cannot_read = |error: std::io::Error| Failure::new(Exit::Disk, format!("cannot read {}", order.file), error);
    let Source::File { mut file, remaining } = source else {
        return Err(Failure::new(Exit::Usage, what(), "only a file can be gone on with"));
    };
    if !compare(session, order, &file)? {
        let why = "what the server has is not the beginning of the file";
        return Err(Failure::new(Exit::Conflict, what(), why)
            .with_remedy("--on-conflict overwrite stores it anew")
            .or_at_prompt("`conflict overwrite`, and put stores it anew"));
    }
    file.seek(SeekFrom::Start(order.present)).map_err(cannot_read)?;
    Ok(Source::File { file, remaining: remaining.saturating_sub(order.present) })
}

/// Does the server's file end as ours goes there? Where the server does not let it be read, nobody can tell, and the size decides later.
fn compare(session: &mut Session, order: &Store<'_>, file: &File) -> Result<bool, Failure> {
    let length = order.present.min(OVERLAP);
    let mut ours = vec![0; length as usize];
    file.read_exact_at(&mut ours, order.present - length)
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", order.file), error))?;
    match tail(session, order) {
        Ok(theirs) => Ok(theirs == ours),
        // It is longer than it was.
        Err(ClientError::Transfer(TransferError::Storage(_))) => Ok(false),
        Err(ClientError::Refused(_)) => Ok(true),
        Err(error) => Err(failure(format!("cannot check {}", order.shown), &error)),
    }
}

/// The last bytes of what the server has, as far as [`OVERLAP`] reaches back.
///
/// # Errors
/// What the server said. With [`TransferError::Storage`], its file is longer than it was.
pub(super) fn tail(session: &mut Session, order: &Store<'_>) -> Result<Vec<u8>, ClientError> {
    let length = order.present.min(OVERLAP);
    let theirs = Memory::new(length as usize);
    let request = Request::Retrieve { path: order.path.to_vec(), offset: order.present - length, codec: Codec::RAW };
    let sink = Sink::Writer(Box::new(theirs.clone()));
    session.transfer(request, End::Sink(sink), &mut Unseen)?;
    Ok(theirs.take())
}

/// Nobody looks.
pub(crate) struct Unseen;

impl Looker for Unseen {
    fn moved(&mut self, _: u64) {}
}
