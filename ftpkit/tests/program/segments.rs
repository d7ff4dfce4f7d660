//! One file, fetched over several connections at once.

use crate::bulk::tree;
use crate::common::{Outcome, Ran, Server, noise, program, run, run_with_input};
use crate::peer::{Exchange, Peer};
use crate::relay::Relay;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const MIB: usize = 1 << 20;

/// Bytes that are compared before a piece is gone on with.
const OVERLAP: u64 = 64 << 10;

/// Where each RETR on the relay began, in order.
fn beginnings(relay: &Relay) -> Result<Vec<u64>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    for commands in relay.take_commands() {
        let mut rest = 0;
        for command in commands {
            match command.split_once(' ') {
                Some(("REST", offset)) => rest = offset.parse()?,
                Some(("RETR", _)) => found.push(std::mem::take(&mut rest)),
                _ => {}
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What a file in pieces says of itself: where each begins, the first byte that is missing, and where it ends.
fn pieces(file: &Path) -> Result<Vec<[u64; 3]>, Box<dyn std::error::Error>> {
    let bytes = fs::read(file)?;
    let page = bytes.len().checked_sub(4096).and_then(|at| bytes.get(at..)).ok_or("no record")?;
    let numbers: Vec<u64> = page.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let count = usize::try_from(numbers[5])?;
    Ok(numbers[6..].as_chunks::<3>().0[..count].to_vec())
}

/// Where those pieces are to be gone on with.
fn continuations(pieces: &[[u64; 3]]) -> Vec<u64> {
    let missing = pieces.iter().filter(|[_, at, end]| at < end);
    missing.map(|[start, at, _]| at - (at - start).min(OVERLAP)).collect()
}

#[test]
fn each_connection_fetches_its_piece_of_the_file() -> Outcome {
    let server = Server::start()?;
    let content = noise(6 * MIB + 5);
    fs::write(server.root().join("large"), &content)?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/large", relay.port());
    let ran = server.run(["get", "--segments", "3", "--verify", "hash", "-p", "--json", &url]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert!(fs::read(server.work().join("large"))? == content);
    assert_eq!(fs::read_dir(server.work())?.count(), 1, "nothing is left aside");
    let events = ran.json();
    let [first, .., last] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((first["event"].as_str(), first["segments"].as_u64()), (Some("started"), Some(3)));
    let size = content.len() as u64;
    assert_eq!(
        (last["event"].as_str(), last["moved"].as_u64(), last["bytes"].as_u64()),
        (Some("done"), Some(size), Some(size))
    );
    let third = size / 3;
    assert_eq!(beginnings(&relay)?, [0, third + 1, 2 * third + 2]);
    let times =
        [server.root(), server.work()].map(|dir| fs::metadata(dir.join("large")).and_then(|facts| facts.modified()));
    let [Ok(theirs), Ok(ours)] = times else { panic!("{times:?}") };
    assert!(
        theirs.duration_since(ours).is_ok_and(|apart| apart.as_secs() == 0),
        "its time is the server's, to the second"
    );
    Ok(())
}

#[test]
fn the_interactive_client_fetches_in_segments_where_it_is_told_to() -> Outcome {
    let server = Server::start()?;
    let content = noise(3 * MIB);
    fs::create_dir(server.root().join("d"))?;
    fs::write(server.root().join("d/large"), &content)?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/", relay.port());
    let commands = b"segments 3\nget d/large\nmirror :d copy\nsegments\nget d/large again\n";
    let ran = run_with_input(&server.work(), ["connect", &url], commands);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for name in ["large", "copy/large", "again"] {
        assert!(fs::read(server.work().join(name))? == content, "{name}");
    }
    let mib = MIB as u64;
    assert_eq!(beginnings(&relay)?, [0, 0, 0, mib, mib, 2 * mib, 2 * mib]);
    Ok(())
}

#[test]
fn a_small_file_is_not_cut() -> Outcome {
    let server = Server::start()?;
    fs::write(server.root().join("small"), noise(MIB))?;
    let relay = Relay::before(server.port())?;
    let ran = server.run(["get", "--segments", "8", &format!("ftp://127.0.0.1:{}/small", relay.port())]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(beginnings(&relay)?, [0]);
    Ok(())
}

/// The program in `dir`, with a memory of its own.
fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(dir).args(arguments).env("XDG_STATE_HOME", dir.with_file_name("state"));
    command
}

/// The program, until it has told so often how far it is; then it is killed.
fn killed_after(dir: &Path, arguments: &[&str], times: usize) -> Outcome {
    let mut child = command(dir, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
    let progress = |line: &String| line.contains(r#""event":"progress""#);
    let came = lines.map_while(Result::ok).filter(progress).take(times).count();
    child.kill()?;
    child.wait()?;
    assert_eq!(came, times, "it ended by itself");
    Ok(())
}

#[test]
fn after_a_crash_each_piece_goes_on_where_it_was() -> Outcome {
    let server = Server::start()?;
    let content = noise(6 * MIB + 77);
    fs::write(server.root().join("large"), &content)?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/large", relay.port());
    let aside = server.work().join(".ftpkit-parts.large");
    let get = ["get", "-c", "--segments", "3", "--json", "--limit-rate", "2M", &url];
    let mut expected = Vec::new();
    for times in [2, 1, 3] {
        killed_after(&server.work(), &get, times)?;
        relay.hear_the_gone();
        let began = beginnings(&relay)?;
        assert!(expected.is_empty() || began == expected, "{began:?} instead of {expected:?}");
        assert!(!server.work().join("large").exists());
        let there = pieces(&aside)?;
        assert!(there.iter().any(|[start, at, end]| start < at && at < end), "{there:?}");
        expected = continuations(&there);
    }
    let ran = server.run(["get", "-c", "--segments", "3", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(beginnings(&relay)?, expected);
    assert!(fs::read(server.work().join("large"))? == content);
    assert!(!aside.exists());
    Ok(())
}

#[test]
fn a_server_that_goes_and_comes_back_costs_no_segment_more_than_the_overlap() -> Outcome {
    let mut server = Server::start()?;
    let content = noise(6 * MIB);
    fs::write(server.root().join("large"), &content)?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/large", relay.port());
    let get = ["get", "--segments", "3", "--retries", "20", "--json", "--limit-rate", "2M", &url];
    let mut child = command(&server.work(), &get).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines().map_while(Result::ok);
    // Until all three are under way.
    let mut begun = 0;
    while begun < 3 {
        assert!(lines.any(|line| line.contains(r#""event":"progress""#)), "{begun} have begun");
        begun += beginnings(&relay)?.len();
    }
    server.kill()?;
    server.restart()?;
    let rest: Vec<_> = lines.collect();
    assert_eq!(child.wait()?.code(), Some(0), "{rest:?}");
    assert!(fs::read(server.work().join("large"))? == content);
    let again = beginnings(&relay)?;
    let starts = [0, 2 * MIB as u64, 4 * MIB as u64];
    let fits = |(start, again): (&u64, &u64)| (*start..start + 2 * MIB as u64).contains(again);
    assert!(again.len() == 3 && starts.iter().zip(&again).all(fits), "{again:?}");
    assert_ne!(again, starts, "something was there");
    Ok(())
}

#[test]
fn what_was_begun_in_pieces_is_ended_in_pieces_and_what_was_begun_in_one_is_cut() -> Outcome {
    let server = Server::start()?;
    let content = noise(6 * MIB);
    fs::write(server.root().join("large"), &content)?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/large", relay.port());
    let work = server.work();
    // In one piece, and then in three.
    killed_after(&work, &["get", "--json", "--limit-rate", "2M", &url], 3)?;
    relay.hear_the_gone();
    relay.take_commands();
    let there = fs::metadata(work.join(".ftpkit-part.large"))?.len();
    killed_after(&work, &["get", "-c", "--segments", "3", "--json", "--limit-rate", "2M", &url], 2)?;
    relay.hear_the_gone();
    let began = beginnings(&relay)?;
    assert_eq!((began.len(), began.first()), (3, Some(&(there - OVERLAP))), "{there} were there");
    // In three, and then by whoever does not ask for it.
    let expected = continuations(&pieces(&work.join(".ftpkit-parts.large"))?);
    let ran = server.run(["get", "-c", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(beginnings(&relay)?, expected);
    assert!(fs::read(work.join("large"))? == content);
    // Whoever wants it anew gets it anew, and nothing is left.
    killed_after(&work, &["get", "--overwrite", "--segments", "2", "--json", "--limit-rate", "2M", &url], 3)?;
    assert!(fs::read(work.join("large"))? == content, "what is there is unharmed");
    let ran = server.run(["get", "--overwrite", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read_dir(&work)?.count(), 1);
    Ok(())
}

#[test]
fn pieces_of_another_state_of_the_file_are_not_gone_on_with() -> Outcome {
    let server = Server::start()?;
    let remote = server.root().join("large");
    fs::write(&remote, noise(4 * MIB))?;
    let url = server.url("large");
    killed_after(&server.work(), &["get", "--segments", "2", "--json", "--limit-rate", "2M", &url], 3)?;
    let content: Vec<u8> = noise(4 * MIB).into_iter().rev().collect();
    fs::write(&remote, &content)?;
    fs::File::options().write(true).open(&remote)?.set_modified(std::time::SystemTime::UNIX_EPOCH)?;
    let ran = server.run(["get", "-c", "--segments", "2", &url]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.err.contains("is of another state of the server's file"), "{}", ran.err);
    let ran = server.run(["get", "--overwrite", "--segments", "2", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(fs::read(server.work().join("large"))? == content);
    Ok(())
}

/// Two large files, and small ones.
fn grow(root: &Path) -> Outcome {
    fs::create_dir_all(root.join("d"))?;
    for number in 0..20 {
        fs::write(root.join(format!("d/small{number}")), noise(900 + number))?;
    }
    fs::write(root.join("a"), noise(4 * MIB))?;
    fs::write(root.join("z"), noise(5 * MIB + 1))?;
    Ok(())
}

#[test]
fn the_large_files_of_a_job_are_fetched_by_several_of_its_connections() -> Outcome {
    let server = Server::start()?;
    grow(&server.root())?;
    let relay = Relay::before(server.port())?;
    let url = format!("ftp://127.0.0.1:{}/", relay.port());
    for arguments in [&["mirror", &url, "copy"][..], &["get", "-r", "-p", &url, "."]] {
        let ran = server.run(arguments.iter().copied().chain(["-j", "3", "--segments", "8", "--json"]));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        let copy = if arguments[0] == "mirror" { server.work().join("copy") } else { server.work() };
        let same = |name: &str| fs::read(copy.join(name)).ok() == fs::read(server.root().join(name)).ok();
        assert!(["a", "z", "d/small7"].into_iter().all(same), "{ran:?}");
        let segments = |event: &serde_json::Value| event["segments"].as_u64();
        assert_eq!(
            ran.json().iter().filter_map(segments).collect::<Vec<_>>(),
            [3, 3],
            "no more than there are connections"
        );
        let began: Vec<u64> = beginnings(&relay)?.into_iter().filter(|&began| began > 0).collect();
        assert_eq!(began.len(), 4, "{began:?}");
        let last = ran.json().pop().unwrap_or_default();
        assert_eq!(
            (last["event"].as_str(), last["files"].as_u64(), last["failed"].as_u64()),
            (Some("finished"), Some(22), Some(0))
        );
        assert_eq!(last["moved"].as_u64(), Some(9 * MIB as u64 + 1 + (900..920).sum::<u64>()));
    }
    let again = server.run(["mirror", &url, "copy", "--segments", "3", "--json"]);
    assert_eq!(again.json()[0]["files"].as_u64(), Some(0), "all is the same, and so are the times: {again:?}");
    Ok(())
}

#[test]
fn a_killed_job_goes_on_in_every_segment() -> Outcome {
    let server = Server::start()?;
    grow(&server.root())?;
    let relay = Relay::before(server.port())?;
    let (url, work) = (format!("ftp://127.0.0.1:{}/", relay.port()), server.work());
    killed_after(&work, &["mirror", &url, "copy", "-j", "3", "--segments", "3", "--json", "--limit-rate", "3M"], 3)?;
    let mut resumed = 0;
    for times in [2, 3] {
        relay.hear_the_gone();
        relay.take_commands();
        let mut expected = Vec::new();
        for name in ["a", "z"] {
            let aside = work.join(format!("copy/.ftpkit-parts.{name}"));
            if aside.exists() {
                expected.extend(continuations(&pieces(&aside)?));
            }
        }
        resumed += expected.len();
        killed_after(&work, &["jobs", "resume", "--json", "--limit-rate", "3M"], times)?;
        relay.hear_the_gone();
        for began in beginnings(&relay)?.into_iter().filter(|&began| began > 0) {
            let planned = [4 * MIB as u64, 5 * MIB as u64 + 1].map(|size| [size.div_ceil(3), (2 * size).div_ceil(3)]);
            let fits = expected.contains(&began) || planned.as_flattened().contains(&began);
            assert!(fits, "{began} is none of {expected:?}");
        }
    }
    assert!(resumed > 0, "both times nothing was under way");
    let done = command(&work, &["jobs", "resume", "-q"]).output()?;
    assert_eq!((done.status.code(), done.stderr), (Some(0), Vec::new()));
    assert!(tree(&work.join("copy"))? == tree(&server.root())?);
    Ok(())
}

#[test]
fn a_job_on_a_server_without_rest_and_an_upload_do_without_segments() -> Outcome {
    let server = Server::start_with(&["--disable", "REST"])?;
    grow(&server.root())?;
    let ran = server.run(["mirror", &server.url(""), "copy", "--segments", "3", "-v"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("copy/z: in one piece: the server does not offer REST STREAM"), "{}", ran.err);
    assert!(tree(&server.work().join("copy"))? == tree(&server.root())?);
    let ran = server.run(["mirror", "copy", &server.url_as("ann", "copy"), "--segments", "3"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    Ok(())
}

/// A server of one file, of this content, by the script of most: with REST, SIZE and MDTM. `change` answers first.
struct Script<C> {
    content: Vec<u8>,
    offsets: Mutex<HashMap<u16, usize>>,
    change: C,
}

impl<C: Fn(&mut Exchange) -> io::Result<Option<String>> + Send + Sync + 'static> Script<C> {
    fn start(content: &[u8], change: C) -> io::Result<Peer> {
        let script = Self { content: content.to_vec(), offsets: Mutex::default(), change };
        Peer::start(move |exchange| script.answer(exchange))
    }

    fn answer(&self, exchange: &mut Exchange) -> io::Result<Option<String>> {
        if let Some(answer) = (self.change)(exchange)? {
            return Ok(Some(answer));
        }
        let connection = exchange.data.local_addr()?.port();
        let mut offsets = self.offsets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match exchange.verb {
            "FEAT" => Some("211-Features:\r\n REST STREAM\r\n SIZE\r\n MDTM\r\n211 End".into()),
            "SIZE" => Some(format!("213 {}", self.content.len())),
            "MDTM" => Some("213 20260101000000".into()),
            "REST" => {
                let offset = exchange.line.split(' ').nth(1).and_then(|offset| offset.parse().ok());
                offsets.insert(connection, offset.unwrap_or(0));
                Some("350 From there on".into())
            }
            "RETR" => {
                let offset = offsets.remove(&connection).unwrap_or(0);
                drop(offsets);
                // A client that has its piece hangs up.
                let sent = exchange.send(self.content.get(offset..).unwrap_or_default());
                Some(if sent.is_ok() { "226 Done" } else { "426 Why?" }.into())
            }
            _ => None,
        })
    }
}

fn get(dir: &Path, url: &str) -> Ran {
    run(dir, ["get", "--segments", "3", "--retries", "0", "-v", url])
}

fn replies(ran: &Ran) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for verb in ran.err.lines().filter_map(|line| line.split_once("> ")?.1.split(' ').next()) {
        *counts.entry(verb).or_default() += 1;
    }
    counts
}

#[test]
fn a_server_that_cannot_begin_in_the_middle_gives_it_in_one_piece() -> Outcome {
    let content = noise(5 * MIB);
    let silent = Script::start(&content, |exchange| {
        Ok((exchange.verb == "FEAT").then(|| "211-Features:\r\n SIZE\r\n MDTM\r\n211 End".into()))
    })?;
    let refusing = Script::start(&content, |exchange| Ok((exchange.verb == "REST").then(|| "502 No".into())))?;
    // It says yes, and begins at the front all the same.
    let lying = Script::start(&content, |exchange| Ok((exchange.verb == "REST").then(|| "350 Fine".into())))?;
    for (peer, remark) in [
        (silent, "in one piece: the server does not offer REST STREAM"),
        (refusing, "in one piece: the server does not begin in the middle of it"),
        (lying, "in one piece: the server does not begin in the middle of it"),
    ] {
        let dir = tempfile::tempdir()?;
        let ran = get(dir.path(), &peer.url("large"));
        assert_eq!(ran.code, Some(0), "{remark}: {}", ran.err);
        assert!(ran.err.contains(remark), "{remark}: {}", ran.err);
        assert!(fs::read(dir.path().join("large"))? == content, "{remark}");
        assert_eq!(fs::read_dir(dir.path())?.count(), 1, "{remark}");
    }
    Ok(())
}

#[test]
fn where_the_server_lets_fewer_in_they_fetch_all_pieces() -> Outcome {
    let content = noise(5 * MIB);
    for refusal in ["421 Too many connections", "530 Sorry, the maximum number of clients is reached"] {
        let logins = AtomicUsize::new(0);
        let peer = Script::start(&content, move |exchange| {
            let crowded = exchange.verb == "PASS" && logins.fetch_add(1, Ordering::Relaxed) >= 2;
            Ok(crowded.then(|| refusal.to_owned()))
        })?;
        let dir = tempfile::tempdir()?;
        let ran = get(dir.path(), &peer.url("large"));
        assert_eq!(ran.code, Some(0), "{refusal}: {}", ran.err);
        assert!(fs::read(dir.path().join("large"))? == content, "{refusal}");
        assert_eq!(replies(&ran).get("RETR"), Some(&3), "{}", ran.err);
    }
    Ok(())
}

#[test]
fn a_file_that_changes_meanwhile_is_not_taken_for_one() -> Outcome {
    let content = noise(5 * MIB);
    let asked = AtomicUsize::new(0);
    let peer = Script::start(&content, move |exchange| {
        let second = exchange.verb == "MDTM" && asked.fetch_add(1, Ordering::Relaxed) > 0;
        Ok(second.then(|| "213 20260101000001".into()))
    })?;
    let dir = tempfile::tempdir()?;
    let ran = get(dir.path(), &peer.url("large"));
    assert_eq!(ran.code, Some(12), "{}", ran.err);
    assert!(ran.err.contains("it has changed on the server meanwhile"), "{}", ran.err);
    assert_eq!(fs::read_dir(dir.path())?.count(), 0, "nothing of it is of use");
    Ok(())
}

#[test]
fn a_file_that_ends_too_soon_is_not_whole_and_is_gone_on_with() -> Outcome {
    let content = noise(5 * MIB);
    let short = Script::start(&content[..5 * MIB - 1000], |exchange| {
        Ok((exchange.verb == "SIZE").then(|| format!("213 {}", 5 * MIB)))
    })?;
    let dir = tempfile::tempdir()?;
    let ran = get(dir.path(), &short.url("large"));
    assert_eq!(ran.code, Some(9), "{}", ran.err);
    assert!(ran.err.contains(&format!("{} of {} bytes came", 5 * MIB - 1000, 5 * MIB)), "{}", ran.err);
    assert!(!dir.path().join("large").exists());

    let whole = Script::start(&content, |_| Ok(None))?;
    let ran = run(dir.path(), ["get", "-c", "--segments", "3", "-v", &whole.url("large")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(replies(&ran).get("RETR"), Some(&1), "{}", ran.err);
    assert!(fs::read(dir.path().join("large"))? == content);
    Ok(())
}
