//! What the tests of the program share: a served directory, and the program run against it.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// What a test ends with when something it builds on fails.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The built program, deaf to what the machine's environment says.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpkit"));
    command.env_remove("FTPKIT_PASSWORD").env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1").stdin(Stdio::null());
    // What it remembers is for the tests alone.
    command.env("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/config"));
    command.env("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"));
    command
}

/// How a run ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output as lines of JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.split(|&b| b == b'\n').filter(|line| !line.is_empty()).map(parse).collect()
    }
}

fn parse(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap_or_else(|error| panic!("{}: {error}", line.escape_ascii()))
}

/// Runs the program in `dir`.
pub(crate) fn run<S: AsRef<OsStr>>(dir: &Path, arguments: impl IntoIterator<Item = S>) -> Ran {
    run_with_input(dir, arguments, b"")
}

/// Runs the program in `dir` with this standard input.
pub(crate) fn run_with_input<S: AsRef<OsStr>>(dir: &Path, arguments: impl IntoIterator<Item = S>, input: &[u8]) -> Ran {
    run_command(program(), dir, arguments, input)
}

/// Runs this command, which is the program in some environment, in `dir` with this standard input.
pub(crate) fn run_command<S: AsRef<OsStr>>(
    mut command: Command,
    dir: &Path,
    arguments: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Ran {
    command.current_dir(dir).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start the program: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input closes it, which is its right.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("cannot run the program: {error}"));
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { code: output.status.code(), out: output.stdout, err }
}

/// A server that runs, of `root`, with users ann (everything) and bob (look and fetch) at home in `home`.
pub(crate) struct Server {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    place: TempDir,
    ports: Vec<u16>,
}

impl Server {
    /// Starts one on a free port.
    pub(crate) fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_with(&[])
    }

    /// Starts one with these options besides.
    pub(crate) fn start_with(options: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        for dir in ["root", "home", "desk"] {
            std::fs::create_dir(place.path().join(dir))?;
        }
        for (name, rights) in [("ann", "all"), ("bob", "read-only")] {
            let add = ["account", "add", name, "--accounts", "accounts.json", "--home", "home"];
            let add = add.into_iter().chain(["--permissions", rights, "--password-stdin"]);
            let added = run_with_input(place.path(), add, b"secret\n");
            assert_eq!(added.code, Some(0), "{added:?}");
        }
        let mut command = program();
        command.current_dir(place.path()).args(["serve", "root", "--listen", "127.0.0.1:0", "--json"]);
        command.args(["--accounts", "accounts.json"]).args(options).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let started = next_event(&mut lines)?;
        let addresses = started["listening"].as_array().ok_or("no addresses")?;
        let port = |address: &Value| address.as_str()?.rsplit(':').next()?.parse().ok();
        let ports = addresses.iter().map(port).collect::<Option<Vec<u16>>>().ok_or("no ports")?;
        Ok(Self { child, lines, place, ports })
    }

    /// What anonymous users see.
    pub(crate) fn root(&self) -> PathBuf {
        self.place.path().join("root")
    }

    /// What ann and bob see.
    pub(crate) fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    /// Who may log in.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.place.path().join("accounts.json")
    }

    /// Where the client runs.
    pub(crate) fn work(&self) -> PathBuf {
        self.place.path().join("desk")
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.ports.first().copied().unwrap_or_default()
    }

    /// All its ports, in the order of the options.
    pub(crate) fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// The URL of `path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://127.0.0.1:{}/{path}", self.port())
    }

    /// The URL of `path` for a user whose password is `secret`.
    pub(crate) fn url_as(&self, user: &str, path: &str) -> String {
        format!("ftp://{user}:secret@127.0.0.1:{}/{path}", self.port())
    }

    /// Runs the program where the client is.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        run(&self.work(), arguments)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts it again, after its end, where it was.
    pub(crate) fn restart(&mut self) -> Outcome {
        let mut command = program();
        command.current_dir(self.place.path()).args(["serve", "root", "--json", "--accounts", "accounts.json"]);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port())]).stdout(Stdio::piped());
        self.child = command.spawn()?;
        self.lines = BufReader::new(self.child.stdout.take().ok_or("no standard output")?);
        next_event(&mut self.lines).map(drop)
    }

    /// Ends it without warning.
    pub(crate) fn kill(&mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to stop.
    pub(crate) fn signal(&self) -> Outcome {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err("kill failed".into()) }
    }

    /// The next thing it says.
    pub(crate) fn event(&mut self) -> Result<Value, Box<dyn std::error::Error>> {
        next_event(&mut self.lines)
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }
}

/// The next line of JSON.
pub(crate) fn next_event(lines: &mut impl BufRead) -> Result<Value, Box<dyn std::error::Error>> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok(serde_json::from_str(&line).map_err(|error| format!("{line:?}: {error}"))?)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes without a pattern that a mistake could hide in.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
