//! `get`, `put` and `ls` against `serve`, over loopback: what arrives, what is said, and how each failure ends.

use crate::common::{Outcome, Server, noise, run, run_with_input};
use crate::peer::Peer;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

const BIG: usize = 3 << 20;

#[test]
fn what_is_fetched_is_what_is_served() -> Outcome {
    let server = Server::start()?;
    for (name, content) in [("big", noise(BIG)), ("empty", Vec::new()), ("n\u{e4}me with space", b"x".to_vec())] {
        fs::write(server.root().join(name), &content)?;
        let ran = server.run(["get", &server.url(name)]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(fs::read(server.work().join(name))? == content, "{name}");
        let ran = server.run(["get", &server.url(name), "-"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out == content, "{name}");
    }
    // Nothing is left aside.
    assert_eq!(fs::read_dir(server.work())?.count(), 3);
    Ok(())
}

#[test]
fn what_is_stored_is_what_was_there() -> Outcome {
    let server = Server::start()?;
    let content = noise(BIG);
    fs::write(server.work().join("a b"), &content)?;
    let ran = server.run(["put", "a b", &server.url_as("ann", "")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(fs::read(server.home().join("a b"))? == content);

    let ran = run_with_input(&server.work(), ["put", "-", &server.url_as("ann", "other")], b"from standard input");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.home().join("other"))?, b"from standard input");
    assert!(!ran.err.contains("secret"), "{ran:?}");
    Ok(())
}

#[test]
fn text_has_this_machines_line_ends() -> Outcome {
    let server = Server::start()?;
    fs::write(server.root().join("t"), "one\ntwo\n")?;
    let ran = server.run(["get", &format!("{};type=a", server.url("t"))]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.work().join("t"))?, b"one\ntwo\n");
    Ok(())
}

#[test]
fn a_fetch_goes_on_where_it_was_interrupted() -> Outcome {
    let server = Server::start()?;
    let content = noise(BIG);
    fs::write(server.root().join("a"), &content)?;
    // Half of it, left unfinished under its own name; then the same, aside.
    for name in ["a", ".ftpkit-part.a"] {
        for left in [&content[..BIG / 2], &content[..]] {
            fs::remove_file(server.work().join("a")).or_else(missing)?;
            fs::write(server.work().join(name), left)?;
            let ran = server.run(["get", "-c", "--json", &server.url("a")]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert!(fs::read(server.work().join("a"))? == content);
            assert_eq!(fs::read_dir(server.work())?.count(), 1);
            let done = ran.json().pop().unwrap_or_default();
            assert_eq!(done["event"], "done");
            assert_eq!(done["moved"], BIG - left.len());
            assert_eq!(done["bytes"], BIG);
        }
    }
    Ok(())
}

#[test]
fn a_store_goes_on_where_it_was_interrupted() -> Outcome {
    let server = Server::start()?;
    let content = noise(BIG);
    fs::write(server.work().join("a"), &content)?;
    for there in [None, Some(0), Some(BIG / 2), Some(BIG)] {
        fs::remove_file(server.home().join("a")).or_else(missing)?;
        if let Some(size) = there {
            fs::write(server.home().join("a"), &content[..size])?;
        }
        let ran = server.run(["put", "-c", "--json", "a", &server.url_as("ann", "")]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(fs::read(server.home().join("a"))? == content, "{there:?}");
        let done = ran.json().pop().unwrap_or_default();
        assert_eq!(done["moved"], BIG - there.unwrap_or(0));
    }
    Ok(())
}

#[test]
fn what_is_there_is_not_replaced_unasked() -> Outcome {
    let server = Server::start()?;
    fs::write(server.root().join("a"), "new")?;
    fs::write(server.work().join("a"), "precious")?;
    let ran = server.run(["get", &server.url("a")]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    insta::assert_snapshot!(ran.err, @r"
    ftpkit: cannot write a: it exists already
      try: --overwrite replaces it, -c goes on with it, or name another file
    ");
    // It is longer than the server's: no beginning of it.
    assert_eq!(server.run(["get", "-c", &server.url("a")]).code, Some(7));
    assert_eq!(fs::read(server.work().join("a"))?, b"precious");
    assert_eq!(server.run(["get", "--overwrite", &server.url("a")]).code, Some(0));
    assert_eq!(fs::read(server.work().join("a"))?, b"new");
    Ok(())
}

#[test]
fn events_tell_the_whole_story() -> Outcome {
    let server = Server::start()?;
    fs::write(server.root().join("a"), noise(BIG))?;
    let ran = server.run(["get", "--json", &server.url("a")]);
    let events = ran.json();
    let names: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"started"), Some(&"done")), "{ran:?}");
    assert_eq!(events[0]["size"], BIG);
    assert_eq!(events[0]["file"], "a");
    assert_eq!(events[0]["url"], server.url("a"));
    assert_eq!(ran.err, "");

    let ran = server.run(["get", "--json", &server.url("none")]);
    let error = ran.json().pop().unwrap_or_default();
    assert_eq!((error["event"].as_str(), error["code"].as_i64()), (Some("error"), Some(5)), "{ran:?}");
    assert_eq!(error["kind"], "not-found");
    Ok(())
}

#[test]
fn listings() -> Outcome {
    let server = Server::start()?;
    assert_eq!(server.run(["ls", &server.url("")]).out, b"");
    fs::create_dir(server.root().join("dir"))?;
    fs::write(server.root().join("dir/inside"), "")?;
    fs::write(server.root().join("b\u{1b}[2J"), "12345")?;
    let ran = server.run(["ls", "-1", &server.url("")]);
    assert_eq!(String::from_utf8_lossy(&ran.out), "b\\u{1b}[2J\ndir\n", "{ran:?}");
    let ran = server.run(["ls", &server.url("")]);
    let text = String::from_utf8_lossy(&ran.out).into_owned();
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((lines[0][1], lines[0][4]), ("5", r"b\u{1b}[2J"), "{text}");
    assert!(lines[0][0].starts_with('-') && lines[1][0].starts_with('d'), "{text}");
    let entries = server.run(["ls", "--json", &server.url("")]).json();
    assert_eq!((&entries[0]["kind"], &entries[0]["size"]), (&"file".into(), &5.into()));
    assert_eq!((&entries[1]["kind"], &entries[1]["name"]), (&"directory".into(), &"dir".into()));
    // The path of an entry leads to it.
    let path = entries[0]["path"].as_str().unwrap_or_default();
    assert_eq!(server.run(["get", &server.url(path), "-"]).out, b"12345");
    assert_eq!(server.run(["ls", "-1", &server.url("dir")]).out, b"inside\n");
    assert_eq!(server.run(["ls", &server.url("none")]).code, Some(5));
    Ok(())
}

#[test]
fn the_conversation_hides_the_password() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("a"), "x")?;
    let ran = server.run(["get", "-v", &server.url_as("ann", "a"), "-"]);
    assert_eq!((ran.code, ran.out.as_slice()), (Some(0), &b"x"[..]), "{ran:?}");
    assert!(ran.err.contains("> USER ann") && ran.err.contains("< 226"), "{}", ran.err);
    assert!(!ran.err.contains("secret"), "{}", ran.err);
    Ok(())
}

#[test]
fn passwords_come_from_where_they_are_safe() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("a"), "x")?;
    let url = format!("ftp://ann@127.0.0.1:{}/a", server.port());
    let ran = run_with_input(&server.work(), ["get", "--password-stdin", &url, "-"], b"secret\n");
    assert_eq!(ran.out, b"x", "{ran:?}");
    let mut command = crate::common::program();
    let output = command.args(["get", &url, "-"]).env("FTPKIT_PASSWORD", "secret").output()?;
    assert_eq!(output.stdout, b"x");
    // Without either there is no terminal to ask on.
    assert_eq!(server.run(["get", &url, "-"]).code, Some(2));
    Ok(())
}

/// What the program says, with what differs between runs taken out.
fn said(server: &Server, text: &str) -> String {
    text.replace(&server.port().to_string(), "PORT")
}

#[test]
fn every_failure_has_its_exit_code() -> Outcome {
    let server = Server::start()?;
    fs::write(server.work().join("a"), "x")?;
    let wrong = format!("ftp://ann:wrong@127.0.0.1:{}/a", server.port());
    let (anonymous, bob, directory) = (server.url("a"), server.url_as("bob", "a"), server.url("none/"));
    let (missing, ann) = (server.url("none"), server.url_as("ann", "a"));
    let cases: [(&[&str], i32); 10] = [
        (&["get", "http://ann:secret@127.0.0.1/a"], 2),
        (&["get", &directory], 2),
        (&["get", &wrong, "b"], 4),
        (&["get", &missing], 5),
        (&["put", "a", &anonymous], 6),
        (&["put", "a", &bob], 6),
        (&["get", &anonymous], 7),
        (&["get", &missing, "no/such/dir"], 8),
        (&["put", "missing", &ann], 8),
        (&["put", ".", &ann], 8),
    ];
    let mut shown = String::new();
    for (arguments, code) in cases {
        let ran = server.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("secret"), "{ran:?}");
        shown += &said(&server, &format!("{}\n{}\n", arguments.join(" "), ran.err));
    }
    insta::assert_snapshot!(shown);
    Ok(())
}

#[test]
fn nobody_there() -> Outcome {
    let dir = tempfile::tempdir()?;
    // A port that was free a moment ago, and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let ran = run(dir.path(), ["ls", &format!("ftp://127.0.0.1:{port}/")]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.contains("  try: "), "{ran:?}");
    Ok(())
}

#[test]
fn silence_ends_in_a_time_out() -> Outcome {
    let dir = tempfile::tempdir()?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ftp://{}/", silent.local_addr()?);
    let ran = run(dir.path(), ["ls", "--timeout", "1s", &url]);
    assert_eq!(ran.code, Some(10), "{ran:?}");
    Ok(())
}

#[test]
fn half_a_file_never_passes_for_the_whole() -> Outcome {
    // The server admits it; or believes, and says, that all is well.
    for end in ["426 Broken", "226 Done"] {
        let dir = tempfile::tempdir()?;
        let peer = Peer::start(move |exchange| {
            Ok(match exchange.verb {
                "SIZE" => Some("213 10".into()),
                "RETR" => {
                    exchange.send(b"12345")?;
                    Some(end.into())
                }
                _ => None,
            })
        })?;
        let ran = run(dir.path(), ["get", &peer.url("a")]);
        assert_eq!(ran.code, Some(9), "{end}: {ran:?}");
        assert!(!dir.path().join("a").exists());
        // What came is kept, to go on with.
        assert_eq!(fs::read(dir.path().join(".ftpkit-part.a"))?, b"12345");
    }
    Ok(())
}

#[test]
fn ctrl_c_keeps_what_came() -> Outcome {
    let dir = tempfile::tempdir()?;
    let control = TcpListener::bind("127.0.0.1:0")?;
    let mut command = crate::common::program();
    command.current_dir(dir.path()).args(["get", "--json", &format!("ftp://{}/a", control.local_addr()?)]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn()?;
    let id = child.id().to_string();
    let events = child.stdout.take().ok_or("no standard output")?;
    let serving = std::thread::spawn(move || -> std::io::Result<()> {
        let (stream, _) = control.accept()?;
        let mut out = stream.try_clone()?;
        let data = TcpListener::bind("127.0.0.1:0")?;
        let data_port = data.local_addr()?.port();
        out.write_all(b"220 Hello\r\n")?;
        let mut sending = None;
        for line in BufReader::new(stream).lines() {
            let line = line?;
            // ABOR comes with Telnet signals before it (RFC 959 4.1.3).
            let verb = line.trim_start_matches(|c: char| !c.is_ascii_uppercase()).split(' ').next().unwrap_or_default();
            let reply = match verb {
                "USER" => "331 Password".to_owned(),
                "PASS" => "230 Welcome".to_owned(),
                "TYPE" => "200 Fine".to_owned(),
                "SIZE" => "213 10".to_owned(),
                "EPSV" => format!("229 Passive (|||{data_port}|)"),
                "RETR" => {
                    let (mut stream, _) = data.accept()?;
                    stream.write_all(b"12345")?;
                    sending = Some(stream);
                    "150 Here it comes".to_owned()
                }
                _ if sending.take().is_some() => "426 Aborted\r\n226 Done".to_owned(),
                _ => "502 No".to_owned(),
            };
            out.write_all(format!("{reply}\r\n").as_bytes())?;
        }
        Ok(())
    });
    let mut events = BufReader::new(events);
    let mut line = String::new();
    while !line.contains("\"bytes\":5") {
        line.clear();
        assert!(events.read_line(&mut line)? > 0, "it ended before anybody stopped it");
    }
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status()?.success());
    let mut rest = String::new();
    events.read_to_string(&mut rest)?;
    assert_eq!(child.wait()?.code(), Some(130), "{rest}");
    assert!(rest.contains("\"kind\":\"interrupted\""), "{rest}");
    assert_eq!(fs::read(dir.path().join(".ftpkit-part.a"))?, b"12345");
    // The client may have left before it was answered.
    let _ = serving.join();
    Ok(())
}

fn missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
