//! A file that comes in at several places at once: what is there of it is known after every kind of death, and nothing else is taken for it.

#![cfg(unix)]

use ftp_core::action::{StorageError, StoreMode};
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use ftp_host::storage::{Disk, Piece, Pieces, Storage, Upload, Version};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const SIZE: u64 = 40_000;

const VERSION: Version = Version { size: SIZE, modified: Some(WallTime { seconds: 1_700_000_000, nanos: 0 }) };

struct Place {
    dir: TempDir,
    disk: Disk,
    path: VirtualPath,
}

impl Place {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let disk = Disk::open(dir.path())?;
        let path = VirtualPath::root().resolve(b"large").map_err(|error| format!("{error:?}"))?;
        Ok(Self { dir, disk, path })
    }

    fn open(&self, there: Option<u64>, cut: impl FnOnce(&[Piece]) -> Vec<Piece>) -> Result<Pieces, String> {
        self.disk.pieces(&self.path, VERSION, there, cut).map_err(|error| format!("{error:?}"))
    }

    /// Opened in two halves, of which so many bytes come.
    fn halves(&self, came: [usize; 2]) -> Result<Pieces, String> {
        let pieces = self.open(None, |_| vec![piece(0, 0, 20_000), piece(20_000, 20_000, SIZE)])?;
        for (number, came) in came.into_iter().enumerate() {
            let start = number * 20_000;
            pieces.writer(number).write(&content()[start..start + came]).map_err(|error| format!("{error:?}"))?;
        }
        Ok(pieces)
    }

    fn aside(&self) -> PathBuf {
        self.dir.path().join(".ftpkit-parts.large")
    }

    fn names(&self) -> Result<Vec<String>, std::io::Error> {
        names(self.dir.path())
    }
}

fn names(dir: &Path) -> Result<Vec<String>, std::io::Error> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn piece(start: u64, at: u64, end: u64) -> Piece {
    Piece { start, at, end }
}

fn content() -> Vec<u8> {
    (0..SIZE).map(|at| (at % 251) as u8 + 1).collect()
}

/// As it is there.
fn same(there: &[Piece]) -> Vec<Piece> {
    there.to_vec()
}

#[test]
fn what_has_come_is_there_for_the_next_and_the_whole_file_is_published() -> Outcome {
    let place = Place::new()?;
    drop(place.halves([15_000, 100])?);
    assert_eq!(place.names()?, [".ftpkit-parts.large"]);
    let left = place.disk.pieces_left(&place.path).map_err(|error| format!("{error:?}"))?;
    assert_eq!(left.map(|left| (left.version, left.present)), Some((VERSION, 15_100)));
    // The room for the rest is set aside, where the file system can.
    assert!(left.is_some_and(|left| left.taken >= 15_100));
    // For an upload that goes on at the end of what is there, nothing is.
    assert_eq!(place.disk.partial(&place.path), Ok(None));

    let pieces = place.open(Some(0), same)?;
    assert_eq!(pieces.pieces(), [piece(0, 15_000, 20_000), piece(20_000, 20_100, SIZE)]);
    assert_eq!(pieces.writer(0).write(&content()[15_000..]), Err(StorageError::Exists), "it is whole");
    assert_eq!(pieces.writer(1).write(&content()[20_100..]), Ok(()));
    pieces.join().and_then(Upload::publish).map_err(|error| format!("{error:?}"))?;
    assert_eq!(fs::read(place.dir.path().join("large"))?, content());
    assert_eq!(place.names()?, ["large"]);
    Ok(())
}

#[test]
fn a_piece_takes_no_byte_of_the_next_and_the_last_none_that_the_file_has_not() -> Outcome {
    let place = Place::new()?;
    let pieces = place.halves([19_999, 0])?;
    assert_eq!(pieces.writer(0).write(b"\xff\xff\xff"), Err(StorageError::Exists));
    assert_eq!(pieces.writer(1).write(&content()[20_000..]), Ok(()), "its end is for the sender to tell");
    assert_eq!(pieces.writer(1).write(b"more"), Err(StorageError::Exists));
    let joined = pieces.join().map_err(|error| format!("{error:?}"))?;
    assert_eq!(joined.facts().map(|facts| facts.size), Ok(Some(SIZE)));
    Ok(())
}

#[test]
fn what_is_missing_is_not_published() -> Outcome {
    let place = Place::new()?;
    let pieces = place.halves([19_999, 20_000])?;
    assert_eq!(pieces.join().err(), Some(StorageError::Local));
    assert_eq!(place.names()?, [".ftpkit-parts.large"]);
    Ok(())
}

#[test]
fn a_file_of_which_nothing_came_leaves_nothing() -> Outcome {
    let place = Place::new()?;
    drop(place.halves([0, 0])?);
    assert_eq!(place.names()?, Vec::<String>::new());
    place.halves([500, 0])?.discard();
    assert_eq!(place.names()?, Vec::<String>::new());
    drop(place.halves([500, 0])?);
    assert_eq!(place.disk.forget_pieces(&place.path), Ok(()));
    assert_eq!(place.names()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_is_there_may_be_cut_anew_but_not_invented() -> Outcome {
    let place = Place::new()?;
    let pieces = place.halves([19_999, 5_000])?;
    assert_eq!(pieces.writer(0).write(b"\x01"), Err(StorageError::Exists));
    drop(pieces);
    let first = piece(0, 20_000, 20_000);
    let cut = vec![piece(0, 25_000, 30_000), piece(30_000, 30_000, SIZE)];
    assert_eq!(place.open(Some(0), |_| cut.clone())?.pieces(), cut);
    for wrong in [
        vec![],
        vec![first],
        vec![first, piece(20_001, 20_001, SIZE)],
        vec![piece(0, 25_001, SIZE)],
        vec![first, piece(20_000, 20_000, 30_000), piece(30_000, 30_001, SIZE)],
        vec![first, piece(20_000, 10_000, SIZE)],
    ] {
        assert_eq!(place.open(Some(0), |_| wrong.clone()).err(), Some("Local".into()), "{wrong:?}");
    }
    Ok(())
}

#[test]
fn another_state_of_the_source_has_nothing_there() -> Outcome {
    let place = Place::new()?;
    let later = Version { modified: Some(WallTime { seconds: 1_700_000_001, nanos: 0 }), ..VERSION };
    let undated = Version { modified: None, ..VERSION };
    for (version, there) in [(undated, 300), (later, 0), (Version { size: SIZE + 1, ..VERSION }, 0)] {
        drop(place.halves([200, 100])?);
        let mut found = 0;
        let opened = place.disk.pieces(&place.path, version, Some(0), |old| {
            found = old.iter().map(Piece::present).sum();
            old.to_vec()
        });
        assert!(opened.is_ok(), "{version:?}");
        assert_eq!(found, there, "{version:?}");
    }
    Ok(())
}

#[test]
fn what_an_upload_has_left_is_gone_on_with_in_pieces() -> Outcome {
    let place = Place::new()?;
    let mut upload = place.disk.store(&place.path, StoreMode::Replace).map_err(|error| format!("{error:?}"))?;
    upload.write(&content()[..12_345]).map_err(|error| format!("{error:?}"))?;
    drop(upload);
    let pieces = place.open(Some(12_345), |there| {
        assert_eq!(there, [piece(0, 12_345, SIZE)]);
        vec![piece(0, 12_345, 30_000), piece(30_000, 30_000, SIZE)]
    })?;
    assert_eq!(place.names()?, [".ftpkit-parts.large"]);
    assert_eq!(pieces.writer(0).write(&content()[12_345..30_000]), Err(StorageError::Exists));
    assert_eq!(pieces.writer(1).write(&content()[30_000..]), Ok(()));
    pieces.join().and_then(Upload::publish).map_err(|error| format!("{error:?}"))?;
    assert_eq!(fs::read(place.dir.path().join("large"))?, content());
    Ok(())
}

#[test]
fn two_do_not_work_on_one_file() -> Outcome {
    let place = Place::new()?;
    let pieces = place.halves([1_000, 0])?;
    assert_eq!(place.open(Some(0), same).err(), Some("Busy".into()));
    assert_eq!(place.disk.forget_pieces(&place.path), Ok(()));
    drop(pieces);
    assert_eq!(place.disk.pieces_left(&place.path).map(|left| left.map(|left| left.present)), Ok(Some(1_000)));
    Ok(())
}

#[test]
fn a_record_that_was_cut_or_changed_is_none() -> Outcome {
    let place = Place::new()?;
    drop(place.halves([1_000, 1_000])?);
    let whole = fs::read(place.aside())?;
    for spoil in [|bytes: &mut Vec<u8>| bytes.truncate(45_055), |bytes: &mut Vec<u8>| bytes[40_970] ^= 1] {
        let mut bytes = whole.clone();
        spoil(&mut bytes);
        fs::write(place.aside(), bytes)?;
        assert_eq!(place.disk.pieces_left(&place.path), Ok(None));
        assert_eq!(place.open(Some(0), same)?.pieces(), [piece(0, 0, SIZE)]);
    }
    Ok(())
}

/// After a power cut the record may have reached the medium before the bytes of which it speaks.
#[cfg(target_os = "linux")]
#[test]
fn a_hole_is_not_taken_for_data() -> Outcome {
    use rustix::fs::{FallocateFlags, fallocate};

    let place = Place::new()?;
    drop(place.halves([15_000, 20_000])?);
    let file = File::options().write(true).open(place.aside())?;
    fallocate(&file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 8192, 4096)?;
    drop(file);
    let pieces = place.open(Some(0), same)?;
    assert_eq!(pieces.pieces(), [piece(0, 8192, 20_000), piece(20_000, SIZE, SIZE)]);
    Ok(())
}
