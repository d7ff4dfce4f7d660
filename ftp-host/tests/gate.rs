//! What an account may do, and what listings show of it.

use ftp_core::action::{StorageAnswer, StorageCall, StorageError, StoreMode, Work};
use ftp_core::codec::Codec;
use ftp_core::command::Changes;
use ftp_core::digest::Algorithm;
use ftp_core::listing::{Facts, ListForm, ListOptions};
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::time::WallTime;
use ftp_host::accounts::Account;
use ftp_host::gate::{Called, Gate, Ready};
use ftp_host::storage::{Memory, MemoryCall, Storage};
use std::io::Read;
use std::sync::Arc;

const NOW: WallTime = WallTime { seconds: 1_000_000_000, nanos: 0 };

fn path(text: &str) -> VirtualPath {
    VirtualPath::parse(text.as_bytes()).expect("a path")
}

/// A tree with a few files, and the gate of an account that has these rights.
fn scene(permissions: Permissions) -> (Memory, Gate) {
    let memory = Memory::with_clock(|| NOW);
    for (name, bytes) in [("/a.txt", "one\ntwo\n"), ("/b.bin", "x"), ("/.h", ""), ("/d/c.txt", ""), ("/d/e/f", "")] {
        memory.put(&path(name), bytes.as_bytes(), NOW).expect("it is put");
    }
    let account = Account { name: "ann".to_owned(), storage: Arc::new(memory.clone()), permissions };
    (memory, Gate::new(account, Arc::new(|| NOW)))
}

fn store(name: &str, mode: StoreMode) -> Work {
    Work::Store { path: path(name), mode, announced: None, digest: None }
}

fn rename(from: &str, to: &str) -> StorageCall {
    StorageCall::Rename { from: path(from), to: path(to) }
}

fn copy(from: &str, to: &str) -> StorageCall {
    StorageCall::Copy { from: path(from), to: path(to) }
}

fn combine(target: &str) -> StorageCall {
    StorageCall::Combine { target: path(target), sources: vec![path("/b.bin"), path("/d/c.txt")] }
}

fn digest(name: &str) -> StorageCall {
    StorageCall::Digest { path: path(name), algorithm: Algorithm::Crc32, start: 0, end: None }
}

fn mode(mode: u32) -> Changes {
    Changes { mode: Some(mode), ..Changes::default() }
}

fn options(form: ListForm) -> ListOptions {
    ListOptions { form, hidden: false, recursive: false, glob: true }
}

fn lines(gate: &Gate, name: &str, options: ListOptions) -> Result<String, StorageError> {
    lines_behind(gate, name, options, b"")
}

fn lines_behind(gate: &Gate, name: &str, options: ListOptions, asked: &[u8]) -> Result<String, StorageError> {
    match gate.open(&Work::List { path: path(name), options, asked: asked.to_vec() }, Codec::ASCII.for_listing())? {
        Ready::List(mut lines) => {
            let mut text = String::new();
            lines.read_to_string(&mut text).expect("it reads");
            Ok(text)
        }
        _ => unreachable!("a listing was asked for"),
    }
}

/// What each right opens; everything else stays shut.
#[test]
fn every_request_needs_its_right_and_no_other() {
    let calls = [
        (StorageCall::Entry(path("/a.txt")), Permissions::LIST),
        (StorageCall::Size(path("/a.txt"), Codec::RAW), Permissions::LIST),
        (StorageCall::Entries(path("/"), options(ListForm::Long)), Permissions::LIST),
        (StorageCall::MakeDir(path("/new")), Permissions::MAKE_DIR),
        (StorageCall::RemoveFile(path("/b.bin")), Permissions::DELETE),
        (StorageCall::RenameFrom(path("/a.txt")), Permissions::RENAME),
        (rename("/a.txt", "/z"), Permissions::RENAME),
        (rename("/a.txt", "/b.bin"), Permissions::RENAME | Permissions::OVERWRITE),
        (StorageCall::Allocate(path("/"), 1), Permissions::CREATE),
        (StorageCall::Change(path("/a.txt"), mode(0o600)), Permissions::MODIFY),
        (StorageCall::CopyFrom(path("/a.txt")), Permissions::READ),
        (copy("/a.txt", "/z"), Permissions::READ | Permissions::CREATE),
        (copy("/a.txt", "/b.bin"), Permissions::READ | Permissions::CREATE | Permissions::OVERWRITE),
        (combine("/a.txt"), Permissions::READ | Permissions::APPEND | Permissions::DELETE),
        (combine("/z"), Permissions::READ | Permissions::APPEND | Permissions::DELETE | Permissions::CREATE),
        (digest("/a.txt"), Permissions::READ),
        (StorageCall::ThirdParty(([192, 0, 2, 1], 2049).into()), Permissions::FXP),
    ];
    let works = [
        (Work::Retrieve { path: path("/a.txt"), offset: 0, length: None }, Permissions::READ),
        (Work::List { path: path("/"), options: options(ListForm::Long), asked: Vec::new() }, Permissions::LIST),
        (store("/new", StoreMode::Replace), Permissions::CREATE),
        (store("/new", StoreMode::Append), Permissions::CREATE | Permissions::APPEND),
        (store("/a.txt", StoreMode::Append), Permissions::APPEND),
        (store("/a.txt", StoreMode::Replace), Permissions::CREATE | Permissions::OVERWRITE),
        (store("/a.txt", StoreMode::ResumeAt(1)), Permissions::CREATE | Permissions::OVERWRITE),
        (store("/a.txt", StoreMode::Unique), Permissions::CREATE),
    ];
    let without = |missing: Permissions| {
        let kept = Permissions::NAMES.into_iter().map(|(_, right)| right).filter(|right| *right != missing);
        kept.fold(Permissions::NONE, |all, right| all | right)
    };
    for (call, needed) in &calls {
        assert!(scene(*needed).1.call(call).is_ok(), "{call:?}");
        for (name, right) in Permissions::NAMES.into_iter().filter(|(_, right)| needed.allows(*right)) {
            let refused = scene(without(right)).1.call(call).err();
            assert!(matches!(refused, Some(StorageError::Denied | StorageError::Exists)), "{call:?} without {name}");
        }
    }
    for (work, needed) in &works {
        assert!(scene(*needed).1.open(work, Codec::RAW).is_ok(), "{work:?}");
        for (name, right) in Permissions::NAMES.into_iter().filter(|(_, right)| needed.allows(*right)) {
            let refused = scene(without(right)).1.open(work, Codec::RAW).err();
            assert_eq!(refused, Some(StorageError::Denied), "{work:?} without {name}");
        }
    }
}

#[test]
fn links_are_for_those_who_may_make_them() {
    let link = StorageCall::Link { target: path("/a.txt"), link: path("/l") };
    let (_, gate) = scene(Permissions::LINK);
    assert_eq!(gate.call(&link), Err(StorageError::Unsupported), "memory has none");
    let all_others = Permissions::NAMES.into_iter().map(|(_, right)| right).filter(|right| *right != Permissions::LINK);
    let (_, gate) = scene(all_others.fold(Permissions::NONE, |all, right| all | right));
    assert_eq!(gate.call(&link), Err(StorageError::Denied));
}

/// What is asked for again, or was seen as it came in, is not read a second time; what has changed since is.
#[test]
fn a_digest_is_computed_once_for_the_same_content() {
    let (memory, gate) = scene(Permissions::ALL);
    let crc = |gate: &Gate, name: &str| match gate.call(&digest(name)) {
        Ok(StorageAnswer::Digest { digest, start: 0, end }) => Ok((digest, end)),
        other => Err(format!("{other:?}")),
    };
    let first = crc(&gate, "/a.txt");
    let work =
        Work::Store { path: path("/new"), mode: StoreMode::Replace, announced: None, digest: Some(Algorithm::Crc32) };
    let Ok(Ready::Store(mut upload)) = gate.open(&work, Codec::RAW) else { panic!("it may store") };
    upload.write(b"1234").expect("it writes");
    upload.write(b"56789").expect("it writes");
    upload.publish().expect("it publishes");
    memory.fail(MemoryCall::Open, StorageError::Busy);
    assert_eq!(crc(&gate, "/a.txt"), first);
    assert_eq!(crc(&gate, "/new"), Ok((vec![0xcb, 0xf4, 0x39, 0x26], 9)));
    memory.put(&path("/new"), b"987654321", NOW).expect("it is put");
    assert!(crc(&gate, "/new").is_err_and(|error| error.contains("Busy")), "this content has not been seen");
    memory.heal();
    assert_ne!(crc(&gate, "/new"), Ok((vec![0xcb, 0xf4, 0x39, 0x26], 9)));
}

/// Nobody waits for the end of a long call between two steps.
#[test]
fn a_long_call_goes_on_step_by_step() {
    let (memory, gate) = scene(Permissions::ALL);
    memory.put(&path("/large"), &vec![7; 9 << 20], NOW).expect("it is put");
    for call in [digest("/large"), copy("/large", "/other")] {
        let Ok(Called::Chore(mut chore)) = gate.begin(&call) else { panic!("it takes long: {call:?}") };
        let steps = std::iter::from_fn(|| chore.step().expect("it goes on").is_none().then_some(())).count();
        assert!(steps >= 2, "{call:?} took {steps} steps and one");
    }
    assert_eq!(memory.read(&path("/other")).map(|bytes| bytes.len()), Some(9 << 20));
}

#[test]
fn what_allo_announced_is_looked_for_when_the_file_is_opened() {
    let (memory, gate) = scene(Permissions::ALL);
    let _memory = memory.with_capacity(100);
    let work =
        |bytes| Work::Store { path: path("/new"), mode: StoreMode::Replace, announced: Some(bytes), digest: None };
    assert_eq!(gate.open(&work(1000), Codec::RAW).err(), Some(StorageError::NoSpace));
    assert!(gate.open(&work(10), Codec::RAW).is_ok());
}

#[test]
fn who_may_not_overwrite_does_not_by_being_slow_either() {
    let (memory, gate) = scene(Permissions::CREATE);
    let Ok(Ready::Store(mut upload)) = gate.open(&store("/new", StoreMode::Replace), Codec::RAW) else {
        panic!("it may create")
    };
    upload.write(b"slow").expect("it writes");
    memory.put(&path("/new"), b"quick", NOW).expect("it is put");
    assert_eq!(upload.publish(), Err(StorageError::Exists));
    assert_eq!(memory.read(&path("/new")).as_deref(), Some(&b"quick"[..]));
}

#[test]
fn entries_carry_the_rights_of_the_account() {
    let (_, gate) = scene(Permissions::READ_ONLY);
    let Ok(StorageAnswer::Entry(entry)) = gate.call(&StorageCall::Entry(path("/a.txt"))) else { panic!("it is there") };
    assert_eq!(entry.permissions, Permissions::READ_ONLY);
}

#[test]
fn size_is_that_of_the_transfer() {
    let (memory, gate) = scene(Permissions::ALL);
    let size = |name, codec| gate.call(&StorageCall::Size(path(name), codec));
    assert_eq!(size("/a.txt", Codec::RAW), Ok(StorageAnswer::Size(8)));
    assert_eq!(size("/a.txt", Codec::ASCII), Ok(StorageAnswer::Size(10)));
    assert_eq!(size("/d", Codec::RAW), Err(StorageError::IsADirectory));
    assert_eq!(size("/new", Codec::RAW), Err(StorageError::NotFound));
    memory.store(&path("/new"), StoreMode::Replace).expect("it opens").write(b"half").expect("it writes");
    assert_eq!(size("/new", Codec::RAW), Ok(StorageAnswer::Size(4)), "where an upload can be resumed");
}

#[test]
fn a_reply_shows_so_many_entries_and_no_more() {
    let (memory, gate) = scene(Permissions::ALL);
    let shown = || match gate.call(&StorageCall::Entries(path("/many"), options(ListForm::Long))) {
        Ok(StorageAnswer::Entries { entries, truncated, .. }) => (entries.len(), truncated),
        other => panic!("{other:?}"),
    };
    for number in 0..500 {
        memory.put(&path(&format!("/many/{number}")), b"", NOW).expect("it is put");
    }
    assert_eq!(shown(), (500, false));
    memory.put(&path("/many/more"), b"", NOW).expect("it is put");
    assert_eq!(shown(), (500, true));
}

#[test]
fn allocation_asks_for_space() {
    let storage = Arc::new(Memory::new().with_capacity(100));
    let account = Account { name: "ann".to_owned(), storage, permissions: Permissions::ALL };
    let gate = Gate::new(account, Arc::new(|| NOW));
    assert_eq!(gate.call(&StorageCall::Allocate(path("/"), 100)), Ok(StorageAnswer::Done));
    assert_eq!(gate.call(&StorageCall::Allocate(path("/"), 101)), Err(StorageError::NoSpace));
}

#[test]
fn names_are_listed_bare_and_hidden_ones_on_request() {
    let (_, gate) = scene(Permissions::ALL);
    let plain = options(ListForm::Names);
    assert_eq!(lines(&gate, "/", plain).as_deref(), Ok("a.txt\r\nb.bin\r\nd\r\n"));
    assert_eq!(lines(&gate, "/d", plain).as_deref(), Ok("c.txt\r\ne\r\n"));
    let all = ListOptions { hidden: true, ..plain };
    assert_eq!(lines(&gate, "/", all).as_deref(), Ok(".h\r\na.txt\r\nb.bin\r\nd\r\n"));
    assert_eq!(lines(&gate, "/.h", plain).as_deref(), Ok(".h\r\n"));
    assert_eq!(lines(&gate, "/none", plain), Err(StorageError::NotFound));
}

#[test]
fn names_of_a_path_are_paths_as_it_was_written() {
    let (_, gate) = scene(Permissions::ALL);
    let names = options(ListForm::Names);
    for (name, asked, shown) in [
        ("/d", "d", "d/c.txt\r\nd/e\r\n"),
        ("/d", "../d/", "../d/c.txt\r\n../d/e\r\n"),
        ("/", "/", "/a.txt\r\n/b.bin\r\n/d\r\n"),
        ("/d/c.txt", "d/c.txt", "d/c.txt\r\n"),
        ("/d/c.*", "/d/c.*", "/d/c.txt\r\n"),
        ("/a.txt", "a.txt", "a.txt\r\n"),
    ] {
        assert_eq!(lines_behind(&gate, name, names, asked.as_bytes()).as_deref(), Ok(shown), "{asked}");
    }
    let deep = ListOptions { recursive: true, ..names };
    assert_eq!(lines_behind(&gate, "/d/e", deep, b"d/e").as_deref(), Ok("f\r\n"), "headed by directories");
}

#[test]
fn patterns_match_the_last_component_where_nothing_has_the_name() {
    let (memory, gate) = scene(Permissions::ALL);
    let plain = options(ListForm::Names);
    for (pattern, found) in [
        ("/*.txt", "a.txt\r\n"),
        ("/?.b[hi]n", "b.bin\r\n"),
        ("/d/*", "c.txt\r\ne\r\n"),
        ("/.*", ".h\r\n"),
        ("/z*", ""),
    ] {
        assert_eq!(lines(&gate, pattern, plain).as_deref(), Ok(found), "{pattern}");
    }
    assert_eq!(lines(&gate, "/*/c.txt", plain), Err(StorageError::NotFound));
    assert_eq!(lines(&gate, "/[", plain), Err(StorageError::NotFound));
    assert_eq!(lines(&gate, "/*", ListOptions { glob: false, ..plain }), Err(StorageError::NotFound));
    memory.put(&path("/*.txt"), b"", NOW).expect("it is put");
    assert_eq!(lines(&gate, "/*.txt", plain).as_deref(), Ok("*.txt\r\n"), "the name itself comes first");
}

#[test]
fn recursion_heads_each_directory_and_ends_somewhere() {
    let (memory, gate) = scene(Permissions::ALL);
    let deep = ListOptions { recursive: true, ..options(ListForm::Names) };
    let expected = "a.txt\r\nb.bin\r\nd\r\n\r\nd:\r\nc.txt\r\ne\r\n\r\nd/e:\r\nf\r\n";
    assert_eq!(lines(&gate, "/", deep).as_deref(), Ok(expected));
    memory.put(&path(&"/x".repeat(40)), b"", NOW).expect("it is put");
    let listed = lines(&gate, "/x", deep).expect("it lists");
    assert_eq!(listed.lines().filter(|line| line.ends_with(':')).count(), ftp_host::listing::MAX_DEPTH);
}

#[test]
fn machine_listings_begin_with_the_directory_and_its_parent() {
    let (_, gate) = scene(Permissions::READ_ONLY);
    let facts = options(ListForm::Facts(Facts::ALL));
    let listed = lines(&gate, "/d", facts).expect("it lists");
    let first: Vec<_> = listed.lines().take(2).map(|line| (line.split(';').next(), line.rsplit(' ').next())).collect();
    assert_eq!(first, [(Some("type=cdir"), Some("/d")), (Some("type=pdir"), Some("/"))]);
    let root = lines(&gate, "/", facts).expect("it lists");
    assert!(!root.contains("pdir"), "{root}");
    assert!(root.contains("; .h\r\n"), "{root}");
    assert_eq!(lines(&gate, "/a.txt", facts), Err(StorageError::NotADirectory));
}
