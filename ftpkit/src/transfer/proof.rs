//! [`compare`]: a file is what the server says it is, by a digest that the server makes of its own (HASH, or an X command).

use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Session;
use crate::remote::refusal::failure;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::codec::Codec;
use ftp_host::chore::digest;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

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
        return Err(Failure::new(Exit::Verification, what(), "converted text has another digest"));
    }
    let (algorithm, theirs) = match session.ask(Request::Digest { path: path.to_vec(), algorithm: None }) {
        Ok(Outcome::Digest { algorithm, digest }) => (algorithm, digest),
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => {
            let why = "the server makes no digest of it";
            return Err(Failure::new(Exit::Verification, what(), why).with_remedy("--verify size asks for less"));
        }
        Err(error) => return Err(failure(what(), &error)),
    };
    let ours = digest(algorithm, FromStart { file, offset: 0 }.take(size))
        .map_err(|error| Failure::new(Exit::Disk, format!("cannot read {name}"), error))?;
    if ours == theirs {
        return Ok(());
    }
    let why = format!("its digest and that of {name} differ");
    Err(Failure::new(Exit::Verification, what(), why).with_remedy("move it once more"))
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
