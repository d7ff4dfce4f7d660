//! A disk whose tree holds what a peer, or a local user, may have put there to get out of the root or to get in the way.
#![cfg(unix)]

use ftp_core::action::{StorageError, StoreMode};
use ftp_core::command::Changes;
use ftp_core::listing::EntryKind;
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Disk, Source, Storage};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A root with a directory beside it that nobody may reach.
struct Scene {
    _dir: TempDir,
    root: PathBuf,
    outside: PathBuf,
    disk: Disk,
}

fn scene() -> Scene {
    let dir = tempfile::tempdir().expect("a directory");
    let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
    for side in [&root, &outside] {
        fs::create_dir(side).expect("it makes");
    }
    fs::write(outside.join("secret"), "outside").expect("it writes");
    let disk = Disk::open(&root).expect("it opens");
    Scene { _dir: dir, root, outside, disk }
}

fn path(text: &str) -> VirtualPath {
    VirtualPath::parse(text.as_bytes()).expect("a path")
}

fn get(disk: &Disk, name: &str) -> Result<String, StorageError> {
    match disk.open(&path(name), 0)? {
        Source::File { mut file, .. } => {
            let mut text = String::new();
            file.read_to_string(&mut text).expect("it reads");
            Ok(text)
        }
        Source::Stream { .. } => unreachable!("a disk has files"),
    }
}

fn put(disk: &Disk, name: &str, mode: StoreMode, bytes: &[u8]) -> Result<(), StorageError> {
    let mut upload = disk.store(&path(name), mode)?;
    upload.write(bytes)?;
    upload.publish()
}

#[test]
fn links_out_of_the_root_lead_nowhere() {
    let Scene { root, outside, disk, .. } = &scene();
    symlink(outside, root.join("absolute")).expect("it links");
    symlink("../outside", root.join("relative")).expect("it links");
    symlink("/", root.join("slash")).expect("it links");
    symlink("../outside/secret", root.join("file")).expect("it links");
    symlink("relative/secret", root.join("twice")).expect("it links");
    symlink("../outside/new", root.join("dangling")).expect("it links");
    for name in ["/absolute/secret", "/relative/secret", "/slash/etc/passwd", "/file", "/twice"] {
        assert_eq!(get(disk, name), Err(StorageError::Denied), "{name}");
        assert_eq!(disk.entry(&path(name)).err(), Some(StorageError::Denied), "{name}");
    }
    for name in ["/absolute", "/relative", "/slash"] {
        assert_eq!(disk.list(&path(name)).err(), Some(StorageError::Denied), "{name}");
        let below = format!("{name}/x");
        assert_eq!(disk.make_dir(&path(&below)), Err(StorageError::Denied), "{name}");
        assert_eq!(disk.remove_file(&path(&format!("{name}/secret"))), Err(StorageError::Denied), "{name}");
        assert_eq!(disk.rename(&path(&format!("{name}/secret")), &path("/x"), true), Err(StorageError::Denied));
        assert_eq!(disk.space(&path(name)), Err(StorageError::Denied), "{name}");
        let mode = Changes { mode: Some(0o777), ..Changes::default() };
        assert_eq!(disk.change(&path(name), &mode), Err(StorageError::Denied), "{name}");
        assert_eq!(disk.change(&path(&format!("{name}/secret")), &mode), Err(StorageError::Denied), "{name}");
        assert_eq!(disk.link(&path("/file"), &path(&below)), Err(StorageError::Denied), "{name}");
    }
    for name in ["/absolute/x", "/relative/x", "/file", "/twice", "/dangling"] {
        for mode in [StoreMode::Replace, StoreMode::Append, StoreMode::ResumeAt(1)] {
            assert_eq!(put(disk, name, mode, b"x"), Err(StorageError::Denied), "{name}");
        }
    }
    assert_eq!(fs::read_dir(outside).expect("it lists").count(), 1);
    assert_eq!(fs::read_to_string(outside.join("secret")).expect("it reads"), "outside");
    // The link itself is the user's to remove.
    assert_eq!(disk.remove_file(&path("/file")), Ok(()));
    assert!(outside.join("secret").exists());
}

#[test]
fn links_beneath_the_root_are_followed_and_written_through() {
    let Scene { root, disk, .. } = &scene();
    fs::create_dir(root.join("data")).expect("it makes");
    fs::create_dir(root.join("sub")).expect("it makes");
    fs::write(root.join("data/file"), "old").expect("it writes");
    symlink("../data/file", root.join("sub/link")).expect("it links");
    assert_eq!(get(disk, "/sub/link").as_deref(), Ok("old"));
    put(disk, "/sub/link", StoreMode::Replace, b"new").expect("it stores");
    assert!(root.join("sub/link").is_symlink());
    assert_eq!(fs::read_to_string(root.join("data/file")).expect("it reads"), "new");
    put(disk, "/sub/link", StoreMode::Append, b"er").expect("it adds");
    assert_eq!(get(disk, "/data/file").as_deref(), Ok("newer"));
    let listed: Vec<_> = disk.list(&path("/sub")).expect("it lists").map(|e| e.expect("an entry").kind).collect();
    assert_eq!(listed, [EntryKind::Symlink(b"../data/file".to_vec())]);
    disk.remove_file(&path("/sub/link")).expect("it removes");
    assert!(root.join("data/file").exists());
}

#[test]
fn a_link_that_was_made_leads_where_it_was_told_to() {
    let Scene { root, disk, .. } = &scene();
    fs::create_dir_all(root.join("deep/er")).expect("it makes");
    symlink("deep/er", root.join("short")).expect("it links");
    put(disk, "/file", StoreMode::Replace, b"content").expect("it stores");
    disk.link(&path("/file"), &path("/near")).expect("it links");
    disk.link(&path("/file"), &path("/deep/er/far")).expect("it links");
    // By way of a link, which is deeper than it looks.
    disk.link(&path("/file"), &path("/short/farther")).expect("it links");
    disk.link(&path("/"), &path("/deep/root")).expect("it links");
    for name in ["/near", "/deep/er/far", "/short/farther", "/deep/er/farther", "/deep/root/file"] {
        assert_eq!(get(disk, name).as_deref(), Ok("content"), "{name}");
    }
    assert_eq!(fs::read_link(root.join("deep/er/far")).expect("a link"), PathBuf::from("../../file"));
    assert_eq!(disk.link(&path("/x"), &path("/near")), Err(StorageError::Exists));
    assert_eq!(disk.link(&path("/x"), &path("/")), Err(StorageError::Exists));
    assert_eq!(disk.link(&path("/.ftpkit-part.a"), &path("/l")), Err(StorageError::NameNotAllowed));
}

#[test]
fn facts_of_a_pipe_are_nobodys_to_change() {
    let Scene { root, disk, .. } = &scene();
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe"), rustix::fs::Mode::RWXU).expect("it makes");
    let mode = Changes { mode: Some(0o777), ..Changes::default() };
    assert_eq!(disk.change(&path("/pipe"), &mode), Err(StorageError::Denied));
}

#[test]
fn a_link_swapped_while_it_is_used_never_leads_outside() {
    let Scene { root, outside, disk, .. } = &scene();
    fs::create_dir(root.join("good")).expect("it makes");
    fs::write(root.join("good/secret"), "inside").expect("it writes");
    symlink("good", root.join("door")).expect("it links");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut to_outside = true;
            while !over.load(Ordering::Relaxed) {
                let target = if to_outside { outside.clone() } else { PathBuf::from("good") };
                symlink(target, root.join("next")).expect("it links");
                fs::rename(root.join("next"), root.join("door")).expect("it renames");
                to_outside = !to_outside;
            }
        });
        let check = |round: u32| {
            match get(disk, "/door/secret") {
                Ok(text) => assert_eq!(text, "inside"),
                Err(error) => assert_eq!(error, StorageError::Denied),
            }
            if let Ok(listed) = disk.list(&path("/door")) {
                listed.for_each(|entry| assert!(entry.is_ok()));
            }
            let _maybe = put(disk, &format!("/door/new{}", round % 8), StoreMode::Replace, b"x");
            let _maybe = disk.make_dir(&path("/door/dir"));
            let _maybe = disk.rename(&path("/door/new0"), &path("/door/new9"), true);
            let _maybe = disk.remove_dir(&path("/door/dir"));
        };
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (0..2_000).for_each(check)));
        over.store(true, Ordering::Relaxed);
        outcome.expect("nothing outside is read");
    });
    assert_eq!(fs::read_dir(outside).expect("it lists").count(), 1, "nothing outside is made or taken");
}

#[test]
fn what_is_no_file_is_neither_read_nor_replaced() {
    let Scene { root, disk, .. } = &scene();
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe"), rustix::fs::Mode::from_raw_mode(0o666)).expect("it makes");
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).expect("it binds");
    fs::create_dir(root.join("dir")).expect("it makes");
    for (name, error) in
        [("/pipe", StorageError::Denied), ("/socket", StorageError::Denied), ("/dir", StorageError::IsADirectory)]
    {
        assert_eq!(get(disk, name), Err(error), "{name}");
        for mode in [StoreMode::Replace, StoreMode::Append, StoreMode::ResumeAt(1)] {
            assert_eq!(put(disk, name, mode, b"x"), Err(error), "{name}");
        }
    }
}

#[test]
fn a_link_planted_where_an_upload_lies_aside_is_not_followed() {
    let Scene { root, outside, disk, .. } = &scene();
    symlink(outside.join("secret"), root.join(".ftpkit-part.a")).expect("it links");
    fs::write(root.join("other"), "other").expect("it writes");
    symlink("other", root.join(".ftpkit-part.b")).expect("it links");
    for name in ["/a", "/b"] {
        for mode in [StoreMode::Replace, StoreMode::Append] {
            assert_eq!(put(disk, name, mode, b"x"), Err(StorageError::Denied), "{name}");
        }
        assert_eq!(disk.partial(&path(name)), Ok(None));
    }
    assert_eq!(fs::read_to_string(root.join("other")).expect("it reads"), "other");
    assert_eq!(fs::read_to_string(outside.join("secret")).expect("it reads"), "outside");
}

#[test]
fn a_replaced_file_hands_on_its_access_bits() {
    let Scene { root, disk, .. } = &scene();
    let file = root.join("a");
    fs::write(&file, "old").expect("it writes");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o4640)).expect("it sets");
    let mode = |name: &str| fs::metadata(root.join(name)).expect("it is there").permissions().mode() & 0o7777;
    let mut upload = disk.store(&path("/a"), StoreMode::Replace).expect("it opens");
    upload.write(b"new").expect("it writes");
    assert_eq!(mode(".ftpkit-part.a"), 0o640, "what replaces a private file is private from the start");
    upload.publish().expect("it publishes");
    assert_eq!(mode("a"), 0o640);
}

#[test]
fn the_old_file_is_whole_at_every_moment_of_an_upload() {
    let Scene { root, disk, .. } = &scene();
    fs::write(root.join("a"), "old").expect("it writes");
    let mut upload = disk.store(&path("/a"), StoreMode::Replace).expect("it opens");
    for _ in 0..3 {
        upload.write(b"new").expect("it writes");
        assert_eq!(fs::read_to_string(root.join("a")).expect("it reads"), "old");
    }
    // As when the process is killed: nothing is tidied up, the system alone drops the lock.
    let file = upload.file().and_then(|file| file.try_clone().ok()).expect("a file");
    file.unlock().expect("it unlocks");
    std::mem::forget(upload);
    drop(file);
    assert_eq!(get(disk, "/a").as_deref(), Ok("old"));
    assert_eq!(disk.partial(&path("/a")), Ok(Some(9)));
    put(disk, "/a", StoreMode::ResumeAt(9), b"!").expect("it resumes");
    assert_eq!(get(disk, "/a").as_deref(), Ok("newnewnew!"));
}

#[test]
fn many_uploads_of_one_name_at_once_leave_one_whole_file() {
    let Scene { root, disk, .. } = &scene();
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            scope.spawn(move || {
                for _ in 0..50 {
                    put(disk, "/a", StoreMode::Replace, &[b'0' + writer; 64]).expect("it stores");
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..200 {
                if let Ok(text) = get(disk, "/a") {
                    assert_eq!(text.len(), 64);
                    assert!(text.bytes().all(|byte| Some(byte) == text.bytes().next()), "{text}");
                }
            }
        });
    });
    let left: Vec<_> = fs::read_dir(root).expect("it lists").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(left, ["a"]);
}

#[test]
fn a_small_file_is_put_whole_and_new_or_not_at_all() {
    let Scene { root, outside, disk, .. } = &scene();
    fs::create_dir(root.join("dir")).expect("it makes");
    symlink("../../outside/secret", root.join("dir/link")).expect("it links");
    fs::write(root.join("dir/there"), "old").expect("it writes");
    let folder = disk.folder(&path("/dir")).expect("it opens");
    let facts = |mode| Changes { modified: None, created: None, mode: Some(mode) };

    assert_eq!(folder.put_new(&path("/dir/a"), b"new", &facts(0o600)), Ok(()));
    assert_eq!(folder.put_new(&path("/dir/b"), b"", &facts(0o666)), Ok(()));
    assert_eq!(folder.put_new(&path("/dir/c"), b"", &facts(0o444)), Ok(()));
    for name in ["/dir/there", "/dir/link", "/dir/a"] {
        assert_eq!(folder.put_new(&path(name), b"new", &facts(0o600)), Err(StorageError::Exists), "{name}");
    }
    for name in ["/", "/a", "/dir", "/dir/dir/a", "/dir/.ftpkit-part.a"] {
        assert_eq!(folder.put_new(&path(name), b"new", &facts(0o600)), Err(StorageError::NameNotAllowed), "{name}");
    }

    assert_eq!(get(disk, "/dir/a"), Ok("new".to_owned()));
    assert_eq!(get(disk, "/dir/there"), Ok("old".to_owned()));
    assert_eq!(fs::read_to_string(outside.join("secret")).expect("it reads"), "outside");
    for (name, mode) in [("a", 0o600), ("b", 0o666), ("c", 0o444)] {
        let facts = fs::metadata(root.join("dir").join(name)).expect("it is there");
        assert_eq!(facts.permissions().mode() & 0o777, mode, "{name}, whatever the process's mask is");
    }
    // Nothing is left aside, and where something was left by another it is not passed over.
    assert_eq!(fs::read_dir(root.join("dir")).expect("it lists").count(), 5);
    fs::write(root.join("dir/.ftpkit-part.d"), "beginning").expect("it writes");
    assert_eq!(folder.put_new(&path("/dir/d"), b"new", &facts(0o600)), Err(StorageError::Exists));
    assert_eq!(folder.put_new(&path("/dir/e"), b"new", &facts(0o600)), Ok(()));
}
