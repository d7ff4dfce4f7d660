//! The line mode: commands from a terminal, a file or a pipe. Where nobody sits there, the first that fails is the last.

use super::complete::Names;
use super::{Shell, connection};
use crate::cli::ConnectCommand;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

/// Obeys line after line.
///
/// # Errors
/// [`Failure`] of the first command that fails, unless somebody sits there or the options say to go on.
pub(super) fn run(options: &ConnectCommand, console: Console) -> Result<(), Failure> {
    let console = console.at_prompt();
    let mut shell = Shell::new(options.connect.clone(), console, Names::default());
    if let Some(url) = &options.url {
        connection::to(&mut shell, url.clone())?;
    }
    let somebody = options.file.is_none() && io::stdin().is_terminal();
    let mut lines: Box<dyn BufRead> = match &options.file {
        Some(file) => {
            let what = || format!("cannot read {}", file.display());
            Box::new(BufReader::new(File::open(file).map_err(|error| Failure::new(Exit::Disk, what(), error))?))
        }
        None => Box::new(BufReader::new(io::stdin())),
    };
    let mut text = String::new();
    let mut number = 0;
    while !shell.over {
        number += 1;
        if somebody {
            // A terminal that is gone shows no prompt.
            let _ = write!(io::stdout(), "{}", shell.prompt()).and_then(|()| io::stdout().flush());
        }
        text.clear();
        let read = lines.read_line(&mut text);
        if read.map_err(|error| Failure::new(Exit::Disk, "cannot read the commands", error))? == 0 {
            break;
        }
        let Err(failure) = shell.obey(text.trim_end_matches(['\r', '\n'])) else { continue };
        if !somebody {
            console.note(&format!("line {number}:"));
        }
        if !somebody && !options.keep_going {
            return Err(failure.of_the_prompt());
        }
        console.failure(&failure);
    }
    connection::leave(&mut shell);
    Ok(())
}
