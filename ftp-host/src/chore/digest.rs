//! Digests of files: of what is stored, and of what is being stored, so that a peer who asks for it afterwards costs no second
//! reading.

use super::{Chore, STEP};
use crate::storage::{Result, Source, Upload, from_io};
use crc32fast::Hasher as Crc32;
use ftp_core::action::{StorageAnswer, StorageError};
use ftp_core::digest::Algorithm;
use ftp_core::listing::Entry;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Digests that are remembered for one login; the oldest makes room.
const REMEMBERED: usize = 256;

/// Bytes read at a time by [`digest`].
const DIGESTED: usize = 256 << 10;

/// A digest of the bytes so far.
enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
    Sha1(Sha1),
    Md5(Md5),
    Crc32(Crc32),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
            Self::Sha1(hash) => hash.update(bytes),
            Self::Md5(hash) => hash.update(bytes),
            Self::Crc32(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
            Self::Sha1(hash) => hash.finalize().to_vec(),
            Self::Md5(hash) => hash.finalize().to_vec(),
            Self::Crc32(hash) => hash.finalize().to_be_bytes().to_vec(),
        }
    }
}

/// The digest of all that `reader` gives.
///
/// # Errors
/// What it says.
pub fn digest(algorithm: Algorithm, mut reader: impl Read) -> io::Result<Vec<u8>> {
    let (mut hasher, mut room) = (Hasher::new(algorithm), vec![0; DIGESTED]);
    loop {
        match reader.read(&mut room) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => hasher.update(room.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Which content a digest is of. A file that is replaced, changed or added to is another.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Summed {
    path: VirtualPath,
    algorithm: Algorithm,
    size: u64,
    modified: WallTime,
    unique: (u64, u64),
}

impl Summed {
    /// `None` where the storage does not tell enough to know the same content again.
    pub(crate) fn new(path: &VirtualPath, algorithm: Algorithm, facts: &Entry) -> Option<Self> {
        let (size, modified, unique) = (facts.size?, facts.modified?, facts.unique?);
        Some(Self { path: path.clone(), algorithm, size, modified, unique })
    }
}

type Known = VecDeque<(Summed, Vec<u8>)>;

/// The digests of whole files that were computed since the login. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Digests {
    known: Arc<Mutex<Known>>,
}

impl Digests {
    pub(crate) fn get(&self, summed: &Summed) -> Option<Vec<u8>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == summed).map(|(_, digest)| digest.clone())
    }

    fn put(&self, summed: Summed, digest: Vec<u8>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| *other != summed);
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((summed, digest));
    }
}

/// A digest of what is stored, as it is being read.
pub(crate) struct Hashing {
    reader: Box<dyn Read + Send>,
    hasher: Option<Hasher>,
    start: u64,
    /// The bytes read so far.
    read: u64,
    remember: Option<(Digests, Summed)>,
}

impl Hashing {
    /// Of the bytes of `source`, which begins at `start`, or of the first `length` of them. The digest of a whole file is
    /// put where `remember` says.
    pub(crate) fn new(
        source: Source,
        algorithm: Algorithm,
        start: u64,
        length: Option<u64>,
        remember: Option<(Digests, Summed)>,
    ) -> Self {
        let reader = source.into_reader();
        let reader = match length {
            Some(length) => Box::new(reader.take(length)),
            None => reader,
        };
        Self { reader, hasher: Some(Hasher::new(algorithm)), start, read: 0, remember }
    }
}

impl Chore for Hashing {
    fn step(&mut self) -> Result<Option<StorageAnswer>> {
        let mut room = vec![0; 64 << 10];
        let mut budget = STEP;
        while budget > 0 {
            match self.reader.read(&mut room) {
                Ok(0) => {
                    let digest = self.hasher.take().ok_or(StorageError::Local)?.finish();
                    // Only if it is of as many bytes as the file had; it may have grown meanwhile.
                    if let Some((digests, summed)) = self.remember.take()
                        && summed.size == self.read
                    {
                        digests.put(summed, digest.clone());
                    }
                    return Ok(Some(StorageAnswer::Digest { digest, start: self.start, end: self.start + self.read }));
                }
                Ok(count) => {
                    let bytes = room.get(..count).unwrap_or_default();
                    self.hasher.as_mut().ok_or(StorageError::Local)?.update(bytes);
                    self.read += count as u64;
                    budget = budget.saturating_sub(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(&error)),
            }
        }
        Ok(None)
    }
}

/// An upload whose digest is computed as it comes in.
struct Summing {
    upload: Box<dyn Upload>,
    algorithm: Algorithm,
    hasher: Hasher,
    digests: Digests,
}

impl Digests {
    /// Wraps an upload that begins with its first byte.
    pub(crate) fn of_upload(&self, upload: Box<dyn Upload>, algorithm: Algorithm) -> Box<dyn Upload> {
        Box::new(Summing { upload, algorithm, hasher: Hasher::new(algorithm), digests: self.clone() })
    }
}

impl Upload for Summing {
    fn path(&self) -> &VirtualPath {
        self.upload.path()
    }

    /// None: what the kernel moves by itself nobody sees.
    fn file(&mut self) -> Option<&File> {
        None
    }

    fn facts(&self) -> Result<Entry> {
        self.upload.facts()
    }

    fn reserve(&mut self, bytes: u64) -> Result<()> {
        self.upload.reserve(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.write(bytes)?;
        self.hasher.update(bytes);
        Ok(())
    }

    fn publish(self: Box<Self>) -> Result<()> {
        // The facts of the file itself, before another may have its name.
        let summed = self.upload.facts().ok();
        let summed = summed.and_then(|facts| Summed::new(self.upload.path(), self.algorithm, &facts));
        self.upload.publish()?;
        if let Some(summed) = summed {
            self.digests.put(summed, self.hasher.finish());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's and RFC 1321's own examples, and the check value that CRC catalogues give.
    #[test]
    fn digests_of_the_published_examples() {
        let digest = |algorithm, bytes: &[u8]| {
            let mut hasher = Hasher::new(algorithm);
            bytes.chunks(2).for_each(|piece| hasher.update(piece));
            hasher.finish().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        };
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(Algorithm::Sha256, b"abc"), sha256);
        assert!(digest(Algorithm::Sha512, b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(digest(Algorithm::Sha1, b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(digest(Algorithm::Md5, b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digest(Algorithm::Crc32, b"123456789"), "cbf43926");
    }
}
