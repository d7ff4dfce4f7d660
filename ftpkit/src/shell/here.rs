//! Commands on this machine.

use super::Shell;
use crate::entry_text::{columns, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Disk, Storage};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn failed(what: &str, error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Disk, what, error)
}

pub(super) fn lcd(_: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let dir = match arguments {
        [dir] => dir.into(),
        _ => std::env::home_dir().ok_or_else(|| failed("cannot go home", "HOME is not set"))?,
    };
    std::env::set_current_dir(&dir).map_err(|error| failed(&format!("cannot go to {}", dir.display()), error))
}

pub(super) fn lpwd(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let dir = std::env::current_dir().map_err(|error| failed("cannot tell where we are", error))?;
    shell.line(dir.display().to_string());
    Ok(())
}

pub(super) fn lls(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let dir = arguments.first().map_or(".", String::as_str);
    let what = format!("cannot list {dir}");
    let disk = Disk::open(dir.as_ref()).map_err(|error| failed(&what, error))?;
    let entries = disk.list(&VirtualPath::root()).map_err(|error| crate::remote::refusal::disk(what.clone(), error))?;
    let entries: Vec<_> = entries.filter_map(Result::ok).collect();
    let width = entries.iter().map(|entry| size(entry).len()).max().unwrap_or(0);
    for entry in &entries {
        shell.line(columns(entry, width));
    }
    Ok(())
}

pub(super) fn lmkdir(_: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for dir in arguments {
        fs::create_dir(dir).map_err(|error| failed(&format!("cannot make {dir}"), error))?;
    }
    Ok(())
}

pub(super) fn lcat(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    for file in arguments {
        let file = fs::File::open(file).map_err(|error| failed(&format!("cannot read {file}"), error))?;
        show_lines(shell, BufReader::new(file));
    }
    Ok(())
}

/// Runs a command of this machine's shell, and shows what it prints; without one, the shell itself, on the terminal.
pub(super) fn run(shell: &mut Shell, command: &str) -> Result<(), Failure> {
    let command = command.trim();
    let what = format!("cannot run `{command}`");
    if command.is_empty() {
        return on_terminal(shell, &what);
    }
    // Both of its outputs, in the order in which it writes them.
    let mut child = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&what, error))?;
    if let Some(out) = child.stdout.take() {
        show_lines(shell, BufReader::new(out));
    }
    let status = child.wait().map_err(|error| failed(&what, error))?;
    if status.success() { Ok(()) } else { Err(failed(&what, status)) }
}

/// The user's shell, until he leaves it.
fn on_terminal(shell: &Shell, what: &str) -> Result<(), Failure> {
    let program = std::env::var_os("SHELL").unwrap_or_else(|| "sh".into());
    let mut ended = Ok(());
    // How it ends is its user's affair.
    shell.console.lend(&mut || ended = Command::new(&program).status().map(drop));
    ended.map_err(|error| failed(what, error))
}

fn show_lines(shell: &Shell, lines: impl BufRead) {
    for text in lines.split(b'\n').map_while(Result::ok) {
        shell.line(shown(text.strip_suffix(b"\r").unwrap_or(&text)).replace("\\t", "        "));
    }
}
