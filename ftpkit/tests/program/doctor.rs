//! `doctor`: what it finds out about a server that can everything, and about one that can little.

use crate::common::{Outcome, Server, run};
use crate::peer::Peer;
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
