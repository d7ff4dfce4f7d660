//! Many files at once: get and put of trees, and mirror.

use crate::common::{Outcome, Ran, Server, noise};
use crate::peer::Peer;
use crate::relay::Relay;
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

/// Files with their content, and directories without any.
pub(crate) type Tree = BTreeMap<String, Option<Vec<u8>>>;

/// Everything below `root`.
pub(crate) fn tree(root: &Path) -> Result<Tree, Box<dyn std::error::Error>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            if path.is_dir() {
                found.insert(name, None);
                waiting.push(path);
            } else {
                found.insert(name, Some(fs::read(path)?));
            }
        }
    }
    Ok(found)
}

/// A tree of files of all kinds of size and name.
pub(crate) fn grow(root: &Path) -> Outcome {
    for dir in ["empty", "d/e", "näme with  blanks"] {
        fs::create_dir_all(root.join(dir))?;
    }
    for (at, name) in ["a", "d/b", "d/e/c", "d/e/-x", "näme with  blanks/%41?", "zero"].into_iter().enumerate() {
        fs::write(root.join(name), noise(at * at * 5000))?;
    }
    Ok(())
}

pub(crate) fn events(ran: &Ran, name: &str) -> Vec<serde_json::Value> {
    ran.json().into_iter().filter(|event| event["event"] == name).collect()
}

pub(crate) fn date(path: &Path, seconds: u64) -> Outcome {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    Ok(File::options().append(true).open(path)?.set_times(FileTimes::new().set_modified(time))?)
}

#[test]
fn a_mirror_is_what_is_there_and_the_second_one_has_nothing_to_do() -> Outcome {
    for runtime in ["blocking", "smol", "mio"] {
        let server = Server::start()?;
        grow(&server.home())?;
        let url = server.url_as("ann", "");
        let ran = server.run(["mirror", "--runtime", runtime, &url, "copy", "--json"]);
        assert_eq!(ran.code, Some(0), "{runtime}: {ran:?}");
        let copy = server.work().join("copy");
        assert_eq!(tree(&copy)?, tree(&server.home())?);
        assert_eq!(events(&ran, "finished")[0]["files"], 6);
        let again = server.run(["sync", "--runtime", runtime, &url, "copy", "--json"]);
        assert_eq!((&events(&again, "planned")[0]["files"], events(&again, "done").len()), (&0.into(), 0));
        let same = |path: &str| -> Result<bool, Box<dyn std::error::Error>> {
            let seconds = |root: &Path| root.join(path).metadata()?.modified();
            let apart =
                seconds(&copy)?.duration_since(seconds(&server.home())?).unwrap_or_else(|error| error.duration());
            Ok(apart < Duration::from_secs(1))
        };
        assert!(same("d/e/c")?, "a copy has the time of what it was made from");
    }
    Ok(())
}

#[test]
fn a_server_on_a_long_way_makes_the_data_connections_once_a_trial_shows_that_it_can() -> Outcome {
    let server = Server::start()?;
    for file in 0..200 {
        fs::write(server.home().join(format!("f{file}")), noise(file))?;
    }
    let far = Relay::far(server.port(), Duration::from_millis(10), "(vsFTPd 3.0.5)")?;
    let url = server.url_as("ann", "").replace(&format!(":{}", server.port()), &format!(":{}", far.port()));
    let ran = server.run(["mirror", "-j", "2", &url, "copy"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tree(&server.work().join("copy"))?, tree(&server.home())?);
    far.hear_the_gone();
    let heard = far.take_commands();
    let has = |commands: &[String], verb: &str| commands.iter().any(|command| command.starts_with(verb));
    assert_eq!(heard.len(), 3, "one is for the trial: {heard:?}");
    assert!(heard.iter().any(|commands| has(commands, "PORT") && !has(commands, "RETR")), "{heard:?}");
    assert_eq!(heard.iter().filter(|commands| has(commands, "EPSV") && has(commands, "PORT")).count(), 2, "{heard:?}");
    Ok(())
}

#[test]
fn a_mirror_goes_up_too_and_removes_what_is_not_meant_to_be_there() -> Outcome {
    let server = Server::start()?;
    let site = server.work().join("site");
    grow(&site)?;
    fs::create_dir_all(server.home().join("www/old/older"))?;
    fs::write(server.home().join("www/old/older/x"), "x")?;
    fs::write(server.home().join("www/a"), "another")?;
    let url = server.url_as("ann", "www");
    let ran = server.run(["mirror", "site", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(server.home().join("www/old/older/x").exists());
    let ran = server.run(["mirror", "site", &url, "--delete", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tree(&server.home().join("www"))?, tree(&site)?);
    assert_eq!((&events(&ran, "planned")[0]["files"], &events(&ran, "planned")[0]["removals"]), (&0.into(), &3.into()));
    // The directory at the other end is made where it is missing.
    assert_eq!(server.run(["mirror", "site", &server.url_as("ann", "new/deep/www")]).code, Some(0));
    assert_eq!(tree(&server.home().join("new/deep/www"))?, tree(&site)?);
    Ok(())
}

#[test]
fn only_what_has_changed_is_moved() -> Outcome {
    let server = Server::start()?;
    for name in ["same", "size", "newer", "older"] {
        fs::write(server.home().join(name), "12345")?;
        fs::write(server.work().join(name), if name == "size" { "1" } else { "abcde" })?;
        date(&server.home().join(name), if name == "newer" { 2_000_000 } else { 1_000_000 })?;
        date(&server.work().join(name), if name == "older" { 2_000_000 } else { 1_000_000 })?;
    }
    let url = server.url_as("ann", "");
    let plan = server.run(["mirror", &url, ".", "--dry-run", "--newer"]);
    assert_eq!(String::from_utf8_lossy(&plan.out), "move    newer  5\n");
    let plan = server.run(["mirror", &url, ".", "-n"]);
    assert_eq!(String::from_utf8_lossy(&plan.out), "move    newer  5\nmove    size  5\n");
    assert_eq!(fs::read(server.work().join("size"))?, b"1", "a dry run changes nothing");
    Ok(())
}

#[test]
fn patterns_choose_what_is_mirrored() -> Outcome {
    let server = Server::start()?;
    grow(&server.home())?;
    let url = server.url_as("ann", "");
    let ran = server.run(["mirror", &url, "x", "--exclude", "e", "--exclude", "zero", "--include", "[a-z]*"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let names: Vec<_> = tree(&server.work().join("x"))?.into_keys().collect();
    assert_eq!(names, ["a", "d", "d/b", "empty", "näme with  blanks"]);
    assert_eq!(server.run(["mirror", &url, "x", "--include", "[a"]).code, Some(2));
    Ok(())
}

#[test]
fn get_and_put_take_several_files_and_trees() -> Outcome {
    let server = Server::start()?;
    grow(&server.home())?;
    let url = |path: &str| server.url_as("ann", path);
    let ran = server.run(["get", &url("a"), &url("d/b"), "."]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read(server.work().join("b"))?, fs::read(server.home().join("d/b"))?);
    fs::create_dir(server.work().join("in"))?;
    let ran = server.run(["get", "-r", &url("{d,a}"), &url("empty"), "in"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let names: Vec<_> = tree(&server.work().join("in"))?.into_keys().collect();
    assert_eq!(names, ["a", "d", "d/b", "d/e", "d/e/-x", "d/e/c", "empty"]);
    assert_eq!(server.run(["get", &url("d"), &url("a"), "in"]).code, Some(2), "a directory without -r");
    assert_eq!(server.run(["get", &url("a"), &url("d/e/../../a"), "in"]).code, Some(7), "two of one name");

    let ran = server.run(["put", "-r", "in", "b", &url("out/")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tree(&server.home().join("out/in"))?, tree(&server.work().join("in"))?);
    assert_eq!(fs::read(server.home().join("out/b"))?, fs::read(server.work().join("b"))?);
    Ok(())
}

#[test]
fn conflicts_end_as_the_policy_says() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("f"), "0123456789")?;
    date(&server.home().join("f"), 2_000_000)?;
    let url = server.url_as("ann", "f");
    // One by name, and as one of several: both have the same rules.
    for arguments in [vec!["get", &url], vec!["get", "-r", &url]] {
        for (policy, there, after, code) in [
            ("fail", "abcdef", "abcdef", 7),
            ("ask", "abcdef", "abcdef", 7),
            ("skip", "abcdef", "abcdef", 0),
            ("overwrite", "abcdef", "0123456789", 0),
            ("newer", "abcdef", "0123456789", 0),
            ("rename", "abcdef", "abcdef", 0),
            ("resume", "01234", "0123456789", 0),
        ] {
            fs::write(server.work().join("f"), there)?;
            date(&server.work().join("f"), 1_000_000)?;
            let ran = server.run(arguments.iter().copied().chain(["--on-conflict", policy]));
            assert_eq!(ran.code, Some(code), "{policy}: {ran:?}");
            assert_eq!(fs::read_to_string(server.work().join("f"))?, after, "{arguments:?} {policy}");
        }
    }
    assert_eq!(fs::read_to_string(server.work().join("f.1"))?, "0123456789");
    assert_eq!(fs::read_to_string(server.work().join("f.2"))?, "0123456789");

    for (policy, there, after, code) in [
        ("fail", "abcdef", "abcdef", 7),
        ("skip", "abcdef", "abcdef", 0),
        ("overwrite", "abcdef", "0123456789", 0),
        ("resume", "01", "0123456789", 0),
    ] {
        fs::write(server.work().join("f"), "0123456789")?;
        for arguments in [vec!["put", "f"], vec!["put", "-r", "f"]] {
            fs::write(server.home().join("g"), there)?;
            fs::rename(server.home().join("g"), server.home().join("f"))?;
            let ran = server.run(arguments.into_iter().chain([&*server.url_as("ann", ""), "--on-conflict", policy]));
            assert_eq!(ran.code, Some(code), "{policy}: {ran:?}");
            assert_eq!(fs::read_to_string(server.home().join("f"))?, after, "{policy}");
        }
    }
    Ok(())
}

#[test]
fn what_is_there_is_not_gone_on_with_unless_it_is_the_beginning() -> Outcome {
    let server = Server::start()?;
    let whole = noise(300_000);
    fs::write(server.home().join("f"), &whole)?;
    let mut other = whole[..200_000].to_vec();
    other[199_999] ^= 1;
    fs::write(server.work().join("f"), &other)?;
    let ran = server.run(["get", "-c", &server.url_as("ann", "f")]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.err.contains("not the beginning"), "{ran:?}");
    assert!(fs::read(server.work().join("f"))? == other);
    fs::write(server.work().join("f"), &whole[..200_000])?;
    assert_eq!(server.run(["get", "-c", &server.url_as("ann", "f")]).code, Some(0));
    assert!(fs::read(server.work().join("f"))? == whole);

    fs::write(server.home().join("f"), &other)?;
    let ran = server.run(["put", "-c", "f", &server.url_as("ann", "")]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(fs::read(server.home().join("f"))? == other);
    Ok(())
}

#[test]
fn some_failures_do_not_hold_up_the_rest() -> Outcome {
    let server = Server::start()?;
    grow(&server.work().join("site"))?;
    fs::create_dir_all(server.home().join("www"))?;
    // A name that no command can carry.
    fs::write(server.work().join("site/line\nend"), "x")?;
    let ran = server.run(["mirror", "site", &server.url_as("ann", "www"), "--json"]);
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert_eq!((events(&ran, "failed").len(), &events(&ran, "finished")[0]["files"]), (1, &6.into()));
    fs::remove_dir_all(server.home().join("www/d"))?;
    let ran = server.run(["mirror", "site", &server.url_as("bob", "www"), "--json"]);
    assert_ne!(ran.code, Some(0), "bob may not write: {ran:?}");
    assert!(events(&ran, "failed").len() > 3, "{ran:?}");
    assert_eq!(events(&ran, "finished")[0]["files"], 0);
    Ok(())
}

#[test]
fn rates_are_kept() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("f"), noise(100_000))?;
    let began = std::time::Instant::now();
    assert_eq!(server.run(["get", "--limit-rate", "400k", &server.url_as("ann", "f")]).code, Some(0));
    assert_eq!(
        server.run(["put", "--overwrite", "--limit-rate", "400k", "f", &server.url_as("ann", "")]).code,
        Some(0)
    );
    // Twice a quarter of a second, and no machine is too fast for that.
    assert!(began.elapsed() > Duration::from_millis(450), "{:?}", began.elapsed());
    Ok(())
}

#[test]
fn a_plan_that_has_no_room_is_refused_before_the_first_byte() -> Outcome {
    let server = Server::start()?;
    // A file of 4 TiB with nothing in it takes no room here, and more than a test machine has.
    File::create(server.home().join("huge"))?.set_len(1 << 42)?;
    for arguments in [vec!["get"], vec!["get", "-r"]] {
        let ran = server.run(arguments.into_iter().chain([&*server.url_as("ann", "huge")]));
        assert_eq!(ran.code, Some(8), "{ran:?}");
        assert!(ran.err.contains("room for"), "{ran:?}");
        assert_eq!(fs::read_dir(server.work())?.count(), 0);
    }
    Ok(())
}

/// A server that lets one user in at a time, and says so in the words of 421 or 530.
#[test]
fn a_server_that_is_full_gets_fewer_connections_and_all_files_come() -> Outcome {
    for words in ["421 Too many connections", "530 Sorry, too many users"] {
        let (peer, logins) = Peer::for_one_user(words)?;
        let dir = tempfile::tempdir()?;
        let ran = crate::common::run(dir.path(), ["mirror", "-j", "4", "--retries", "0", &peer.url(""), "copy"]);
        assert_eq!(ran.code, Some(0), "{words}: {ran:?}");
        assert_eq!(tree(&dir.path().join("copy"))?.len(), 20);
        // Who was turned away comes back once, if he was before the first one, in either of two rounds; not for every file.
        assert!(logins.load(Ordering::SeqCst) <= 1 + 3 * 2 * 2, "{words}: {logins:?} logins");
    }
    Ok(())
}
