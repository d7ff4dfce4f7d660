//! Digests and ranges: HASH and OPTS HASH (draft-ietf-ftpext2-hash), the X commands before it, and RANG
//! (draft-bryan-ftp-range).

use super::answer::{quoted, text};
use super::files::Then;
use super::session::ServerSession;
use crate::action::StorageCall;
use crate::codec::Representation;
use crate::command::{RangedPath, Verb};
use crate::digest::Algorithm;
use crate::path::VirtualPath;
use alloc::format;
use alloc::vec::Vec;

/// What the commands of this room have set.
#[derive(Debug, Default)]
pub(super) struct Digests {
    /// `OPTS HASH`.
    chosen: Option<Algorithm>,
    /// The algorithm that was last used: the next upload may be asked for it too.
    pub(super) wanted: Option<Algorithm>,
    /// RANG's first and last octet, for the very next command that heeds it.
    pub(super) range: Option<(u64, u64)>,
}

impl Digests {
    fn algorithm(&self) -> Algorithm {
        self.chosen.unwrap_or(Algorithm::Sha256)
    }

    /// The line of FEAT: the algorithm in use has the asterisk.
    pub(super) fn write_feature(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"HASH ");
        for (place, algorithm) in Algorithm::ALL.into_iter().enumerate() {
            out.extend_from_slice(if place == 0 { b"" } else { b";" });
            out.extend_from_slice(algorithm.name().as_bytes());
            out.extend_from_slice(if algorithm == self.algorithm() { b"*" } else { b"" });
        }
    }
}

impl ServerSession {
    pub(super) fn choose_digest(&mut self, name: Option<&[u8]>) {
        let chosen = match name.map(Algorithm::from_name) {
            None => self.digests.algorithm(),
            Some(Some(algorithm)) => algorithm,
            Some(None) => return self.answer(Verb::Opts, 504, &b"No such algorithm; FEAT lists them."[..]),
        };
        self.digests.chosen = Some(chosen);
        self.digests.wanted = Some(chosen);
        self.answer_data(Verb::Opts, 200, chosen.name().as_bytes());
    }

    /// HASH: of the whole file, or of the range that RANG set.
    pub(super) fn hash(&mut self, argument: &[u8]) {
        let (start, end) = match self.digests.range.take() {
            Some((first, last)) => (first, last.checked_add(1)),
            None => (0, None),
        };
        let (algorithm, shown) = (self.digests.algorithm(), argument.to_vec());
        self.digests.wanted = Some(algorithm);
        self.ask_about(Verb::Hash, argument, Then::Hash(algorithm, shown), |path| StorageCall::Digest {
            path,
            algorithm,
            start,
            end,
        });
    }

    /// XCRC and its kind. The range is in the argument; RANG's serves where it is not.
    pub(super) fn checksum(&mut self, verb: Verb, argument: &[u8]) {
        let algorithm = match verb {
            Verb::Xcrc => Algorithm::Crc32,
            Verb::Xsha | Verb::Xsha1 => Algorithm::Sha1,
            Verb::Xsha256 => Algorithm::Sha256,
            Verb::Xsha512 => Algorithm::Sha512,
            _ => Algorithm::Md5,
        };
        let range = self.digests.range.take().map(|(first, last)| (first, last.checked_add(1)));
        let Some(ranged) = RangedPath::parse(argument) else { return };
        let (start, end) = match (ranged.start, range) {
            (None, Some(range)) => range,
            (start, _) => (start.unwrap_or(0), ranged.end),
        };
        self.digests.wanted = Some(algorithm);
        self.ask_about(verb, &ranged.path, Then::Checksum, |path| StorageCall::Digest { path, algorithm, start, end });
    }

    /// 213, the algorithm, first and last octet, the digest and the path as it was given. No octet at all is `0-0`.
    pub(super) fn hashed(&mut self, algorithm: Algorithm, digest: &[u8], (start, end): (u64, u64), path: &[u8]) {
        let last = end.saturating_sub(1).max(start);
        let head = format!("{} {start}-{last} ", algorithm.name());
        self.answer_data(
            Verb::Hash,
            213,
            text(&[head.as_bytes(), &hexadecimal(digest, b"0123456789abcdef"), b" ", path]),
        );
    }

    /// 250 and the digest in capitals, as servers before HASH have it; 251 and the path too for MD5.
    pub(super) fn checksummed(&mut self, verb: Verb, path: &VirtualPath, digest: &[u8]) {
        let digest = hexadecimal(digest, b"0123456789ABCDEF");
        match verb {
            Verb::Md5 => self.answer_data(verb, 251, text(&[&quoted(path), b" ", &digest])),
            _ => self.answer_data(verb, 250, digest),
        }
    }

    /// RANG: both octets are part of the range. A last one before the first takes the range back, as `RANG 1 0` does.
    pub(super) fn set_range(&mut self, start: u64, end: u64) {
        self.parameters.restart = 0;
        if end < start {
            self.digests.range = None;
            return self.answer(Verb::Rang, 350, &b"No range is set."[..]);
        }
        if self.parameters.codec.representation != Representation::Image {
            // As with REST, an offset has no fixed meaning where lines are converted.
            return self.answer(Verb::Rang, 504, &b"A range needs TYPE I."[..]);
        }
        self.digests.range = Some((start, end));
        self.answer(Verb::Rang, 350, format!("The next transfer is of the octets {start} to {end}.").into_bytes());
    }
}

fn hexadecimal(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]).collect()
}
