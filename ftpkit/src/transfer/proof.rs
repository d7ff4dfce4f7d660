//! [`compare`]: a file is what the server says it is, by a digest that the server makes of its own (HASH, or an X command).

use super::carry::Fault;
use super::fetch::Fetch;
use super::store::Store;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Session;
use crate::remote::refusal::failure;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::codec::Codec;
use ftp_core::digest::Algorithm;
use ftp_host::chore::digest;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

const CONVERTED: &str = "converted text has another digest";

/// Compares the server's digest of `path` with that of the first `size` bytes of our file, whose name is `name`.
///
/// # Errors
/// [`Failure`]: they differ, or the server makes none.
pub(super) fn compare(
    session: &mut Session,
    path: &[u8],
    codec: Codec,
    (file, size): (&File, u64),
    (url, name): (&str, &str),
) -> Result<(), Failure> {
    let what = || format!("cannot verify {url}");
    if !codec.is_raw() {
        return Err(Failure::new(Exit::Verification, what(), CONVERTED));
    }
    let Some((algorithm, theirs)) = made(session, path, None, what)? else {
        let why = "the server makes no digest of it";
        return Err(Failure::new(Exit::Verification, what(), why).with_remedy("--verify size asks for less"));
    };
    let ours = digest(algorithm, FromStart { file, offset: 0 }.take(size))
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot read {name}"), error))?;
    if ours == theirs {
        return Ok(());
    }
    let why = format!("its digest and that of {name} differ");
    Err(Failure::new(Exit::Verification, what(), why).with_remedy("move it once more"))
}

/// Compares the two servers' digests of a file, of an algorithm that both have. Not true: there is none.
///
/// # Errors
/// [`Fault`]: they differ, or a connection broke.
pub(super) fn compare_servers(
    source: &mut Session,
    target: &mut Session,
    (fetch, store): (&Fetch<'_>, &Store<'_>),
) -> Result<bool, Fault> {
    if !fetch.codec.is_raw() || !store.codec.is_raw() {
        let what = format!("cannot verify {}", store.shown);
        return Err(Fault::Target(Failure::new(Exit::Verification, what, CONVERTED)));
    }
    let mut of_source = |algorithm| {
        made(source, fetch.path, algorithm, || format!("cannot verify {}", fetch.shown)).map_err(Fault::Source)
    };
    let mut of_target = |algorithm| {
        made(target, store.path, algorithm, || format!("cannot verify {}", store.shown)).map_err(Fault::Target)
    };
    let Some((first, theirs)) = of_source(None)? else { return Ok(false) };
    let pair = match of_target(Some(first))? {
        Some((_, there)) => Some((theirs, there)),
        // The one that the target likes best, the source may know too.
        None => match of_target(None)? {
            Some((other, there)) => of_source(Some(other))?.map(|(_, theirs)| (theirs, there)),
            None => None,
        },
    };
    match pair {
        None => Ok(false),
        Some((theirs, there)) if theirs == there => Ok(true),
        Some(_) => {
            let why = format!("its digest and that of {} differ", fetch.shown);
            let what = format!("cannot verify {}", store.shown);
            Err(Fault::Target(Failure::new(Exit::Verification, what, why).with_remedy("move it once more")))
        }
    }
}

/// The digest that a server makes of a file, of this algorithm or the best that it has. `None`: it makes none.
fn made(
    session: &mut Session,
    path: &[u8],
    algorithm: Option<Algorithm>,
    what: impl Fn() -> String,
) -> Result<Option<(Algorithm, Vec<u8>)>, Failure> {
    match session.ask(Request::Digest { path: path.to_vec(), algorithm }) {
        Ok(Outcome::Digest { algorithm, digest }) => Ok(Some((algorithm, digest))),
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => Ok(None),
        Err(error) => Err(failure(what(), &error)),
    }
}

/// Reads a file from its start, wherever its position is.
struct FromStart<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(room, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
