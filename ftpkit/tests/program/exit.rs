//! The exit codes that no other test's subject is. Those of a single transfer are in `transfer`.

use crate::common::{Outcome, Server, run};
use crate::peer::Peer;
use std::fs;

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

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() -> Outcome {
    let dir = tempfile::tempdir()?;
    for arguments in [&["bogus"][..], &["get"], &["get", "--jobs", "0", "ftp://h/x"], &["man", "bogus"]] {
        let ran = run(dir.path(), arguments);
        assert!(ran.code == Some(2) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
    Ok(())
}
