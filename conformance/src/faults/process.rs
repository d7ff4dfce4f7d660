//! [`Process`]: a server in a process of its own, which can be killed, or has limits that are a process's.

use crate::runtime::Server;
use libtest_mimic::Failed;
use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

/// Says where it serves, and serves until the test ends.
pub(super) fn until_told(served: io::Result<Server>) {
    match served {
        Ok(server) => {
            println!("{}", server.address());
            let _ = io::stdin().read(&mut [0]);
        }
        Err(error) => println!("{error:?}"),
    }
}

/// This program once more, told by its environment to serve; it is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub(super) fn start(variable: &str, value: &OsStr) -> Result<Self, Failed> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.env(variable, value).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        Ok(Self { child, output: BufReader::new(output) })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it something, which it answers with a line.
    pub(super) fn tell(&mut self, line: &str) -> Result<String, Failed> {
        writeln!(self.child.stdin.as_mut().ok_or("no input")?, "{line}")?;
        Ok(self.line()?)
    }

    pub(super) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map(|_| line)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
