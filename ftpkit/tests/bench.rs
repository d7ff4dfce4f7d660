//! `ftpkit bench` against `ftpkit serve`, both as a user runs them: a little of every workload.

use serde_json::Value;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Nobody can listen on port 0.
const NOBODY: &str = "127.0.0.1:0";

const PROGRAM: &str = env!("CARGO_BIN_EXE_ftpkit");

/// A server on a free port, for as long as this lives.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(dir: &Path, tls: &str) -> Result<Self> {
        let accounts = dir.join("accounts.json");
        let home = dir.join("home");
        std::fs::create_dir(&home)?;
        let mut add = Command::new(PROGRAM)
            .args(["account", "add", "ann", "--password-stdin", "--quiet", "--accounts"])
            .arg(&accounts)
            .arg("--home")
            .arg(&home)
            .stdin(Stdio::piped())
            .spawn()?;
        add.stdin.take().ok_or("no standard input")?.write_all(b"secret\n")?;
        assert!(add.wait()?.success());
        let mut process = Command::new(PROGRAM)
            .env("XDG_STATE_HOME", dir.join("state"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--tls", tls, "--accounts"])
            .arg(&accounts)
            .arg(&home)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let started: Value = serde_json::from_str(&line)?;
        let address = started["listening"][0].as_str().ok_or("no address")?.to_owned();
        Ok(Self { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The exit code, and what stood on standard output.
fn bench(arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let small = "--runs 1 --duration 1s --size 3M --files 5 --many 10 --entries 7 --sessions 5 --connections 3 \
                 --time-wait 1000000 --format json";
    let output = Command::new(PROGRAM).arg("bench").args(arguments).args(small.split_ascii_whitespace()).output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?))
}

#[test]
fn every_workload_gives_figures_and_leaves_nothing_behind() -> Result<()> {
    every_workload("off", &[])
}

#[test]
fn under_tls_every_workload_gives_the_same_figures() -> Result<()> {
    every_workload("require-data", &["--tls"])
}

fn every_workload(tls: &str, options: &[&str]) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(dir.path(), tls)?;
    let target = format!("ours={},{}", server.address, server.process.id());
    // The bench goes on without that server.
    let gone = format!("gone={NOBODY}");
    let arguments = [&[&target, &gone, "--user", "ann", "--password", "secret", "--pipeline"], options].concat();
    let (code, out) = bench(&arguments)?;
    assert_eq!(code, Some(0), "{out}");
    let report: Value = serde_json::from_str(&out)?;

    assert_eq!(report["runs"], 1);
    assert_eq!(report["servers"][0]["name"], "ours");
    assert_eq!(report["servers"][0]["pid"], server.process.id());
    let faults = report["faults"].as_array().ok_or("no faults")?;
    assert!(faults.iter().all(|fault| fault["server"] == "gone"), "{out}");
    assert_eq!(faults.len(), 11, "one for each workload: {out}");

    let results = report["results"].as_array().ok_or("no results")?;
    for result in results {
        let servers = result["servers"].as_array().ok_or("no servers")?;
        assert_eq!(servers.len(), 1, "{result}");
        let standing = &servers[0];
        let median = standing["median"].as_f64().ok_or("no median")?;
        // Only CPU time and memory can be too small to be seen.
        let may_be_nothing = ["CPU", "server CPU", "own CPU", "memory"].iter().any(|name| result["figure"] == *name);
        assert!(median > 0.0 || may_be_nothing && median == 0.0, "{result}");
        assert_eq!(standing["values"].as_array().map(Vec::len), Some(1), "{result}");
        assert_eq!(standing["ratio"], 1.0, "{result}");
    }
    let rows: Vec<String> = results
        .iter()
        .map(|result| {
            let text = |key: &str| result[key].as_str().unwrap_or_default();
            format!("{} {} [{}] {}", text("workload"), text("figure"), text("unit"), text("better"))
        })
        .collect();
    insta::assert_snapshot!("every_workload_gives_figures_and_leaves_nothing_behind", rows.join("\n"));

    let left: Vec<_> = std::fs::read_dir(dir.path().join("home"))?.flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

#[test]
fn a_run_without_any_figure_fails_with_the_reason() -> Result<()> {
    let (code, _) = bench(&[NOBODY, "--only", "noop"])?;
    assert_eq!(code, Some(3));

    let dir = tempfile::tempdir()?;
    let server = Server::start(dir.path(), "off")?;
    let (code, _) = bench(&[&server.address, "--only", "noop", "--user", "ann", "--password", "wrong"])?;
    assert_eq!(code, Some(4));
    let (code, _) = bench(&[&server.address, "--only", "stor"])?;
    assert_eq!(code, Some(6), "anonymous users may not store");
    Ok(())
}
