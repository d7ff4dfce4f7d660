//! The exit codes that no other test's subject is. Those of a single transfer are in `transfer`.

use crate::common::{Outcome, Ran, Server, noise, run, run_command};
use crate::peer::Peer;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_server_without_tls_and_one_with_another_certificate_end_with_14() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("a"), "x")?;
    let ran = server.run(["get", "--tls", "require", &server.url_as("ann", "a"), "-"]);
    assert!(ran.code == Some(14) && ran.out.is_empty() && ran.err.contains("--tls off"), "{ran:?}");

    let server = Server::start_with(&["--tls", "offer"])?;
    fs::write(server.home().join("a"), "x")?;
    let other = "00".repeat(32);
    let ran = server.run(["get", "--pin", &other, &server.url_as("ann", "a"), "-"]);
    assert!(ran.code == Some(14) && ran.err.contains("not the one expected"), "{ran:?}");
    Ok(())
}

#[test]
fn what_cannot_be_proven_ends_with_12() -> Outcome {
    let peer = Peer::start(|exchange| {
        if exchange.verb != "RETR" {
            return Ok(None);
        }
        exchange.send(b"12345")?;
        Ok(Some("226 Done".into()))
    })?;
    let dir = tempfile::tempdir()?;
    let ran = run(dir.path(), ["get", "--verify", "size", &peer.url("a")]);
    assert!(ran.code == Some(12) && ran.err.contains("does not tell its size"), "{ran:?}");
    assert!(!dir.path().join("a").exists());
    Ok(())
}

/// Some servers answer SIZE with 0, whatever the file: they are not believed.
#[test]
fn a_file_whose_size_is_falsely_0_comes_whole_and_is_gone_on_with() -> Outcome {
    let peer = Peer::start(|exchange| {
        let offset = exchange.restart;
        Ok(Some(match exchange.verb {
            "SIZE" => "213 0".into(),
            "REST" => "350 Fine".into(),
            "RETR" => {
                exchange.send(b"0123456789".get(offset..).unwrap_or_default())?;
                "226 Done".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("a");
    for there in [None, Some(&b""[..]), Some(b"0123"), Some(b"0123456789")] {
        if let Some(bytes) = there {
            fs::write(&file, bytes)?;
        }
        let ran = run(dir.path(), ["get", "-c", &peer.url("a")]);
        assert_eq!((ran.code, fs::read(&file)?), (Some(0), b"0123456789".to_vec()), "{there:?}: {ran:?}");
    }
    fs::write(&file, "another")?;
    let ran = run(dir.path(), ["get", "-c", &peer.url("a")]);
    assert_eq!((ran.code, fs::read(&file)?), (Some(7), b"another".to_vec()), "{ran:?}");
    assert_eq!(run(dir.path(), ["cat", &peer.url("a")]).out, b"0123456789");
    let ran = run(dir.path(), ["get", "--overwrite", "--verify", "size", &peer.url("a")]);
    assert!(ran.code == Some(12) && ran.err.contains("does not tell its size"), "{ran:?}");
    Ok(())
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() -> Outcome {
    let dir = tempfile::tempdir()?;
    for arguments in [&["bogus"][..], &["get"], &["get", "--jobs", "0", "ftp://h/x"], &["man", "bogus"]] {
        let ran = run(dir.path(), arguments);
        assert!(ran.code == Some(2) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
    Ok(())
}

/// Runs the program where the shell's limits are these.
fn limited(limits: &str, dir: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_ftpkit")]);
    command.env("XDG_STATE_HOME", dir.join(".state")).env("NO_COLOR", "1");
    run_command(command, dir, arguments, b"")
}

/// A limit of the size of files stands for a disk that fills up on the way: nobody can tell before that it will.
#[test]
fn a_disk_that_is_full_ends_with_8_and_at_once() -> Outcome {
    let server = Server::start()?;
    for name in ["f", "g", "h"] {
        fs::write(server.home().join(name), noise(600_000))?;
    }
    let [f, g, h] = ["f", "g", "h"].map(|name| server.url_as("ann", name));
    let full = "trap '' XFSZ; ulimit -f 400";
    for arguments in [&["get", &f][..], &["get", "--overwrite", &f, "there"], &["get", "-j", "2", &f, &g, &h]] {
        fs::write(server.work().join("there"), "old")?;
        let ran = limited(full, &server.work(), arguments);
        assert!(ran.code == Some(8) && ran.err.contains("try: "), "{arguments:?}: {ran:?}");
        assert_eq!(fs::read(server.work().join("there"))?, b"old");
        assert!(!server.work().join("f").exists(), "half of it has its name");
    }
    // There is room again: nothing that came was in vain.
    let ran = limited("true", &server.work(), &["get", "-c", "-vv", &f]);
    assert!(ran.code == Some(0) && ran.err.contains("> REST "), "{ran:?}");
    assert!(fs::read(server.work().join("f"))? == noise(600_000));
    Ok(())
}

#[test]
fn what_only_the_machine_is_at_fault_for_ends_with_1() -> Outcome {
    let dir = tempfile::tempdir()?;
    // Signals need two files, and there is room for one.
    let ran = limited("ulimit -n 4", dir.path(), &["serve", ".", "--listen", "127.0.0.1:0"]);
    assert!(ran.code == Some(1) && ran.err.contains("cannot handle signals"), "{ran:?}");
    Ok(())
}
