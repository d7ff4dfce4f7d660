//! The commands that look around and tidy up on a server.

use crate::common::{Outcome, Server, run_with_input};
use std::fs;

fn text(out: &[u8]) -> String {
    String::from_utf8_lossy(out).into_owned()
}

/// A small tree in ann's home.
fn tree(server: &Server) -> Outcome {
    fs::create_dir_all(server.home().join("d/e"))?;
    for (path, content) in
        [("a.txt", "alpha"), ("b.txt", "beta!"), (".hidden", ""), ("d/c.txt", "gamma"), ("d/e/f", "xyz")]
    {
        fs::write(server.home().join(path), content)?;
    }
    Ok(())
}

#[test]
fn cat_prints_files_in_order_and_patterns_choose_them() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let ran = server.run(["cat", &server.url_as("ann", "b.txt"), &server.url_as("ann", "a.txt")]);
    assert_eq!((ran.code, text(&ran.out)), (Some(0), "beta!alpha".into()), "{ran:?}");
    assert_eq!(text(&server.run(["cat", &server.url_as("ann", "*.txt")]).out), "alphabeta!");
    assert_eq!(text(&server.run(["cat", &server.url_as("ann", "{d,x}/c.*")]).out), "gamma");
    assert_eq!(text(&server.run(["cat", "--offset", "3", &server.url_as("ann", "a.txt")]).out), "ha");
    // Encoded, a sign stands for itself.
    assert_eq!(server.run(["cat", &server.url_as("ann", "%2A.txt")]).code, Some(5));
    let ran = server.run(["cat", &server.url_as("ann", "*.none")]);
    assert!(ran.code == Some(5) && ran.err.contains("nothing fits the pattern"), "{ran:?}");
    Ok(())
}

#[test]
fn some_done_and_some_not_is_partial() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let ran = server.run(["cat", &server.url_as("ann", "none"), &server.url_as("ann", "a.txt")]);
    assert_eq!((ran.code, text(&ran.out)), (Some(11), "alpha".into()), "{ran:?}");
    Ok(())
}

#[test]
fn ls_walks_down_and_takes_patterns() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let ran = server.run(["ls", "-R", "-1", &server.url_as("ann", "")]);
    assert_eq!(text(&ran.out), ".hidden\na.txt\nb.txt\nd\nd/c.txt\nd/e\nd/e/f\n", "{ran:?}");
    let paths = server.run(["ls", "-R", "--json", &server.url_as("ann", "d")]).json();
    let paths: Vec<_> = paths.iter().filter_map(|line| line["path"].as_str()).collect();
    assert_eq!(paths, ["c.txt", "e", "e/f"]);
    let ran = server.run(["ls", "-R", &server.url_as("ann", "")]);
    assert!(text(&ran.out).contains("\n\nd/e:\n"), "{}", text(&ran.out));
    assert_eq!(text(&server.run(["ls", "-1", &server.url_as("ann", "*.txt")]).out), "a.txt\nb.txt\n");
    Ok(())
}

#[test]
fn stat_and_du_tell_what_is_there() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let facts = server.run(["stat", "--json", &server.url_as("ann", "d/c.txt"), &server.url_as("ann", "d")]).json();
    assert_eq!(
        (&facts[0]["kind"], &facts[0]["size"], &facts[0]["path"]),
        (&"file".into(), &5.into(), &"d/c.txt".into())
    );
    assert_eq!(facts[1]["kind"], "directory");
    assert!(facts[0]["modified"].is_string());
    assert_eq!(server.run(["stat", &server.url_as("ann", "d/none")]).code, Some(5));
    let sums = server.run(["du", "--json", &server.url_as("ann", ""), &server.url_as("ann", "d/c.txt")]).json();
    assert_eq!((&sums[0]["bytes"], &sums[0]["files"], &sums[0]["directories"]), (&18.into(), &5.into(), &2.into()));
    assert_eq!((&sums[1]["bytes"], &sums[1]["files"]), (&5.into(), &1.into()));
    assert_eq!(server.run(["du", "-a", "--json", &server.url_as("ann", "")]).json().len(), 3);
    Ok(())
}

#[test]
fn mkdir_mv_and_rm_change_what_is_there() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let url = |path: &str| server.url_as("ann", path);
    assert_eq!(server.run(["mkdir", &url("x/y")]).code, Some(5));
    assert_eq!(server.run(["mkdir", "-p", &url("x/y/z"), &url("x/y")]).code, Some(0));
    assert!(server.home().join("x/y/z").is_dir());
    assert_eq!(server.run(["mv", &url("*.txt"), "x/y/"]).code, Some(0));
    assert!(server.home().join("x/y/a.txt").exists() && !server.home().join("b.txt").exists());
    assert_eq!(server.run(["mv", &url("x/y/a.txt"), &url("new name")]).code, Some(0));
    assert_eq!(fs::read(server.home().join("new name"))?, b"alpha");
    assert_eq!(server.run(["mv", &url("x/y/*"), "one"]).code, Some(2));
    assert_eq!(server.run(["mv", &url("x"), "ftp://elsewhere.example/x"]).code, Some(2));

    assert_eq!(server.run(["rmdir", &url("x")]).code, Some(6));
    assert_eq!(server.run(["rm", &url("d/c.txt")]).code, Some(0));
    assert_ne!(server.run(["rm", &url("x")]).code, Some(0));
    assert_eq!(server.run(["rm", "-r", &url("x"), &url("d")]).code, Some(0));
    assert!(!server.home().join("x").exists() && !server.home().join("d").exists());
    assert_eq!(server.run(["rm", &url("none")]).code, Some(5));
    assert_eq!(server.run(["rm", "-f", &url("none")]).code, Some(0));
    // Never the directory of the login by mistake.
    assert_eq!(server.run(["rm", "-r", &url("")]).code, Some(2));
    Ok(())
}

#[test]
fn raw_prints_the_replies() -> Outcome {
    let server = Server::start()?;
    let ran = server.run(["raw", &server.url(""), "NOOP", "SYST"]);
    let lines: Vec<_> = ran.out.split(|&byte| byte == b'\n').map(|line| line.get(..4)).collect();
    assert_eq!((ran.code, &lines[..2]), (Some(0), &[Some(&b"200 "[..]), Some(b"215 ")][..]), "{ran:?}");
    let ran = server.run(["raw", &server.url(""), "BOGUS", "NOOP"]);
    assert!(ran.code == Some(6) && ran.out.starts_with(b"500 ") && !text(&ran.out).contains("200"), "{ran:?}");
    Ok(())
}

#[test]
fn credentials_come_from_a_command_or_from_netrc() -> Outcome {
    let server = Server::start()?;
    tree(&server)?;
    let url = format!("ftp://ann@127.0.0.1:{}/a.txt", server.port());
    let ran = server.run(["cat", "--password-command", "echo secret", &url]);
    assert_eq!(text(&ran.out), "alpha", "{ran:?}");
    let ran = server.run(["cat", "--password-command", "exit 3", &url]);
    assert!(ran.code == Some(2) && ran.err.contains("exit 3"), "{ran:?}");

    fs::write(server.work().join("logins"), "machine 127.0.0.1 login ann password secret\n")?;
    let anonymous = server.url("a.txt");
    assert_eq!(text(&server.run(["cat", "--netrc=logins", &anonymous]).out), "alpha");
    assert_eq!(server.run(["cat", &anonymous]).code, Some(5));
    assert_eq!(server.run(["cat", "--netrc=none", &anonymous]).code, Some(8));
    let ran = run_with_input(&server.work(), ["cat", "--netrc=logins", "--password-stdin", &url], b"wrong\n");
    assert_eq!(ran.code, Some(4), "what is said on the command line counts more");
    Ok(())
}

#[test]
fn a_server_that_is_full_is_tried_again() -> Outcome {
    let server = Server::start_with(&["--max-sessions", "1"])?;
    tree(&server)?;
    let mut held = crate::control::Control::connect(&server)?;
    held.expect("220")?;
    let ran = server.run(["cat", &server.url_as("ann", "a.txt")]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let url = server.url_as("ann", "a.txt");
    let mut command = crate::common::program();
    command
        .args(["cat", "--retries", "20", &url])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn()?;
    // It is let in once it has been turned away.
    let mut line = String::new();
    let mut err = std::io::BufReader::new(child.stderr.take().ok_or("no standard error")?);
    std::io::BufRead::read_line(&mut err, &mut line)?;
    assert!(line.contains("again in a moment"), "{line}");
    drop(held);
    let output = child.wait_with_output()?;
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "alpha".into()));
    Ok(())
}

#[test]
fn hash_prints_what_others_check() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("abc"), "abc")?;
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let url = server.url_as("ann", "abc");
    let ran = server.run(["hash", &url]);
    assert_eq!((ran.code, text(&ran.out)), (Some(0), format!("SHA-256 {sha}  abc\n")), "{ran:?}");
    let ran = server.run(["hash", "--algorithm", "sha-256", &url]);
    assert_eq!(text(&ran.out), format!("{sha}  abc\n"));
    let json = server.run(["hash", "-a", "MD5", "--json", &url]).json();
    assert_eq!(json[0]["digest"], "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(server.run(["hash", "-a", "MD9", &url]).code, Some(2));
    Ok(())
}

#[test]
fn the_log_has_the_conversation_and_no_password() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("a"), "x")?;
    for _ in 0..2 {
        let ran = server.run(["cat", "--log", "log", &server.url_as("ann", "a")]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    }
    let log = fs::read_to_string(server.work().join("log"))?;
    assert_eq!(log.matches(" #1 > RETR a\n").count(), 2, "{log}");
    assert!(log.contains("Z #1 < 226 ") && log.contains(" > PASS ****") && !log.contains("secret"), "{log}");
    let ran = server.run(["cat", "--log", "no/such/dir/log", &server.url_as("ann", "a")]);
    assert_eq!((ran.code, ran.out.as_slice()), (Some(8), &b""[..]), "{ran:?}");
    Ok(())
}

#[test]
fn a_bookmark_stands_for_a_place_and_keeps_no_password() -> Outcome {
    let server = Server::start()?;
    fs::create_dir(server.home().join("pub"))?;
    fs::write(server.home().join("pub/a.txt"), "alpha")?;
    let config = server.work().join("config");
    let run = |arguments: &[&str], input: &[u8]| {
        let mut command = crate::common::program();
        command.env("XDG_CONFIG_HOME", &config);
        crate::common::run_command(command, &server.work(), arguments, input)
    };
    let url = server.url_as("ann", "pub/");
    let ran = run(&["bookmark", "add", "work", &url, "--password-command", "echo secret"], b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let kept = fs::read_to_string(config.join("ftpkit/bookmarks.json"))?;
    assert!(!kept.contains(":secret@"), "{kept}");
    assert_eq!(text(&run(&["cat", "work:a.txt"], b"").out), "alpha");
    assert_eq!(text(&run(&["ls", "-1", "work"], b"").out), "a.txt\n");
    assert_eq!(run(&["get", "work:*.txt", "."], b"").code, Some(0));
    assert_eq!(fs::read(server.work().join("a.txt"))?, b"alpha");
    assert_eq!(text(&run(&["connect"], b"open work\ncat a.txt\n").out), "alpha\n");
    assert!(text(&run(&["bookmark", "list"], b"").out).starts_with("work  ftp://ann@127.0.0.1"));
    assert_eq!(run(&["bookmark", "remove", "work"], b"").code, Some(0));
    assert_eq!(run(&["bookmark", "remove", "work"], b"").code, Some(5));
    assert_eq!(run(&["ls", "work"], b"").code, Some(2));
    Ok(())
}
