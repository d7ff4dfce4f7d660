//! Jobs that are interrupted and gone on with.

use crate::bulk::{Tree, tree};
use crate::common::{Outcome, Server, noise, program};
use crate::relay::Relay;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Bytes that are compared before a transfer goes on.
const OVERLAP: u64 = 64 << 10;

pub(crate) type Events = BufReader<std::process::ChildStdout>;

/// The program in `dir`, with memories of its own, its events to be read.
pub(crate) fn start(dir: &Path, arguments: &[&str]) -> Result<(Child, Events), Box<dyn std::error::Error>> {
    let mut child = command(dir, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let events = BufReader::new(child.stdout.take().ok_or("no standard output")?);
    Ok((child, events))
}

pub(crate) fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(dir).args(arguments).env("XDG_STATE_HOME", dir.join("state")).env("FTPKIT_PASSWORD", "secret");
    command
}

/// Reads events until `count` of this name have come.
pub(crate) fn wait_for(events: &mut Events, name: &str, count: usize) -> Outcome {
    let needle = format!("\"event\":\"{name}\"");
    let mut line = String::new();
    for _ in 0..count {
        loop {
            line.clear();
            if events.read_line(&mut line)? == 0 {
                return Err(format!("it ended before {count} times {name}").into());
            }
            if line.contains(&needle) {
                break;
            }
        }
    }
    Ok(())
}

pub(crate) fn kill(child: &mut Child) -> Outcome {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Small files and three that take a while.
fn grow(root: &Path) -> Outcome {
    for dir in 0..5 {
        fs::create_dir_all(root.join(format!("d{dir}")))?;
        for file in 0..12 {
            fs::write(root.join(format!("d{dir}/f{file}")), noise(1024 + dir * 7 + file))?;
        }
    }
    for file in 0..3 {
        fs::write(root.join(format!("large{file}")), noise(700_000 + file))?;
    }
    Ok(())
}

/// What is there of a copy: whole files, and the bytes of those that are not.
fn state(root: &Path) -> Result<(Tree, BTreeMap<String, u64>), Box<dyn std::error::Error>> {
    let (mut whole, mut parts) = (Tree::new(), BTreeMap::new());
    for (name, content) in tree(root)? {
        match name.split_once(".ftpkit-part.") {
            Some((dir, file)) => {
                parts.insert(format!("{dir}{file}"), content.map_or(0, |bytes| bytes.len() as u64));
            }
            None => {
                whole.insert(name, content);
            }
        }
    }
    Ok((whole, parts))
}

#[test]
fn what_a_killed_client_has_fetched_is_not_fetched_again() -> Outcome {
    let server = Server::start()?;
    grow(&server.home())?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://ann@127.0.0.1:{}/", relay.port());
    let copy = server.work().join("copy");
    let (mut child, mut events) =
        start(&server.work(), &["mirror", "--json", "-j", "3", "--limit-rate", "1500k", &url, "copy"])?;
    // Among small files, as one is begun, and in the midst of large ones.
    for (event, count) in [("done", 7), ("started", 15), ("progress", 4)] {
        wait_for(&mut events, event, count)?;
        kill(&mut child)?;
        relay.hear_the_gone();
        relay.take_commands();
        let (whole, parts) = state(&copy)?;
        (child, events) = start(&server.work(), &["jobs", "resume", "--json", "--limit-rate", "1500k"])?;
        wait_for(&mut events, "started", 1)?;
        check_commands(&relay, &whole, &parts)?;
    }
    let rest: Vec<_> = events.lines().collect::<Result<_, _>>()?;
    assert_eq!(child.wait()?.code(), Some(0), "{rest:?}");
    assert_eq!(tree(&copy)?, tree(&server.home())?);
    // Nothing is left to be gone on with.
    let list = command(&server.work(), &["jobs", "list"]).output()?;
    assert_eq!((list.status.code(), list.stdout), (Some(0), Vec::new()));
    assert_eq!(command(&server.work(), &["jobs", "resume"]).status()?.code(), Some(5));
    Ok(())
}

/// Nothing that is whole is asked for, and of what is there in part no more than the overlap.
fn check_commands(relay: &Relay, whole: &Tree, parts: &BTreeMap<String, u64>) -> Outcome {
    for commands in relay.take_commands() {
        let mut rest = 0;
        for command in commands {
            match command.split_once(' ') {
                Some(("REST", offset)) => rest = offset.parse()?,
                Some(("RETR", path)) => {
                    assert!(!whole.contains_key(path), "{path} is there");
                    let part = parts.get(path).copied().unwrap_or(0);
                    assert!(rest >= part.saturating_sub(OVERLAP), "{path} from {rest}, and {part} are there");
                    rest = 0;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[test]
fn a_killed_client_goes_on_storing_and_stores_nothing_again() -> Outcome {
    // The second lists as `ls` does, where times are minutes, and dates no files.
    for options in [&[][..], &["--disable", "MLST,MLSD,MFMT"]] {
        let server = Server::start_with(options)?;
        grow(&server.work().join("site"))?;
        let relay = Relay::before(server.port())?;
        let (url, there) = (format!("ftp://ann@127.0.0.1:{}/www", relay.port()), server.home().join("www"));
        let (mut child, mut events) =
            start(&server.work(), &["mirror", "--json", "-j", "3", "--limit-rate", "1500k", "site", &url])?;
        for (event, count) in [("done", 9), ("started", 15), ("progress", 4)] {
            wait_for(&mut events, event, count)?;
            kill(&mut child)?;
            relay.hear_the_gone();
            relay.take_commands();
            let (whole, _) = state(&there)?;
            (child, events) = start(&server.work(), &["jobs", "resume", "--json", "--limit-rate", "1500k"])?;
            wait_for(&mut events, "started", 1)?;
            let commands = relay.take_commands().concat();
            let stored = commands.iter().filter_map(|line| line.strip_prefix("STOR www/"));
            let again: Vec<_> = stored.filter(|path| whole.contains_key(*path)).collect();
            assert!(again.is_empty(), "{options:?}: {again:?} are there");
        }
        let rest: Vec<_> = events.lines().collect::<Result<_, _>>()?;
        assert_eq!(child.wait()?.code(), Some(0), "{rest:?}");
        assert_eq!(state(&there)?.0, tree(&server.work().join("site"))?);
    }
    Ok(())
}

#[test]
fn a_job_of_a_bookmark_asks_its_command_for_the_password_again() -> Outcome {
    let mut server = Server::start()?;
    grow(&server.home())?;
    let run = |arguments: &[&str]| {
        let mut command = command(&server.work(), arguments);
        command.env("XDG_CONFIG_HOME", server.work().join("config")).env_remove("FTPKIT_PASSWORD");
        command
    };
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let add = ["bookmark", "add", "work", &url, "--password-command", "echo secret"];
    assert_eq!(run(&add).status()?.code(), Some(0));
    let mut child =
        run(&["mirror", "--json", "--limit-rate", "500k", "work:", "copy"]).stdout(Stdio::piped()).spawn()?;
    let mut events = BufReader::new(child.stdout.take().ok_or("no standard output")?);
    wait_for(&mut events, "started", 1)?;
    kill(&mut child)?;
    assert_eq!(run(&["jobs", "resume"]).status()?.code(), Some(0));
    assert_eq!(tree(&server.work().join("copy"))?, tree(&server.home())?);
    // Bookmarks that cannot be read are not taken for none.
    fs::write(server.work().join("config/ftpkit/bookmarks.json"), "{")?;
    let ran = run(&["ls", "work:"]).output()?;
    assert!(ran.status.code() == Some(2), "{ran:?}");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("bookmarks.json"), "{ran:?}");
    server.kill()?;
    Ok(())
}

#[test]
fn a_server_that_dies_and_comes_back_costs_nothing_but_time() -> Outcome {
    let mut server = Server::start()?;
    grow(&server.home())?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let arguments = ["mirror", "--json", "-j", "3", "--limit-rate", "2M", "--retries", "10", &url, "copy"];
    let (mut child, mut events) = start(&server.work(), &arguments)?;
    wait_for(&mut events, "done", 5)?;
    server.kill()?;
    server.restart()?;
    let rest: Vec<_> = events.lines().collect::<Result<_, _>>()?;
    assert_eq!(child.wait()?.code(), Some(0), "{rest:?}");
    assert_eq!(tree(&server.work().join("copy"))?, tree(&server.home())?);

    // Without patience the job ends, and is there to be gone on with.
    fs::remove_dir_all(server.work().join("copy"))?;
    let arguments = ["mirror", "--json", "-j", "3", "--limit-rate", "2M", "--retries", "0", &url, "copy"];
    let (mut child, mut events) = start(&server.work(), &arguments)?;
    wait_for(&mut events, "done", 5)?;
    server.kill()?;
    drop(events.lines().collect::<Result<Vec<_>, _>>()?);
    assert!(matches!(child.wait()?.code(), Some(3 | 9)));
    server.restart()?;
    let list = command(&server.work(), &["jobs", "list", "--json"]).output()?;
    let job: serde_json::Value = serde_json::from_slice(&list.stdout)?;
    assert!(job["done"].as_u64() >= Some(5) && job["running"] == false, "{job}");
    assert_eq!(command(&server.work(), &["jobs", "resume"]).status()?.code(), Some(0));
    assert_eq!(tree(&server.work().join("copy"))?, tree(&server.home())?);
    Ok(())
}

#[test]
fn a_part_of_another_state_of_the_file_is_not_gone_on_with() -> Outcome {
    let server = Server::start()?;
    fs::write(server.home().join("f"), noise(1_000_000))?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let (mut child, mut events) = start(&server.work(), &["mirror", "--json", "--limit-rate", "1M", &url, "copy"])?;
    wait_for(&mut events, "progress", 2)?;
    kill(&mut child)?;
    let mut other = noise(1_000_000);
    other.reverse();
    fs::write(server.home().join("f"), &other)?;
    assert_eq!(command(&server.work(), &["jobs", "resume"]).status()?.code(), Some(0));
    assert!(fs::read(server.work().join("copy/f"))? == other);
    Ok(())
}

#[test]
fn a_plan_in_a_file_is_carried_out_as_it_stands() -> Outcome {
    let server = Server::start()?;
    grow(&server.home())?;
    let url = server.url_as("ann", "");
    let ran = server.run(["mirror", &url, "copy", "--include", "f1*", "--plan", "plan"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tree(&server.work().join("copy"))?.len(), 0);
    let plan = fs::read_to_string(server.work().join("plan"))?;
    assert!(!plan.contains("secret"), "{plan}");
    // The file is text: a line can be taken out, and their number at the end made to fit.
    assert_eq!(plan.lines().count(), 1 + 5 + 15 + 1);
    let arguments = ["mirror", "--apply", "plan"];
    assert_eq!(command(&server.work(), &arguments).status()?.code(), Some(0));
    assert_eq!(tree(&server.work().join("copy"))?.values().flatten().count(), 15);
    fs::write(server.work().join("plan"), &plan[..plan.len() / 2])?;
    assert_eq!(command(&server.work(), &arguments).status()?.code(), Some(2));
    Ok(())
}

#[test]
fn jobs_are_forgotten_on_request() -> Outcome {
    let mut server = Server::start()?;
    grow(&server.home())?;
    let url = format!("ftp://ann@127.0.0.1:{}/", server.port());
    let (mut child, mut events) = start(&server.work(), &["mirror", "--json", "--limit-rate", "500k", &url, "copy"])?;
    wait_for(&mut events, "started", 1)?;
    // While it runs it is nobody else's.
    let list = command(&server.work(), &["jobs", "list", "--json"]).output()?;
    let job: serde_json::Value = serde_json::from_slice(&list.stdout)?;
    assert_eq!(job["running"], true);
    let id = job["id"].as_str().ok_or("no id")?.to_owned();
    assert_eq!(command(&server.work(), &["jobs", "resume", &id]).status()?.code(), Some(7));
    server.kill()?;
    kill(&mut child)?;
    assert_eq!(command(&server.work(), &["jobs", "forget", &id]).status()?.code(), Some(0));
    assert_eq!(command(&server.work(), &["jobs", "forget", &id]).status()?.code(), Some(5));
    assert_eq!(command(&server.work(), &["jobs", "forget", "--all"]).status()?.code(), Some(0));
    Ok(())
}
