//! From one server to another.

use crate::bulk::{date, events, grow, tree};
use crate::common::{Outcome, Server, noise, program, run, run_command};
use crate::jobs::{command, kill, start, wait_for};
use crate::peer::Peer;
use crate::relay::Relay;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// What a scripted server holds.
type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

fn held(files: &Files) -> BTreeMap<String, Vec<u8>> {
    files.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A server of the oldest kind: LIST, RETR, STOR, APPE and SIZE, and neither MLSD nor REST nor MFMT. Also, what it was told.
fn old(files: &Files) -> std::io::Result<(Peer, Arc<Mutex<Vec<String>>>)> {
    let (files, told) = (Arc::clone(files), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&told);
    let peer = Peer::start(move |exchange| {
        let name = exchange.line.split_once(' ').map_or("", |(_, name)| name).to_owned();
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.line.to_owned());
        let there = held(&files);
        Ok(Some(match (exchange.verb, there.get(&name)) {
            ("LIST", _) => {
                let line = |(name, content): (&String, &Vec<u8>)| {
                    format!("-rw-r--r--   1 ftp      ftp      {:>8} Nov 14  2023 {name}\r\n", content.len())
                };
                let listing: String = there.iter().map(line).collect();
                exchange.send(listing.as_bytes())?;
                "226 Done".into()
            }
            ("SIZE", Some(content)) => format!("213 {}", content.len()),
            ("RETR", Some(content)) => {
                exchange.send(content)?;
                "226 Done".into()
            }
            ("SIZE" | "RETR", None) => "550 No such file".into(),
            ("STOR" | "APPE", before) => {
                let mut content =
                    if exchange.verb == "APPE" { before.cloned().unwrap_or_default() } else { Vec::new() };
                std::io::Write::write_all(exchange.out, b"150 Send it\r\n")?;
                // A part that breaks off stays, as with most servers.
                let came = exchange.data.accept()?.0.read_to_end(&mut content);
                files.lock().unwrap_or_else(PoisonError::into_inner).insert(name, content);
                if came.is_ok() { "226 Done".into() } else { "426 It broke".into() }
            }
            _ => return Ok(None),
        }))
    })?;
    Ok((peer, told))
}

#[test]
fn what_one_server_has_the_other_has_afterwards_and_the_second_time_there_is_nothing_to_do() -> Outcome {
    for runtime in ["blocking", "smol", "mio"] {
        let (source, target) = (Server::start()?, Server::start()?);
        grow(&source.home())?;
        fs::write(source.home().join("large"), noise(3_000_000))?;
        fs::create_dir_all(target.home().join("www"))?;
        fs::write(target.home().join("www/zero"), "another")?;
        fs::write(target.home().join("www/old"), "x")?;
        let (from, to) = (source.url_as("ann", ""), target.url_as("ann", "www"));
        let mirror = ["mirror", "--runtime", runtime, &from, &to, "--json"];
        let ran = source.run(mirror);
        assert_eq!(ran.code, Some(0), "{runtime}: {ran:?}");
        assert_eq!(events(&ran, "finished")[0]["files"], 7);
        assert!(
            events(&ran, "done").iter().any(|done| done["file"].as_str().is_some_and(|to| to.ends_with("/www/large")))
        );
        assert!(target.home().join("www/old").exists());
        let ran = source.run(mirror.into_iter().chain(["--delete"]));
        assert_eq!((ran.code, &events(&ran, "planned")[0]["files"]), (Some(0), &0.into()), "{runtime}: {ran:?}");
        assert_eq!(tree(&target.home().join("www"))?, tree(&source.home())?);
        assert_eq!(fs::read_dir(source.work())?.count(), 0, "nothing of it was here");
    }
    Ok(())
}

#[test]
fn only_what_is_newer_or_chosen_is_moved_and_a_plan_says_so_before() -> Outcome {
    let (source, target) = (Server::start()?, Server::start()?);
    for name in ["same", "size", "newer", "left"] {
        fs::write(source.home().join(name), "12345")?;
        fs::write(target.home().join(name), if name == "size" { "1" } else { "abcde" })?;
        date(&source.home().join(name), if name == "newer" { 2_000_000 } else { 1_000_000 })?;
        date(&target.home().join(name), 1_000_000)?;
    }
    fs::remove_file(target.home().join("left"))?;
    let (from, to) = (source.url_as("ann", ""), target.url_as("ann", ""));
    let sync = ["sync", &from, &to, "--exclude", "left"];
    let plan = source.run(sync.into_iter().chain(["--newer", "--dry-run"]));
    assert_eq!(String::from_utf8_lossy(&plan.out), "move    newer  5\n");
    assert_eq!(source.run(sync.into_iter().chain(["--plan", "plan"])).code, Some(0));
    assert!(!fs::read_to_string(source.work().join("plan"))?.contains("secret"));
    assert_eq!(fs::read(target.home().join("newer"))?, b"abcde", "a plan changes nothing");
    fs::write(source.work().join("netrc"), "machine 127.0.0.1 login ann password secret\n")?;
    let ran = source.run(["mirror", "--apply", "plan", "--netrc=netrc"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for (name, content) in [("same", "abcde"), ("size", "12345"), ("newer", "12345")] {
        assert_eq!(fs::read_to_string(target.home().join(name))?, content, "{name}");
    }
    let ran = source.run(["mirror", &from, &to, "--on-conflict", "fail"]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    Ok(())
}

#[test]
fn servers_without_mlsd_and_rest_do_as_well_on_either_side() -> Outcome {
    let server = Server::start()?;
    let (small, large) = (noise(1000), noise(400_000));
    fs::write(server.root().join("small"), &small)?;
    fs::write(server.root().join("large"), &large)?;
    let files = Files::default();
    let (peer, told) = old(&files)?;
    let ran = server.run(["mirror", &server.url(""), &peer.url("")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let whole = BTreeMap::from([("small".to_owned(), small), ("large".to_owned(), large.clone())]);
    assert!(held(&files) == whole);

    let ran = server.run(["mirror", &peer.url(""), &server.url_as("ann", "copy")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(tree(&server.home().join("copy"))? == tree(&server.root())?);

    // A part there cannot be compared, so the file goes again, and is not put together of two.
    for (from, to, dir) in
        [(server.url(""), peer.url(""), None), (peer.url(""), server.url_as("ann", "copy"), Some("copy/large"))]
    {
        files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert("large".to_owned(), large[..if dir.is_none() { 300_000 } else { 400_000 }].to_vec());
        if let Some(path) = dir {
            fs::write(server.home().join(path), &large[..300_000])?;
        }
        told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let ran = server.run(["mirror", &from, &to, "--on-conflict", "resume"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(
            told.iter().any(|line| line.starts_with("REST ")) && !told.iter().any(|line| line.starts_with("APPE")),
            "{told:?}"
        );
        assert!(held(&files) == whole && fs::read(server.home().join("copy/large"))? == large);
    }
    Ok(())
}

#[test]
fn a_file_that_breaks_off_or_shrinks_never_passes_for_the_whole() -> Outcome {
    let server = Server::start()?;
    // Listed with more bytes than come: in memory or on its way through, by the size that the server insists on.
    for (size, comes) in [(5000, 3000), (500_000, 300_000)] {
        let peer = Peer::start(move |exchange| {
            Ok(Some(match exchange.verb {
                "FEAT" => "211-Extensions\r\n MLST type*;size*;\r\n SIZE\r\n211 End".into(),
                "MLSD" => {
                    exchange.send(format!("type=file;size={size}; f\r\n").as_bytes())?;
                    "226 Done".into()
                }
                "SIZE" => format!("213 {size}"),
                "RETR" => {
                    exchange.send(&noise(comes))?;
                    "226 Done".into()
                }
                _ => return Ok(None),
            }))
        })?;
        fs::write(server.home().join("f"), "as it was")?;
        let ran = server.run(["mirror", &peer.url(""), &server.url_as("ann", ""), "--retries", "0"]);
        assert_eq!(ran.code, Some(9), "{ran:?}");
        assert!(ran.err.contains(&format!("{comes} of {size} bytes came")), "{ran:?}");
        assert_eq!(fs::read_to_string(server.home().join("f"))?, "as it was");
    }
    Ok(())
}

#[test]
fn a_target_that_is_full_ends_it_all_with_what_it_said() -> Outcome {
    let server = Server::start()?;
    for (name, size) in [("a", 100), ("b", 2_000_000), ("c", 100), ("d", 100)] {
        fs::write(server.root().join(name), noise(size))?;
    }
    let peer = Peer::start(|exchange| {
        Ok(Some(match exchange.verb {
            "FEAT" => "211-Extensions\r\n MLST type*;size*;\r\n211 End".into(),
            "MLSD" => {
                exchange.send(b"")?;
                "226 Done".into()
            }
            "STOR" if exchange.line.ends_with('b') => {
                std::io::Write::write_all(exchange.out, b"150 Send it\r\n")?;
                exchange.data.accept()?.0.read_exact(&mut [0; 1000])?;
                "452 No room".into()
            }
            "STOR" => {
                std::io::Write::write_all(exchange.out, b"150 Send it\r\n")?;
                exchange.data.accept()?.0.read_to_end(&mut Vec::new())?;
                "226 Done".into()
            }
            _ => return Ok(None),
        }))
    })?;
    let ran = server.run(["mirror", "-j", "1", &server.url(""), &peer.url("")]);
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.err.contains("452 No room") && ran.err.contains("jobs resume"), "{ran:?}");
    Ok(())
}

#[test]
fn a_killed_client_goes_on_where_both_servers_are_and_sends_nothing_again() -> Outcome {
    let (source, target) = (Server::start()?, Server::start()?);
    for file in 0..30 {
        fs::write(source.root().join(format!("f{file:02}")), noise(1024 + file))?;
    }
    for file in 0..3 {
        fs::write(source.root().join(format!("large{file}")), noise(1_200_000 + file))?;
    }
    let (near, far) = (Relay::before(source.port())?, Relay::before(target.port())?);
    let to = format!("ftp://ann@127.0.0.1:{}/www", far.port());
    let from = format!("ftp://127.0.0.1:{}/", near.port());
    let arguments = ["mirror", "--json", "-j", "3", "--limit-rate", "1500k", &from, &to];
    let (mut child, mut said) = start(&source.work(), &arguments)?;
    let mut resumed = 0;
    for (event, count) in [("done", 5), ("progress", 4), ("progress", 3)] {
        wait_for(&mut said, event, count)?;
        kill(&mut child)?;
        for relay in [&near, &far] {
            relay.hear_the_gone();
        }
        resumed += far.take_commands().concat().iter().filter(|line| line.starts_with("APPE ")).count();
        // The end of a connection is the end of a file in stream mode (RFC 959 3.4.1): what was on its way may be cut.
        let (here, there) = (tree(&source.root())?, tree(&target.home().join("www"))?);
        let whole: Vec<_> =
            there.into_iter().filter(|(name, content)| here.get(name) == Some(content)).map(|(name, _)| name).collect();
        near.take_commands();
        (child, said) = start(&source.work(), &["jobs", "resume", "--json", "--limit-rate", "1500k"])?;
        wait_for(&mut said, "started", 1)?;
        let again: Vec<_> = near.take_commands().concat();
        let again: Vec<_> = again.iter().filter_map(|line| line.strip_prefix("RETR ")).collect();
        assert!(!again.iter().any(|path| whole.iter().any(|name| name == path)), "{again:?} are there");
    }
    let rest: Vec<_> = std::io::BufRead::lines(said).collect::<Result<_, _>>()?;
    assert_eq!(child.wait()?.code(), Some(0), "{rest:?}");
    resumed += far.take_commands().concat().iter().filter(|line| line.starts_with("APPE ")).count();
    assert!(resumed > 0, "nothing was gone on with");
    assert_eq!(tree(&target.home().join("www"))?, tree(&source.root())?);
    let list = command(&source.work(), &["jobs", "list"]).output()?;
    assert_eq!((list.status.code(), list.stdout), (Some(0), Vec::new()));
    Ok(())
}

#[test]
fn a_server_that_dies_costs_nothing_but_time_on_either_side() -> Outcome {
    for dies in [0, 1] {
        let mut servers = [Server::start()?, Server::start()?];
        for file in 0..3 {
            fs::write(servers[0].root().join(format!("large{file}")), noise(700_000 + file))?;
        }
        let (from, to) = (servers[0].url(""), format!("ftp://ann@127.0.0.1:{}/", servers[1].port()));
        let arguments = ["mirror", "--json", "-j", "2", "--limit-rate", "1500k", "--retries", "10", &from, &to];
        let (mut child, mut said) = start(&servers[0].work(), &arguments)?;
        wait_for(&mut said, "progress", 2)?;
        servers[dies].kill()?;
        servers[dies].restart()?;
        let rest: Vec<_> = std::io::BufRead::lines(said).collect::<Result<_, _>>()?;
        assert_eq!(child.wait()?.code(), Some(0), "{dies}: {rest:?}");
        assert_eq!(tree(&servers[1].home())?, tree(&servers[0].root())?, "{dies}");
    }
    Ok(())
}

#[test]
fn digests_of_both_servers_are_compared_or_bytes_counted() -> Outcome {
    let (source, target) = (Server::start()?, Server::start()?);
    let plain = Server::start_with(&["--disable", "HASH,XCRC,XMD5,XSHA,XSHA1,XSHA256,XSHA512,MD5"])?;
    grow(&source.home())?;
    let from = source.url_as("ann", "");
    for (server, warns) in [(&target, false), (&plain, true)] {
        let ran = source.run(["mirror", "--verify", "hash", &from, &server.url_as("ann", "")]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.err.matches("bytes are counted").count(), usize::from(warns), "{ran:?}");
        assert_eq!(tree(&server.home())?, tree(&source.home())?);
    }
    Ok(())
}

#[test]
fn a_source_that_lets_one_in_at_a_time_gives_all_its_files() -> Outcome {
    let server = Server::start()?;
    let (peer, _) = Peer::for_one_user("421 Too many connections")?;
    let ran = server.run(["mirror", "-j", "4", "--retries", "0", &peer.url(""), &server.url_as("ann", "")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tree(&server.home())?.len(), 20);
    Ok(())
}

#[test]
fn one_password_is_not_sent_to_two_servers_and_a_place_not_mirrored_into_itself() -> Outcome {
    let (source, target) = (Server::start()?, Server::start()?);
    let mut with_password = program();
    with_password.env("FTPKIT_PASSWORD", "secret");
    let url = |server: &Server, path: &str| format!("ftp://ann@127.0.0.1:{}/{path}", server.port());
    let ran = run_command(with_password, &source.work(), ["mirror", &url(&source, ""), &url(&target, "")], b"");
    assert!(ran.code == Some(2) && ran.err.contains("sent to both servers"), "{ran:?}");
    for (from, to) in [("a", "a/b"), ("a", ""), ("", "a"), ("a/", "a")] {
        let ran = run(&source.work(), ["mirror", &source.url_as("ann", from), &source.url_as("ann", to)]);
        assert!(ran.code == Some(2) && ran.err.contains("lies in the other"), "{from} {to}: {ran:?}");
    }
    fs::create_dir(source.home().join("a"))?;
    fs::write(source.home().join("a/f"), "x")?;
    let ran = run(&source.work(), ["mirror", &source.url_as("ann", "a"), &source.url_as("ann", "ab")]);
    assert_eq!((ran.code, fs::read(source.home().join("ab/f"))?), (Some(0), b"x".to_vec()), "{ran:?}");
    Ok(())
}

#[test]
fn ctrl_c_ends_both_sides_in_good_order_and_what_is_left_can_be_gone_on_with() -> Outcome {
    for runtime in ["blocking", "smol", "mio"] {
        let (source, target) = (Server::start()?, Server::start()?);
        fs::write(source.root().join("large"), noise(3_000_000))?;
        let (from, to) = (source.url(""), format!("ftp://ann@127.0.0.1:{}/", target.port()));
        let arguments = ["mirror", "--runtime", runtime, "--json", "--limit-rate", "2M", &from, &to];
        let (mut child, mut said) = start(&source.work(), &arguments)?;
        wait_for(&mut said, "progress", 2)?;
        assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
        let rest: Vec<_> = std::io::BufRead::lines(said).collect::<Result<_, _>>()?;
        assert_eq!(child.wait()?.code(), Some(130), "{runtime}: {rest:?}");
        assert!(!target.home().join("large").exists(), "{runtime}: a part passed for the whole");
        assert_eq!(command(&source.work(), &["jobs", "resume"]).status()?.code(), Some(0), "{runtime}");
        assert_eq!(tree(&target.home())?, tree(&source.root())?, "{runtime}");
    }
    Ok(())
}

#[test]
fn a_record_says_who_logs_in_whatever_netrc_says_later() -> Outcome {
    let (source, target) = (Server::start()?, Server::start()?);
    fs::write(source.root().join("f"), "everybody's")?;
    fs::write(source.home().join("f"), "ann's")?;
    let netrc = source.work().join("netrc");
    fs::write(&netrc, "machine 127.0.0.1 login ann password secret\n")?;
    let to = target.url_as("ann", "");
    // Once as anybody, and once as the user whom .netrc names.
    for (options, content) in [(&[][..], "everybody's"), (&["--netrc=netrc"], "ann's")] {
        let plan = ["mirror", &source.url(""), &to, "--on-conflict", "overwrite", "--plan", "plan"];
        let ran = source.run(plan.iter().chain(options));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = source.run(["mirror", "--apply", "plan", "--netrc=netrc"]);
        assert_eq!((ran.code, fs::read_to_string(target.home().join("f"))?.as_str()), (Some(0), content), "{ran:?}");
        fs::remove_file(source.work().join("plan"))?;
    }
    Ok(())
}
