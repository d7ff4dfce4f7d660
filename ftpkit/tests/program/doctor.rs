//! `doctor`: what it finds out about a server that can everything, and about one that can little.

use crate::common::{Outcome, Server, run};
use crate::peer::Peer;
use crate::secure::SecurePeer;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_server_that_can_everything_is_found_well() -> Outcome {
    let server = Server::start_with(&["--tls", "offer"])?;
    fs::write(server.home().join("a.txt"), "alpha")?;
    let ran = server.run(["doctor", "--insecure", &server.url_as("ann", "")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!(String::from_utf8_lossy(&ran.out));
    let names: Vec<_> = fs::read_dir(server.home())?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["a.txt"], "nothing is written there");
    let told = server.run(["doctor", "--insecure", "-vv", &server.url_as("ann", "")]).err;
    // Each way is really gone.
    for verb in ["EPSV", "PASV", "PORT", "AUTH TLS"] {
        assert!(told.contains(&format!("> {verb}")), "{verb}: {told}");
    }
    let json = server.run(["doctor", "--insecure", "--json", &server.url_as("ann", "")]).json();
    assert!(json.iter().all(|finding| finding["verdict"] == "good"), "{json:?}");
    Ok(())
}

#[test]
fn a_server_that_can_little_is_explained() -> Outcome {
    let passive = AtomicBool::new(false);
    let peer = Peer::start(move |exchange| {
        Ok(Some(match exchange.verb {
            // Neither EPSV nor anything newer than 1985, and a restart that it refuses.
            "EPSV" => "500 What?".into(),
            "PASV" => {
                passive.store(true, Ordering::SeqCst);
                let port = exchange.data.local_addr()?.port();
                format!("227 Passive (127,0,0,1,{},{})", port >> 8, port & 255)
            }
            "LIST" if !passive.swap(false, Ordering::SeqCst) => "425 Where to?".into(),
            "LIST" => {
                exchange.send(b"-rw-r--r-- 1 ann ann 5 Nov 14 2023 a.txt\r\n")?;
                "226 Done".into()
            }
            "PORT" | "EPRT" => "502 Not here".into(),
            _ => return Ok(None),
        }))
    })?;
    let dir = tempfile::tempdir()?;
    let ran = run(dir.path(), ["doctor", &peer.url("")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!(String::from_utf8_lossy(&ran.out));
    Ok(())
}

#[test]
fn a_server_without_data_connections_is_found_ill() -> Outcome {
    let peer = Peer::start(|exchange| Ok((exchange.verb == "EPSV").then(|| "502 No".to_owned())))?;
    let dir = tempfile::tempdir()?;
    let ran = run(dir.path(), ["doctor", "--json", &peer.url("")]);
    let bad: Vec<_> = ran.json().into_iter().filter(|finding| finding["verdict"] == "bad").collect();
    assert!(ran.code != Some(0) && bad.len() == 2, "{ran:?}");
    Ok(())
}

#[test]
fn whether_data_connections_have_to_resume_tls_is_said_in_plain_words() -> Outcome {
    for (options, code) in [
        (&["--data-resumption", "require"][..], Some("522 ")),
        (&["--data-resumption", "require", "--tls-refusal", "425"], Some("425 ")),
        (&["--data-resumption", "prefer"], None),
    ] {
        let server = Server::start_with(&[&["--tls", "offer"], options].concat())?;
        let findings = server.run(["doctor", "--insecure", "--json", &server.url_as("ann", "")]).json();
        let found = findings.iter().find(|finding| finding["check"] == "resumption").ok_or("nothing is said of it")?;
        let message = found["message"].as_str().unwrap_or_default();
        assert_eq!(found["verdict"], "good", "{found}");
        match code {
            Some(code) => assert!(message.contains("have to resume") && message.contains(code), "{message}"),
            None => assert!(message.contains("any client will do"), "{message}"),
        }
    }
    Ok(())
}

#[test]
fn a_server_that_takes_no_session_for_resumed_is_explained_with_what_to_do_about_it() -> Outcome {
    let dir = tempfile::tempdir()?;
    for reply in [
        "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
        "425 Unable to build data connection: TLS session of data connection not resumed.",
        "450 TLS session of data connection has not resumed or the session does not match the control connection",
    ] {
        let peer = SecurePeer::refusing(reply)?;
        let ran = run(dir.path(), ["doctor", "--insecure", &peer.url()]);
        let told = String::from_utf8_lossy(&ran.out);
        assert_eq!(ran.code, Some(14), "{ran:?}");
        assert!(told.contains("resume the TLS session of the control connection"), "{told}");
        assert!(told.contains(reply) && told.contains("NoSessionReuseRequired"), "{told}");
        let ran = run(dir.path(), ["ls", "--insecure", &peer.url()]);
        assert!(ran.code == Some(14) && ran.err.contains("resume the TLS session"), "{ran:?}");
    }
    Ok(())
}
