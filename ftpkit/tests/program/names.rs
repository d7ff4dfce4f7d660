//! A server that gives names, and digests, which no honest one would.

use crate::common::{Outcome, Server, run, run_with_input};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What lies in the root: lines of MLSD.
fn root() -> Vec<u8> {
    let long = "l".repeat(300);
    let fits = "f".repeat(250);
    // As many bytes as a name may have, and one sign too many.
    let wide = "\u{e9}".repeat(128);
    let names: [&[u8]; 32] = [
        b"..",
        b".",
        b"../up",
        b"/abs",
        b"a/../../b",
        b"..\\back",
        b"n\0ul",
        b"c\r\0r",
        b"bell\x07\x1b[2J\x1b]0;owned\x07",
        b"\xff\xfe",
        b"back\\slash",
        b"case",
        b"CASE",
        "caf\u{e9}".as_bytes(),
        "cafe\u{301}".as_bytes(),
        b"nul",
        b"C:x",
        b" leading",
        b".ftpkit-part.good",
        b".ftpkit-part-0123456789abcdef",
        long.as_bytes(),
        fits.as_bytes(),
        b"twice",
        b"twice",
        b"trailing. . ",
        b"good/",
        b"..\\..\\good",
        b"~",
        b"$(touch owned)",
        "\u{202e}gpj.elif".as_bytes(),
        "..\u{2215}up".as_bytes(),
        wide.as_bytes(),
    ];
    let mut lines = b"type=dir;modify=20240101000000; out\r\ntype=dir;modify=20240101000000; ..\r\n".to_vec();
    for name in [&b"good"[..]].iter().chain(&names) {
        lines.extend_from_slice(b"type=file;size=5;modify=20240101000000; ");
        lines.extend_from_slice(name);
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// A server that lists this, whose every file is `hello`.
fn serve() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            thread::spawn(move || talk(stream));
        }
    });
    Ok(port)
}

fn talk(mut to: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(to.try_clone()?);
    let (mut line, mut passive) = (Vec::new(), None);
    to.write_all(b"220 Hello.\r\n")?;
    while lines.read_until(b'\n', &mut line)? > 0 {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let sent: Option<Vec<u8>> = match verb.as_slice() {
            b"MLSD" if line.trim_ascii().ends_with(b"out") => Some(b"type=file;size=5; inner\r\n".to_vec()),
            b"MLSD" => Some(root()),
            b"RETR" => Some(b"hello".to_vec()),
            _ => None,
        };
        let reply = match (verb.as_slice(), sent) {
            (_, Some(bytes)) => {
                to.write_all(b"150 Here.\r\n")?;
                let listener: Option<TcpListener> = passive.take();
                listener.ok_or(io::ErrorKind::NotConnected)?.accept()?.0.write_all(&bytes)?;
                "226 Done.\r\n".to_owned()
            }
            (b"EPSV", _) => {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                let reply = format!("229 Here (|||{}|)\r\n", listener.local_addr()?.port());
                passive = Some(listener);
                reply
            }
            (b"USER" | b"PASS", _) => "230 Come in.\r\n".to_owned(),
            (b"FEAT", _) => "211-Features\r\n MLST type*;size*;modify*;\r\n HASH SHA-256*\r\n211 End\r\n".to_owned(),
            // Of `hello`, and of anything else.
            (b"HASH", _) if line.trim_ascii().ends_with(b"good") => format!("213 SHA-256 0-5 {HELLO} good\r\n"),
            (b"HASH", _) => format!("213 SHA-256 0-5 {} x\r\n", HELLO.replace('2', "3")),
            (b"TYPE" | b"OPTS", _) => "200 Yes.\r\n".to_owned(),
            (b"QUIT", _) => "221 Bye.\r\n".to_owned(),
            _ => "550 No.\r\n".to_owned(),
        };
        to.write_all(reply.as_bytes())?;
        line.clear();
    }
    Ok(())
}

/// SHA-256 of what each file holds.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn names(dir: &Path) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name().as_encoded_bytes().to_vec());
    }
    names.sort();
    Ok(names)
}

#[test]
fn hostile_names_write_nothing_outside_and_escapes_are_shown() -> Outcome {
    let place = tempfile::tempdir()?;
    let desk = place.path().join("desk");
    fs::create_dir_all(&desk)?;
    let url = format!("ftp://127.0.0.1:{}/", serve()?);
    let ran = run(&desk, ["mirror", "-vv", &url, "copy"]);
    // What cannot be written here is said, and does not hold up the rest.
    assert_eq!(ran.code, Some(11), "{}", ran.err);
    assert!(!ran.err.bytes().chain(ran.out).any(|byte| byte < b' ' && byte != b'\n'), "{}", ran.err.escape_debug());
    assert_eq!(names(place.path())?, [b"desk"]);
    assert_eq!(names(&desk)?, [b"copy"]);
    let fits = vec![b'f'; 250];
    let mut expected: Vec<&[u8]> = vec![
        b"\xff\xfe",
        b" leading",
        b"CASE",
        "caf\u{e9}".as_bytes(),
        "cafe\u{301}".as_bytes(),
        b"nul",
        b"C:x",
        b"back\\slash",
        b"bell\x07\x1b[2J\x1b]0;owned\x07",
        b"case",
        &fits,
        b"good",
        b"out",
        b"twice",
        b"trailing. . ",
        b"~",
        b"$(touch owned)",
        "\u{202e}gpj.elif".as_bytes(),
        "..\u{2215}up".as_bytes(),
    ];
    expected.sort_unstable();
    assert_eq!(names(&desk.join("copy"))?, expected, "{}", ran.err);
    Ok(())
}

/// However the files are asked for: by a directory, a pattern, or in conversation.
#[test]
fn no_other_way_of_fetching_writes_outside_either() -> Outcome {
    let url = format!("ftp://127.0.0.1:{}/", serve()?);
    let all = format!("{url}*");
    for (arguments, typed) in [
        (vec!["get", "-r", &url], ""),
        (vec!["get", "-r", "--on-conflict", "overwrite", &all], ""),
        (vec!["connect", &url], "mget *\nlcd ..\n"),
        (vec!["connect", &url], "mirror . here\n"),
    ] {
        let place = tempfile::tempdir()?;
        let (desk, outside) = (place.path().join("desk"), place.path().join("outside"));
        fs::create_dir(&desk)?;
        fs::create_dir(&outside)?;
        fs::write(outside.join("file"), "mine")?;
        symlink("../outside/file", desk.join("good"))?;
        symlink("../outside", desk.join("out"))?;
        let ran = run_with_input(&desk, &arguments, typed.as_bytes());
        assert!(!ran.err.bytes().chain(ran.out).any(|byte| byte < b' ' && byte != b'\n'), "{}", ran.err.escape_debug());
        assert_eq!(names(place.path())?, [&b"desk"[..], b"outside"], "{arguments:?}: {}", ran.err);
        assert_eq!((names(&outside)?, fs::read(outside.join("file"))?), (vec![b"file".to_vec()], b"mine".to_vec()));
    }
    Ok(())
}

#[test]
fn one_file_is_written_where_its_name_says_and_links_are_replaced() -> Outcome {
    let url = format!("ftp://127.0.0.1:{}", serve()?);
    let place = tempfile::tempdir()?;
    let desk = place.path().join("desk");
    fs::create_dir(&desk)?;
    fs::write(place.path().join("file"), "mine")?;
    symlink("../file", desk.join("good"))?;
    for path in ["..", "%2E%2E", ".", "a%2F..", "%00"] {
        for verb in [&["get"][..], &["edit", "--editor", "touch ../../touched; true"]] {
            let ran = run(&desk, verb.iter().copied().chain([&*format!("{url}/{path}")]));
            assert_eq!(ran.code, Some(2), "{verb:?} {path}: {}", ran.err);
        }
    }
    let ran = run(&desk, ["get", "--overwrite", &format!("{url}/good")]);
    // Whoever names a link himself means what it leads to; the server's name is only a name, and leads nowhere.
    assert_eq!(ran.code, Some(8), "{}", ran.err);
    assert_eq!(fs::read(place.path().join("file"))?, b"mine");
    // What is printed or edited leaves nothing here.
    assert_eq!(run(&desk, ["cat", &format!("{url}/../abs")]).out, b"hello");
    let ran = run(&desk, ["edit", "--editor", "true", &format!("{url}/-rf%20x")]);
    assert!(matches!(ran.code, Some(0 | 5 | 6)), "{}", ran.err);
    assert_eq!(
        (names(&desk)?, names(place.path())?),
        (vec![b"good".to_vec()], vec![b"desk".to_vec(), b"file".to_vec()])
    );
    Ok(())
}

#[test]
fn links_in_the_target_lead_nothing_out() -> Outcome {
    let place = tempfile::tempdir()?;
    let (desk, outside) = (place.path().join("desk"), place.path().join("outside"));
    fs::create_dir_all(desk.join("copy"))?;
    fs::create_dir(&outside)?;
    fs::write(outside.join("file"), "mine")?;
    symlink("../../outside", desk.join("copy/out"))?;
    symlink("../../outside/file", desk.join("copy/good"))?;
    let url = format!("ftp://127.0.0.1:{}/", serve()?);
    let include = ["--include", "good", "--include", "inner", "--include", "out"];
    let ran = run(&desk, ["mirror", &url, "copy"].into_iter().chain(include));
    assert_eq!(ran.code, Some(7), "a link is in the way: {}", ran.err);
    assert_eq!(names(&outside)?, [b"file"]);
    // The link goes, not what it leads to.
    let ran = run(&desk, ["mirror", "--delete", &url, "copy"].into_iter().chain(include));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(fs::read(desk.join("copy/out/inner"))?, b"hello");
    assert_eq!(fs::read(desk.join("copy/good"))?, b"hello");
    assert_eq!((names(&outside)?, fs::read(outside.join("file"))?), (vec![b"file".to_vec()], b"mine".to_vec()));
    Ok(())
}

/// Somebody else swaps a directory of the target for a link that leads out, and back, while a mirror writes into it.
#[test]
fn a_link_swapped_in_while_files_come_leads_nothing_out() -> Outcome {
    let place = tempfile::tempdir()?;
    let (copy, outside) = (place.path().join("copy"), place.path().join("outside"));
    for dir in [copy.join("out"), outside.clone()] {
        fs::create_dir_all(dir)?;
    }
    let url = format!("ftp://127.0.0.1:{}/", serve()?);
    let over = Arc::new(AtomicBool::new(false));
    let swapper = {
        let (copy, over) = (copy.clone(), Arc::clone(&over));
        thread::spawn(move || -> io::Result<()> {
            symlink("../outside", copy.join("link"))?;
            while !over.load(Ordering::Relaxed) {
                // At no time is there nothing of that name.
                rename_exchanging(&copy.join("out"), &copy.join("link"))?;
            }
            Ok(())
        })
    };
    for _ in 0..6 {
        let ran = run(place.path(), ["mirror", &url, "copy", "--include", "inner", "--include", "out"]);
        assert!(matches!(ran.code, Some(0 | 7 | 8 | 11)), "{ran:?}");
    }
    over.store(true, Ordering::Relaxed);
    assert!(matches!(swapper.join(), Ok(Ok(()))));
    assert_eq!(names(&outside)?, Vec::<Vec<u8>>::new());
    Ok(())
}

/// Has two names change places, in one step.
fn rename_exchanging(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[test]
fn a_file_whose_digest_is_another_is_not_published() -> Outcome {
    let place = tempfile::tempdir()?;
    let port = serve()?;
    for (name, code) in [("good", 0), ("case", 12)] {
        let ran = run(place.path(), ["get", "--verify", "hash", &format!("ftp://127.0.0.1:{port}/{name}")]);
        assert_eq!(ran.code, Some(code), "{name}: {}", ran.err);
    }
    // What came is not kept to be gone on with either.
    assert_eq!(names(place.path())?, [b"good"]);
    Ok(())
}

#[test]
fn nothing_is_stored_outside_the_target_on_another_server() -> Outcome {
    let server = Server::start()?;
    let from = format!("ftp://127.0.0.1:{}/", serve()?);
    let ran = server.run(["mirror", &from, &server.url_as("ann", "a/b/in")]);
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert_eq!(fs::read(server.home().join("a/b/in/good"))?, b"hello");
    assert_eq!(fs::read(server.home().join("a/b/in/out/inner"))?, b"hello");
    for dir in ["", "a", "a/b"] {
        assert_eq!(fs::read_dir(server.home().join(dir))?.count(), 1, "{dir}: {ran:?}");
    }
    assert_eq!(fs::read_dir(server.root())?.count(), 0);
    Ok(())
}
