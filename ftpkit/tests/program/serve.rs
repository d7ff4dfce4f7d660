//! `serve` as other clients and its operator see it.

use crate::common::{Outcome, Server, noise, program, run};
use crate::control::Control;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn a_stop_lets_transfers_finish() -> Outcome {
    let mut server = Server::start_with(&["--grace", "60s"])?;
    // More than the buffers of two sockets hold, so that it cannot have left already.
    let content = noise(32 << 20);
    fs::write(server.root().join("big"), &content)?;
    let mut control = Control::log_in(&server, "anonymous", "guest@")?;
    let mut data = control.data()?;
    assert!(control.say("RETR big")?.starts_with('1'));

    server.signal()?;
    assert_eq!(server.event()?["event"], "stopping");
    let mut came = Vec::new();
    data.read_to_end(&mut came)?;
    assert!(came == content);
    assert!(control.reply()?.starts_with("226"));
    let stopped = server.event()?;
    assert_eq!((&stopped["event"], &stopped["in_time"]), (&"stopped".into(), &true.into()));
    assert_eq!(server.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_virtual_host_shows_its_own_directory_and_what_is_switched_off_is_not_promised() -> Outcome {
    let other = tempfile::tempdir()?;
    fs::write(other.path().join("there"), "content")?;
    let host = format!("one.example={}", other.path().display());
    let server = Server::start_with(&["--host", &host, "--disable", "SIZE,site"])?;
    let mut control = Control::log_in(&server, "anonymous", "guest@")?;
    assert!(control.say("MDTM there")?.starts_with("550"));
    assert!(control.say("SIZE there")?.starts_with("502") && control.say("SITE HELP")?.starts_with("502"));
    assert!(control.say("REIN")?.starts_with("220"));
    assert!(control.say("HOST ONE.example")?.starts_with("220"));
    assert!(control.say("USER anonymous")?.starts_with("331") && control.say("PASS x")?.starts_with("230"));
    let said = control.say("MDTM there")?;
    assert!(said.starts_with("213"), "{said}");
    Ok(())
}

/// As `sd_listen_fds(3)` has it: descriptor 3 listens, and two variables say so.
#[test]
fn a_supervisor_may_hand_over_the_listener() -> Outcome {
    let dir = tempfile::tempdir()?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" serve --json 3<&0 </dev/null",
        env!("CARGO_BIN_EXE_ftpkit"),
    ]);
    shell.current_dir(dir.path()).stdin(std::os::fd::OwnedFd::from(listener)).stdout(Stdio::piped());
    let mut child = shell.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
    let said = serde_json::from_str::<serde_json::Value>(&line)?;
    assert_eq!(said["listening"][0], address.to_string());
    let mut greeting = String::new();
    BufReader::new(std::net::TcpStream::connect(address)?).read_line(&mut greeting)?;
    assert!(greeting.starts_with("220"));
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[test]
fn grace_has_an_end() -> Outcome {
    let mut server = Server::start_with(&["--grace", "0s"])?;
    fs::write(server.root().join("big"), noise(32 << 20))?;
    let mut control = Control::log_in(&server, "anonymous", "guest@")?;
    let _data = control.data()?;
    assert!(control.say("RETR big")?.starts_with('1'));
    server.signal()?;
    assert_eq!(server.event()?["event"], "stopping");
    assert_eq!(server.event()?["in_time"], false);
    assert_eq!(server.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_second_signal_stops_it_at_once() -> Outcome {
    let mut server = Server::start_with(&["--grace", "1h"])?;
    fs::write(server.root().join("big"), noise(32 << 20))?;
    let mut control = Control::log_in(&server, "anonymous", "guest@")?;
    let _data = control.data()?;
    assert!(control.say("RETR big")?.starts_with('1'));
    server.signal()?;
    assert_eq!(server.event()?["event"], "stopping");
    server.signal()?;
    assert_eq!(server.wait()?.code(), Some(130));
    Ok(())
}

#[test]
fn sessions_are_counted() -> Outcome {
    let server = Server::start_with(&["--max-sessions", "1"])?;
    let mut first = Control::connect(&server)?;
    assert!(first.reply()?.starts_with("220"));
    assert!(Control::connect(&server)?.reply()?.starts_with("421"));
    let ran = server.run(["ls", &server.url("")]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    Ok(())
}

#[test]
fn passive_ports_and_public_address_are_announced() -> Outcome {
    // A range of all ports but the privileged: what is announced lies in it.
    let server = Server::start_with(&["--passive-ports", "20000-60000", "--public-address", "192.0.2.7"])?;
    let mut control = Control::connect(&server)?;
    control.reply()?;
    control.say("USER anonymous")?;
    control.say("PASS guest@")?;
    let passive = control.say("PASV")?;
    let digits: Vec<u16> =
        passive.split(|c: char| !c.is_ascii_digit()).skip(1).filter_map(|number| number.parse().ok()).collect();
    let [192, 0, 2, 7, high, low] = digits[..] else { panic!("{passive}") };
    assert!((20000..=60000).contains(&(high * 256 + low)), "{passive}");
    Ok(())
}

#[test]
fn mode_z_is_offered_to_who_asks_for_it_only_if_the_operator_wants_it() -> Outcome {
    for (options, code) in [(&[][..], "504"), (&["--deflate", "1"], "200")] {
        let server = Server::start_with(options)?;
        let mut control = Control::connect(&server)?;
        control.reply()?;
        control.say("USER anonymous")?;
        control.say("PASS guest@")?;
        let reply = control.say("MODE Z")?;
        assert!(reply.starts_with(code), "{options:?}: {reply}");
    }
    Ok(())
}

#[test]
fn anonymous_users_may_do_what_is_said() -> Outcome {
    let upload = Server::start_with(&["--anonymous", "upload"])?;
    fs::write(upload.work().join("a"), "first")?;
    assert_eq!(upload.run(["put", "a", &upload.url("")]).code, Some(0));
    assert_eq!(fs::read(upload.root().join("a"))?, b"first");
    fs::write(upload.work().join("a"), "second")?;
    assert_eq!(upload.run(["put", "a", &upload.url("")]).code, Some(7));
    assert_eq!(upload.run(["put", "--overwrite", "a", &upload.url("")]).code, Some(6));
    assert_eq!(fs::read(upload.root().join("a"))?, b"first");

    let off = Server::start_with(&["--anonymous", "off"])?;
    assert_eq!(off.run(["ls", &off.url("")]).code, Some(4));
    assert_eq!(off.run(["ls", &off.url_as("ann", "")]).code, Some(0));
    Ok(())
}

#[test]
fn it_says_what_it_serves_and_the_command_it_names_works() -> Outcome {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("read me"), "hello")?;
    let mut command = program();
    command.current_dir(dir.path()).args(["serve", "--listen", "0.0.0.0:0"]).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
    let mut said = Vec::new();
    let fetch = loop {
        let line = lines.next().ok_or_else(|| format!("it ended: {said:?}"))??;
        if let Some(command) = line.trim().strip_prefix("To fetch:") {
            break command.trim().to_owned();
        }
        said.push(line);
    };
    assert!(said[0].contains("warning: everybody"), "{said:?}");
    assert!(said.iter().any(|line| line.contains(&*dir.path().canonicalize().unwrap_or_default().to_string_lossy())));
    let work = tempfile::tempdir()?;
    let ran = run(work.path(), fetch.split_whitespace().skip(1));
    assert_eq!(ran.code, Some(0), "{fetch}: {ran:?}");
    assert_eq!(fs::read(work.path().join("read me"))?, b"hello");
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[test]
fn what_cannot_be_served_is_refused_with_a_remedy() -> Outcome {
    let server = Server::start()?;
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("bad.json"), "{\"accounts\": 1}")?;
    let taken = format!("127.0.0.1:{}", server.port());
    let cases: [(&[&str], i32); 6] = [
        (&["serve", "none"], 8),
        (&["serve", "--anonymous", "off"], 2),
        (&["serve", "--accounts", "none.json"], 8),
        (&["serve", "--accounts", "bad.json"], 8),
        (&["serve", "--listen", "localhost"], 2),
        (&["serve", "--listen", &taken], 3),
    ];
    let mut shown = String::new();
    for (arguments, code) in cases {
        let ran = run(dir.path(), arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        shown += &format!("{}\n{}\n", arguments.join(" "), ran.err).replace(&server.port().to_string(), "PORT");
    }
    insta::assert_snapshot!(shown);
    Ok(())
}
