//! What every storage promises, checked on each: what differs between them would be seen by the peer.

use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::EntryKind;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use ftp_host::storage::{Disk, Memory, Source, Storage, Upload};
use proptest::prelude::*;
use std::io::Read;
use std::sync::Barrier;
use tempfile::TempDir;

fn path(text: &str) -> VirtualPath {
    VirtualPath::parse(text.as_bytes()).expect("a path")
}

fn disk() -> (TempDir, Disk) {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = Disk::open(dir.path()).expect("it opens");
    (dir, disk)
}

/// Runs a check on an empty storage of each kind.
fn on_each(check: impl Fn(&dyn Storage)) {
    check(&Memory::new());
    let (_dir, disk) = disk();
    check(&disk);
    let (_dir, disk) = self::disk();
    check(&disk.with_fsync(true));
}

fn begin(storage: &dyn Storage, name: &str, mode: StoreMode, bytes: &[u8]) -> Result<Box<dyn Upload>, StorageError> {
    let mut upload = storage.store(&path(name), mode)?;
    upload.write(bytes)?;
    Ok(upload)
}

fn put(storage: &dyn Storage, name: &str, mode: StoreMode, bytes: &[u8]) -> Result<(), StorageError> {
    begin(storage, name, mode, bytes)?.publish()
}

fn get(storage: &dyn Storage, name: &str, offset: u64) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    let (read, remaining) = match storage.open(&path(name), offset)? {
        Source::File { mut file, remaining } => (file.read_to_end(&mut bytes), Some(remaining)),
        Source::Stream { mut reader, remaining } => (reader.read_to_end(&mut bytes), remaining),
    };
    read.expect("it reads");
    assert_eq!(remaining, Some(bytes.len() as u64));
    Ok(bytes)
}

fn names(storage: &dyn Storage, name: &str) -> Result<Vec<String>, StorageError> {
    storage.list(&path(name))?.map(|entry| Ok(String::from_utf8_lossy(&entry?.name).into_owned())).collect()
}

#[test]
fn of_many_new_files_of_one_name_one_is_published() {
    const AT_ONCE: usize = 8;
    on_each(|storage| {
        for round in 0..50 {
            let name = format!("/{round}");
            let begin = |_| begin(storage, &name, StoreMode::Replace, b"x").expect("it opens");
            let uploads: Vec<_> = (0..AT_ONCE).map(begin).collect();
            let start = Barrier::new(AT_ONCE);
            let published = std::thread::scope(|scope| {
                let start = &start;
                let publish = |upload: Box<dyn Upload>| {
                    scope.spawn(move || {
                        start.wait();
                        upload.publish_new()
                    })
                };
                let threads: Vec<_> = uploads.into_iter().map(publish).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
            });
            let refused = published.iter().filter(|result| **result == Err(StorageError::Exists)).count();
            assert_eq!((refused, get(storage, &name, 0)), (AT_ONCE - 1, Ok(b"x".to_vec())), "{published:?}");
        }
    });
}

#[test]
fn a_file_shows_when_it_is_published_and_not_before() {
    on_each(|storage| {
        let upload = begin(storage, "/a", StoreMode::Replace, b"new").expect("it opens");
        assert_eq!(get(storage, "/a", 0), Err(StorageError::NotFound));
        assert_eq!(names(storage, "/"), Ok(vec![]));
        assert_eq!(storage.partial(&path("/a")), Ok(Some(3)));
        upload.publish().expect("it publishes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"new"[..]));
        assert_eq!(get(storage, "/a", 2).as_deref(), Ok(&b"w"[..]));
        assert_eq!(get(storage, "/a", 3).as_deref(), Ok(&b""[..]));
        assert_eq!(get(storage, "/a", 4), Err(StorageError::BadOffset));
        assert_eq!(storage.partial(&path("/a")), Ok(None));
        assert_eq!(names(storage, "/"), Ok(vec!["a".to_owned()]));
    });
}

#[test]
fn an_upload_cut_short_leaves_the_old_file_whole_and_can_be_resumed() {
    on_each(|storage| {
        put(storage, "/a", StoreMode::Replace, b"the old file").expect("it stores");
        drop(begin(storage, "/a", StoreMode::Replace, b"the new").expect("it opens"));
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"the old file"[..]));
        assert_eq!(storage.partial(&path("/a")), Ok(Some(7)));
        put(storage, "/a", StoreMode::ResumeAt(4), b"NEW one").expect("it resumes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"the NEW one"[..]));
        assert_eq!(storage.partial(&path("/a")), Ok(None));
    });
}

#[test]
fn an_upload_that_brought_nothing_leaves_nothing() {
    on_each(|storage| {
        drop(storage.store(&path("/a"), StoreMode::Replace).expect("it opens"));
        assert_eq!(storage.partial(&path("/a")), Ok(None));
    });
}

#[test]
fn resuming_without_a_partial_continues_the_file() {
    on_each(|storage| {
        assert_eq!(put(storage, "/a", StoreMode::ResumeAt(1), b"x"), Err(StorageError::BadOffset));
        put(storage, "/a", StoreMode::ResumeAt(0), b"0123456789").expect("zero is a new file");
        assert_eq!(put(storage, "/a", StoreMode::ResumeAt(11), b"x"), Err(StorageError::BadOffset));
        let upload = begin(storage, "/a", StoreMode::ResumeAt(4), b"four").expect("it opens");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"0123456789"[..]));
        upload.publish().expect("it publishes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"0123four"[..]));
    });
}

#[test]
fn a_wrong_offset_costs_nobody_what_came() {
    on_each(|storage| {
        drop(begin(storage, "/a", StoreMode::Replace, b"12345").expect("it opens"));
        assert_eq!(put(storage, "/a", StoreMode::ResumeAt(6), b"x"), Err(StorageError::BadOffset));
        assert_eq!(storage.partial(&path("/a")), Ok(Some(5)));
    });
}

#[test]
fn two_uploads_of_one_name_do_not_mix() {
    on_each(|storage| {
        let mut first = begin(storage, "/a", StoreMode::Replace, b"first").expect("it opens");
        let mut second = begin(storage, "/a", StoreMode::Replace, b"second").expect("it opens");
        assert_eq!(put(storage, "/a", StoreMode::ResumeAt(2), b"x"), Err(StorageError::Busy));
        first.write(b" one").expect("it writes");
        second.write(b" one").expect("it writes");
        second.publish().expect("it publishes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"second one"[..]));
        first.publish().expect("it publishes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"first one"[..]));
        assert_eq!(names(storage, "/"), Ok(vec!["a".to_owned()]));
    });
}

#[test]
fn adding_to_a_file_shows_at_once_and_stays() {
    on_each(|storage| {
        put(storage, "/log", StoreMode::Append, b"one\n").expect("it makes the file");
        let mut a = begin(storage, "/log", StoreMode::Append, b"two\n").expect("it opens");
        let mut b = begin(storage, "/log", StoreMode::Append, b"three\n").expect("it opens");
        a.write(b"four\n").expect("it writes");
        b.write(b"five\n").expect("it writes");
        drop(a);
        assert_eq!(get(storage, "/log", 0).as_deref(), Ok(&b"one\ntwo\nthree\nfour\nfive\n"[..]));
    });
}

#[test]
fn adding_to_what_is_not_there_yet_loses_nobodys_bytes() {
    on_each(|storage| {
        let a = begin(storage, "/log", StoreMode::Append, b"a").expect("it opens");
        let b = begin(storage, "/log", StoreMode::Append, b"b").expect("it opens");
        b.publish().expect("it publishes");
        a.publish().expect("it publishes");
        assert_eq!(get(storage, "/log", 0).as_deref(), Ok(&b"ba"[..]));
        drop(begin(storage, "/cut", StoreMode::Replace, b"half").expect("it opens"));
        put(storage, "/cut", StoreMode::Append, b" whole").expect("it continues");
        assert_eq!(get(storage, "/cut", 0).as_deref(), Ok(&b"half whole"[..]));
        assert_eq!(names(storage, "/"), Ok(vec!["cut".to_owned(), "log".to_owned()]));
    });
}

#[test]
fn unique_names_replace_nothing() {
    on_each(|storage| {
        put(storage, "/a", StoreMode::Replace, b"mine").expect("it stores");
        let first = begin(storage, "/a", StoreMode::Unique, b"1").expect("it opens");
        let second = begin(storage, "/a", StoreMode::Unique, b"2").expect("it opens");
        assert_eq!((first.path(), second.path()), (&path("/a.1"), &path("/a.2")));
        put(storage, "/a.1", StoreMode::Replace, b"quicker").expect("it stores");
        put(storage, "/a.3", StoreMode::Replace, b"there").expect("it stores");
        first.publish().expect("it finds another name");
        second.publish().expect("it publishes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"mine"[..]));
        assert_eq!(get(storage, "/a.1", 0).as_deref(), Ok(&b"quicker"[..]));
        let mut all: Vec<_> = names(storage, "/").expect("it lists");
        all.retain(|name| get(storage, &format!("/{name}"), 0).is_ok_and(|bytes| bytes == b"1" || bytes == b"2"));
        assert_eq!(all.len(), 2);
        let unnamed = begin(storage, "/", StoreMode::Unique, b"3").expect("a directory will do");
        assert_eq!(unnamed.path(), &path("/upload"));
    });
}

#[test]
fn names_of_the_servers_own_are_out_of_reach() {
    on_each(|storage| {
        let own = path("/.ftpkit-part.a");
        drop(begin(storage, "/a", StoreMode::Replace, b"half").expect("it opens"));
        put(storage, "/b", StoreMode::Replace, b"b").expect("it stores");
        assert_eq!(storage.entry(&own).err(), Some(StorageError::NotFound));
        assert_eq!(storage.open(&own, 0).err(), Some(StorageError::NotFound));
        assert_eq!(storage.store(&own, StoreMode::Replace).err(), Some(StorageError::NameNotAllowed));
        assert_eq!(storage.make_dir(&path("/.ftpkit-partx")), Err(StorageError::NameNotAllowed));
        assert_eq!(storage.remove_file(&own), Err(StorageError::NotFound));
        assert_eq!(storage.rename(&own, &path("/c"), true), Err(StorageError::NotFound));
        assert_eq!(storage.rename(&path("/b"), &own, true), Err(StorageError::NameNotAllowed));
        assert_eq!(storage.partial(&path("/a")), Ok(Some(4)));
    });
}

#[test]
fn a_directory_with_nothing_but_stale_partials_is_empty() {
    on_each(|storage| {
        storage.make_dir(&path("/d")).expect("it makes");
        drop(begin(storage, "/d/a", StoreMode::Replace, b"half").expect("it opens"));
        let live = begin(storage, "/d/b", StoreMode::Replace, b"half").expect("it opens");
        assert_eq!(storage.remove_dir(&path("/d")), Err(StorageError::NotEmpty));
        drop(live);
        assert_eq!(storage.remove_dir(&path("/d")), Ok(()));
        assert_eq!(storage.entry(&path("/d")).err(), Some(StorageError::NotFound));
    });
}

#[test]
fn an_upload_follows_its_directory() {
    on_each(|storage| {
        storage.make_dir(&path("/d")).expect("it makes");
        let upload = begin(storage, "/d/a", StoreMode::Replace, b"moved").expect("it opens");
        storage.rename(&path("/d"), &path("/e"), false).expect("it renames");
        upload.publish().expect("it publishes");
        assert_eq!(get(storage, "/e/a", 0).as_deref(), Ok(&b"moved"[..]));
    });
}

#[test]
fn renames_replace_files_only_where_asked_and_directories_never() {
    on_each(|storage| {
        for name in ["/a", "/b", "/d/x"] {
            let _there = storage.make_dir(&path("/d"));
            put(storage, name, StoreMode::Replace, name.as_bytes()).expect("it stores");
        }
        storage.make_dir(&path("/empty")).expect("it makes");
        let rename = |from, to, replace| storage.rename(&path(from), &path(to), replace);
        assert_eq!(rename("/a", "/b", false), Err(StorageError::Exists));
        assert_eq!(rename("/a", "/empty", true), Err(StorageError::Exists));
        assert_eq!(rename("/d", "/empty", true), Err(StorageError::Exists));
        assert_eq!(rename("/d", "/a", true), Err(StorageError::Exists));
        assert_eq!(rename("/d", "/d/y", true), Err(StorageError::NameNotAllowed));
        assert_eq!(rename("/d/x", "/d", true), Err(StorageError::Exists));
        assert_eq!(rename("/none", "/c", true), Err(StorageError::NotFound));
        assert_eq!(rename("/a", "/none/c", true), Err(StorageError::NotFound));
        assert_eq!(rename("/", "/c", true), Err(StorageError::Denied));
        assert_eq!(rename("/a", "/a", true), Ok(()));
        assert_eq!(rename("/a", "/b", true), Ok(()));
        assert_eq!(get(storage, "/b", 0).as_deref(), Ok(&b"/a"[..]));
        assert_eq!(rename("/d", "/e", false), Ok(()));
        assert_eq!(get(storage, "/e/x", 0).as_deref(), Ok(&b"/d/x"[..]));
    });
}

#[test]
fn any_bytes_make_a_name_and_listings_are_in_their_order() {
    on_each(|storage| {
        for name in [&b"\xff\xfe"[..], "é".as_bytes(), b"b", b"B", b" ", b"a.b", b"a", b"-rf", b"C:\\x"] {
            let file = VirtualPath::root().resolve(name).expect("a path");
            storage.store(&file, StoreMode::Replace).and_then(Upload::publish).expect("it stores");
            assert_eq!(storage.entry(&file).expect("it is there").name, name);
        }
        let found: Vec<_> = storage.list(&path("/")).expect("it lists").map(|e| e.expect("an entry").name).collect();
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(found.len(), 9);
        assert_eq!(found, sorted);
    });
}

#[test]
fn a_name_too_long_to_lie_aside_is_stored_all_the_same() {
    on_each(|storage| {
        let (long, too_long) = (format!("/{}", "x".repeat(250)), format!("/{}", "x".repeat(256)));
        drop(begin(storage, &long, StoreMode::Replace, b"half").expect("it opens"));
        assert_eq!(storage.partial(&path(&long)), Ok(None));
        put(storage, &long, StoreMode::Replace, b"whole").expect("it stores");
        assert_eq!(get(storage, &long, 0).as_deref(), Ok(&b"whole"[..]));
        assert_eq!(put(storage, &too_long, StoreMode::Replace, b""), Err(StorageError::NameNotAllowed));
        assert_eq!(names(storage, "/").map(|names| names.len()), Ok(1));
    });
}

#[test]
fn times_and_permission_bits_can_be_set_and_are_shown() {
    on_each(|storage| {
        put(storage, "/a", StoreMode::Replace, b"a").expect("it stores");
        storage.make_dir(&path("/d")).expect("it makes");
        let time = WallTime { seconds: 1_026_940_035, nanos: 0 };
        let both = Changes { modified: Some(time), created: None, mode: Some(0o640) };
        assert_eq!(storage.change(&path("/a"), &both), Ok(both));
        assert_eq!(storage.change(&path("/d"), &Changes { mode: None, ..both }), Ok(Changes { mode: None, ..both }));
        let facts = |name| storage.entry(&path(name)).map(|entry| (entry.modified, entry.mode));
        assert_eq!(facts("/a"), Ok((Some(time), Some(0o640))));
        assert_eq!(facts("/d").map(|(modified, _)| modified), Ok(Some(time)));
        let before_1970 =
            Changes { modified: Some(WallTime { seconds: -1, nanos: 500_000_000 }), ..Changes::default() };
        assert_eq!(storage.change(&path("/a"), &before_1970), Ok(before_1970));
    });
}

#[test]
fn what_cannot_be_set_changes_nothing() {
    on_each(|storage| {
        put(storage, "/a", StoreMode::Replace, b"a").expect("it stores");
        let before = storage.entry(&path("/a"));
        let change = |name, changes| storage.change(&path(name), &changes);
        let now = Some(WallTime::default());
        let none = Changes::default();
        let created = Changes { modified: now, created: now, mode: None };
        assert_eq!(change("/a", created), Err(StorageError::Unsupported));
        assert_eq!(change("/a", Changes { modified: now, mode: Some(0o4755), ..none }), Err(StorageError::Denied));
        assert_eq!(change("/", Changes { mode: Some(0), ..none }), Err(StorageError::Denied));
        assert_eq!(change("/none", Changes { modified: now, ..none }), Err(StorageError::NotFound));
        assert_eq!(change("/a/b", Changes { modified: now, ..none }), Err(StorageError::NotADirectory));
        drop(begin(storage, "/b", StoreMode::Replace, b"half").expect("it opens"));
        assert_eq!(change("/.ftpkit-part.b", Changes { modified: now, ..none }), Err(StorageError::NotFound));
        assert_eq!(storage.entry(&path("/a")), before);
    });
}

#[test]
fn an_upload_knows_the_facts_that_it_will_have() {
    on_each(|storage| {
        put(storage, "/a", StoreMode::Replace, b"old").expect("it stores");
        let mut upload = begin(storage, "/a", StoreMode::Replace, b"new ").expect("it opens");
        upload.reserve(1 << 20).expect("there is space");
        upload.write(b"one").expect("it writes");
        let facts = upload.facts().expect("it has facts");
        upload.publish().expect("it publishes");
        let seen = storage.entry(&path("/a")).expect("it is there");
        assert_eq!((facts.size, facts.modified, facts.unique), (seen.size, seen.modified, seen.unique));
        assert_eq!(seen.size, Some(7));
    });
}

#[test]
fn space_set_aside_does_not_count_as_content() {
    on_each(|storage| {
        let mut upload = begin(storage, "/a", StoreMode::Replace, b"half").expect("it opens");
        upload.reserve(1 << 20).expect("there is space");
        drop(upload);
        assert_eq!(storage.partial(&path("/a")), Ok(Some(4)));
        put(storage, "/a", StoreMode::ResumeAt(4), b" whole").expect("it resumes");
        assert_eq!(get(storage, "/a", 0).as_deref(), Ok(&b"half whole"[..]));
    });
}

/// One thing a peer might do.
#[derive(Clone, Debug)]
enum Op {
    Put(u8, u8, StoreMode, bool),
    Get(u8, u8),
    List(u8),
    Entry(u8),
    Partial(u8),
    MakeDir(u8),
    RemoveDir(u8),
    RemoveFile(u8),
    Rename(u8, u8, bool),
}

const PATHS: [&str; 9] = ["/", "/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f", "/.ftpkit-part.a", "/e.1"];

fn op() -> impl Strategy<Value = Op> {
    let at = || 0..PATHS.len() as u8;
    let mode = prop_oneof![
        2 => Just(StoreMode::Replace),
        1 => Just(StoreMode::Append),
        1 => Just(StoreMode::Unique),
        1 => (0..6u64).prop_map(StoreMode::ResumeAt),
    ];
    prop_oneof![
        4 => (at(), 0..6u8, mode, any::<bool>()).prop_map(|(p, n, m, publish)| Op::Put(p, n, m, publish)),
        1 => (at(), 0..8u8).prop_map(|(p, n)| Op::Get(p, n)),
        1 => at().prop_map(Op::List),
        1 => at().prop_map(Op::Entry),
        1 => at().prop_map(Op::Partial),
        3 => at().prop_map(Op::MakeDir),
        1 => at().prop_map(Op::RemoveDir),
        1 => at().prop_map(Op::RemoveFile),
        2 => (at(), at(), any::<bool>()).prop_map(|(f, t, r)| Op::Rename(f, t, r)),
    ]
}

/// What a peer would see of the answer.
fn answer(storage: &dyn Storage, op: &Op) -> String {
    let at = |index: &u8| PATHS[usize::from(*index)];
    match op {
        Op::Put(p, count, mode, publish) => {
            let stored = begin(storage, at(p), *mode, &b"0123456789"[..usize::from(*count)]);
            format!("{:?}", stored.map(|upload| (upload.path().clone(), publish.then(|| upload.publish()))))
        }
        Op::Get(p, offset) => format!("{:?}", get(storage, at(p), u64::from(*offset))),
        Op::List(p) => format!("{:?}", names(storage, at(p))),
        Op::Entry(p) => {
            let seen = storage.entry(&path(at(p)));
            format!("{:?}", seen.map(|e| (e.name, e.size.filter(|_| e.kind == EntryKind::File), e.kind)))
        }
        Op::Partial(p) => format!("{:?}", storage.partial(&path(at(p)))),
        Op::MakeDir(p) => format!("{:?}", storage.make_dir(&path(at(p)))),
        Op::RemoveDir(p) => format!("{:?}", storage.remove_dir(&path(at(p)))),
        Op::RemoveFile(p) => format!("{:?}", storage.remove_file(&path(at(p)))),
        Op::Rename(from, to, replace) => format!("{:?}", storage.rename(&path(at(from)), &path(at(to)), *replace)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn disk_and_memory_answer_alike(ops in prop::collection::vec(op(), 1..40)) {
        let memory = Memory::new();
        let (_dir, disk) = disk();
        for op in &ops {
            prop_assert_eq!(answer(&disk, op), answer(&memory, op), "{:?}", op);
        }
    }
}
