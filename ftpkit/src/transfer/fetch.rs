//! [`fetch`]: a file from the server.

use super::held::{Held, held};
use super::overlap::{DIFFERS, Overlap};
use super::proof::compare;
use super::{Care, OVERLAP, Verify, system_time};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::{broken, disk, failure};
use crate::remote::{Looker, Moved, Session};
use ftp_core::action::TransferError;
use ftp_core::client::{ClientError, Request};
use ftp_core::codec::Codec;
use ftp_core::command::Changes;
use ftp_core::time::WallTime;
use ftp_host::client::End;
use ftp_host::pump::Sink;
use ftp_host::storage::Upload;
use std::fs::FileTimes;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, PermissionsExt};

/// What is to be fetched, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Fetch<'a> {
    /// Where it is on the server.
    pub(crate) path: &'a [u8],
    /// What happens to its bytes.
    pub(crate) codec: Codec,
    /// Its size, where the server told.
    pub(crate) size: Option<u64>,
    /// The time of its last change, where the server told.
    pub(crate) modified: Option<WallTime>,
    /// Its permission bits, where the server told.
    pub(crate) mode: Option<u32>,
    /// Bytes that are there already; the upload is opened to go on behind them.
    pub(crate) present: u64,
    /// As the user would write it: the URL.
    pub(crate) shown: &'a str,
    /// The same of the file that it becomes.
    pub(crate) file: &'a str,
}

/// Fetches it into `upload`, and publishes that when it is whole. What is there of it is compared with the server's first, as far as
/// [`OVERLAP`] reaches back.
///
/// # Errors
/// [`Failure`]. With [`Exit::Conflict`], what is there is not the beginning of the file.
pub(crate) fn fetch(
    session: &mut Session,
    order: &Fetch<'_>,
    upload: Box<dyn Upload>,
    care: Care,
    looker: &mut dyn Looker,
) -> Result<Moved, Failure> {
    let (request, end, held) = begin_fetch(order, upload)?;
    let moved = session.transfer(request, end, looker).map_err(|error| order.failure(&error))?;
    let came = order.came(moved.bytes);
    prove(session, order, came, care)?;
    if care.verify == Verify::Hash {
        let compared = held.with_file(|file| {
            compare(session, order.path, order.codec, (file, u64::MAX), (order.shown, order.file)).inspect_err(
                |failure| {
                    if failure.exit == Exit::Verification {
                        // It is not to be gone on with. Emptied, it goes.
                        let _ = file.set_len(0);
                    }
                },
            )
        });
        compared.unwrap_or_else(|| Err(unreadable(order)))?;
    }
    order.publish(held, care)?;
    Ok(Moved { bytes: came.saturating_sub(order.present), ..moved })
}

/// What is asked of the server, where the bytes go, and what is to be [published](Fetch::publish) once they are proven to be all.
///
/// # Errors
/// [`Failure`], if what is there cannot be read.
pub(crate) fn begin_fetch(order: &Fetch<'_>, mut upload: Box<dyn Upload>) -> Result<(Request, End, Held), Failure> {
    let offset = order.present - repeated(order.present);
    if order.present > 0 {
        let expected = tail(upload.as_mut(), order)?;
        upload = Box::new(Overlap::new(upload, expected));
    }
    let (upload, held) = held(upload);
    let request = Request::Retrieve { path: order.path.to_vec(), offset, codec: order.codec };
    Ok((request, End::Sink(Sink::Upload(upload)), held))
}

/// The bytes that come once more when a transfer goes on behind so many.
pub(crate) fn repeated(present: u64) -> u64 {
    present.min(OVERLAP)
}

fn unreadable(order: &Fetch<'_>) -> Failure {
    Failure::new(Exit::Verification, format!("cannot verify {}", order.shown), "what came cannot be read again")
}

/// The last bytes of what is there.
fn tail(upload: &mut dyn Upload, order: &Fetch<'_>) -> Result<Vec<u8>, Failure> {
    let length = repeated(order.present);
    let mut tail = vec![0; length as usize];
    let read = match upload.file() {
        Some(file) => file.read_exact_at(&mut tail, order.present - length),
        None => Err(ErrorKind::Unsupported.into()),
    };
    read.map_err(|error| Failure::new(Exit::Disk, format!("cannot read {}", order.file), error))?;
    Ok(tail)
}

/// Proves that `came` bytes are the whole file.
///
/// # Errors
/// [`Failure`]: they are not, or nobody can tell.
pub(super) fn prove(session: &mut Session, order: &Fetch<'_>, came: u64, care: Care) -> Result<(), Failure> {
    let what = || format!("cannot fetch {}", order.shown);
    let mut size = order.size;
    // A size from a listing may be out of date; the server itself is asked before the file is called cut.
    if care.verify == Verify::Size || !order.is_whole(came) {
        let asked = session.size(order.path).map_err(|error| failure(what(), &error))?;
        // Of what has bytes some servers say 0.
        size = asked.filter(|&size| size > 0 || came == 0).or(size);
    }
    match size {
        Some(size) if size != came && order.codec.is_raw() => {
            Err(broken(what(), &format!("{came} of {size} bytes came")))
        }
        None if care.verify == Verify::Size => {
            Err(Failure::new(Exit::Verification, what(), "the server does not tell its size"))
        }
        _ => Ok(()),
    }
}

impl Fetch<'_> {
    /// The bytes of the file that are here when `moved` have come.
    pub(crate) fn came(&self, moved: u64) -> u64 {
        (self.present - repeated(self.present)).saturating_add(moved)
    }

    /// Are so many bytes the whole file? Stream mode has no end mark of its own (RFC 959 3.4.1): the size is the proof.
    pub(crate) fn is_whole(&self, came: u64) -> bool {
        !self.codec.is_raw() || self.size.is_none_or(|size| size == came)
    }

    /// Gives it its name, and its time where that is asked for.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not take it.
    pub(crate) fn publish(&self, held: Held, care: Care) -> Result<(), Failure> {
        let prepared = held.publish(|upload| {
            if care.preserve {
                preserve(upload, self);
            }
        });
        prepared.map_err(|error| disk(format!("cannot write {}", self.file), error))
    }

    /// Writes all of it into `upload`, and publishes that.
    ///
    /// # Errors
    /// [`Failure`], if the disk does not take it.
    pub(crate) fn write(&self, mut upload: Box<dyn Upload>, bytes: &[u8], care: Care) -> Result<(), Failure> {
        let written = upload.write(bytes).and_then(|()| {
            if care.preserve {
                preserve(upload.as_mut(), self);
            }
            upload.publish()
        });
        written.map_err(|error| disk(format!("cannot write {}", self.file), error))
    }

    /// The time and the permission bits that it is to have.
    pub(crate) fn facts(&self, care: Care) -> Changes {
        let modified = self.modified.filter(|&time| care.preserve && system_time(time).is_some());
        Changes { modified, created: None, mode: self.mode.filter(|_| care.preserve).map(|mode| mode & 0o777) }
    }

    /// What the error means to the user.
    pub(crate) fn failure(&self, error: &ClientError) -> Failure {
        match error {
            ClientError::Transfer(TransferError::Storage(DIFFERS)) if self.present > 0 => Failure::new(
                Exit::Conflict,
                format!("cannot go on with {}", self.file),
                "it is not the beginning of the server's file",
            )
            .with_remedy("--on-conflict overwrite fetches it anew")
            .or_at_prompt("`conflict overwrite`, and get fetches it anew"),
            // The local end is at fault, not the URL.
            ClientError::Transfer(TransferError::Storage(_)) => failure(format!("cannot write {}", self.file), error),
            _ => failure(format!("cannot fetch {}", self.shown), error),
        }
    }
}

/// Time and permission bits are a courtesy: a file that cannot have them is whole all the same.
pub(super) fn preserve(upload: &mut dyn Upload, order: &Fetch<'_>) {
    let Some(file) = upload.file() else { return };
    if let Some(time) = order.modified.and_then(system_time) {
        let _ = file.set_times(FileTimes::new().set_modified(time));
    }
    if let Some(mode) = order.mode {
        let _ = file.set_permissions(std::fs::Permissions::from_mode(mode & 0o777));
    }
}
