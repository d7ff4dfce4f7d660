//! Where passwords come from: the terminal, standard input, a command's output, or `FTPKIT_PASSWORD`. Never from an option,
//! since every user of a machine can see the options of every program.

use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use ftp_core::secret::Secret;
use std::io::{self, BufRead, IsTerminal, Read};
use std::process::{Command, Stdio};

/// The variable that holds a password for scripts.
const VARIABLE: &str = "FTPKIT_PASSWORD";

/// The longest line read as a password, in bytes: a whole command line of the protocol holds no more.
const LONGEST: u64 = 4096;

const WHAT: &str = "cannot read the password";

/// The password of an existing account, from what there is: standard input if `from_stdin`, a command, the
/// variable, or the terminal.
///
/// # Errors
/// [`Failure`], if there is none of them.
pub(crate) fn existing(
    user: &str,
    from_stdin: bool,
    command: Option<&str>,
    console: Console,
) -> Result<Secret, Failure> {
    if from_stdin {
        return stdin_line();
    }
    if let Some(command) = command {
        return of_command(command);
    }
    if let Some(password) = std::env::var_os(VARIABLE) {
        return Ok(Secret::new(password.into_encoded_bytes()));
    }
    prompt(&format!("Password for {user}: "), console)
}

/// Does the variable hold one?
pub(crate) fn is_in_environment() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// A new password: a line of standard input if `from_stdin`, or typed twice.
///
/// # Errors
/// [`Failure`], if it is empty, or if the two differ.
pub(crate) fn new(user: &str, from_stdin: bool, console: Console) -> Result<Secret, Failure> {
    let password = if from_stdin { stdin_line()? } else { prompt(&format!("New password for {user}: "), console)? };
    if password.expose().is_empty() {
        return Err(Failure::new(Exit::Usage, format!("cannot set the password of {user}"), "it is empty")
            .with_remedy("give a password of at least one character"));
    }
    if !from_stdin && prompt("The same again: ", console)? != password {
        return Err(Failure::new(Exit::Usage, format!("cannot set the password of {user}"), "the two differ")
            .with_remedy("run the command again"));
    }
    Ok(password)
}

/// Asks on the terminal, or on the screen.
///
/// # Errors
/// [`Failure`], if nobody is there to be asked.
pub(crate) fn prompt(prompt: &str, console: Console) -> Result<Secret, Failure> {
    if let Some(screen) = console.screen() {
        let typed = screen.ask(prompt, true);
        return typed.map(Secret::new).ok_or_else(|| Failure::new(Exit::Interrupted, WHAT, "cancelled"));
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, WHAT, "there is no terminal to ask on")
            .with_remedy(format!("give it on standard input with --password-stdin, or to a server in {VARIABLE}")));
    }
    let password = rpassword::prompt_password(prompt).map_err(|error| Failure::new(Exit::Disk, WHAT, error))?;
    Ok(Secret::new(password))
}

/// The first line that a command prints, a password manager's for example. What it asks and complains goes to the terminal.
fn of_command(command: &str) -> Result<Secret, Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::new(Exit::Usage, WHAT, format!("`{command}`: {why}"));
    let shell = Command::new("sh").args(["-c", command]).stderr(Stdio::inherit()).output();
    let output = shell.map_err(|error| fail(&error))?;
    if !output.status.success() {
        return Err(fail(&output.status).with_remedy("run it by hand to see what it says"));
    }
    line(&mut output.stdout.as_slice())
}

fn stdin_line() -> Result<Secret, Failure> {
    line(&mut io::stdin().lock())
}

fn line(input: &mut impl BufRead) -> Result<Secret, Failure> {
    let mut line = Vec::new();
    let read = input.take(LONGEST + 1).read_until(b'\n', &mut line);
    read.map_err(|error| Failure::new(Exit::Disk, WHAT, error))?;
    if line.len() as u64 > LONGEST {
        return Err(Failure::new(Exit::Usage, WHAT, format!("the line is longer than {LONGEST} bytes")));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_end() {
        for text in ["s3 cret", "s3 cret\n", "s3 cret\r\nmore\n"] {
            let secret = line(&mut text.as_bytes());
            assert_eq!(secret.ok().as_ref().map(Secret::expose), Some(&b"s3 cret"[..]));
        }
        assert!(line(&mut &*vec![b'x'; 5000]).is_err());
    }
}
