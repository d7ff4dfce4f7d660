//! What is generated from the definition of the command line, besides `--help`: manual pages and the shells' completions.

use crate::cli::{Cli, CompletionsOptions, ManOptions};
use crate::exit::Exit;
use crate::failure::Failure;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io::{self, ErrorKind, Write};

/// `ftpkit completions`.
///
/// # Errors
/// [`Failure`], if nothing can be written.
pub(crate) fn completions(options: &CompletionsOptions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "ftpkit", &mut script);
    print(&script)
}

/// `ftpkit man`.
///
/// # Errors
/// [`Failure`], if there is no such command, or nothing can be written.
pub(crate) fn man(options: &ManOptions) -> Result<(), Failure> {
    let program = program();
    let Some(dir) = &options.out else { return print(page(find(&program, &options.command)?).as_bytes()) };
    let wrong = |error| Failure::new(Exit::Disk, format!("cannot write the manual to {}", dir.display()), error);
    std::fs::create_dir_all(dir).map_err(wrong)?;
    each(&program, &mut |command| std::fs::write(dir.join(file_name(command)), page(command))).map_err(wrong)
}

/// The whole command line, with the names that stand on the pages.
fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

fn find<'a>(program: &'a Command, names: &[String]) -> Result<&'a Command, Failure> {
    names.iter().try_fold(program, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            let what = format!("cannot show the manual of `{}`", names.join(" "));
            Failure::new(Exit::Usage, what, format!("there is no command `{name}`"))
                .with_remedy("ftpkit --help shows the commands")
        })
    })
}

/// Does something with every command, those of commands too.
fn each<E>(command: &Command, deed: &mut impl FnMut(&Command) -> Result<(), E>) -> Result<(), E> {
    deed(command)?;
    command.get_subcommands().try_for_each(|command| each(command, deed))
}

fn file_name(command: &Command) -> String {
    format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name()))
}

/// The page of a command, as roff.
fn page(command: &Command) -> String {
    let man = Man::new(command.clone());
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    // A manual without a date: what it says is that of its version.
    let title = format!(".TH {} 1 \"\" \"ftpkit {}\"\n", name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    let mut out = title.into_bytes();
    // Writing to a Vec cannot fail.
    let _ = man.render_name_section(&mut out);
    let _ = man.render_synopsis_section(&mut out);
    let _ = man.render_description_section(&mut out);
    let _ = man.render_options_section(&mut out);
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut out);
    }
    let _ = rest(command).to_writer(&mut out);
    in_ascii(&String::from_utf8_lossy(&out))
}

/// What stands below the options: examples and other tables, notes, and the exit codes.
fn rest(command: &Command) -> Roff {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = Roff::new();
    let mut noted = false;
    for paragraph in help.split("\n\n").map(str::trim_end).filter(|text| !text.is_empty()) {
        match paragraph.split_once(":\n  ") {
            Some(("Exit codes", _)) => {}
            Some((heading, lines)) => {
                roff.control("SH", [heading.to_uppercase().as_str()]);
                lines.lines().for_each(|line| row(line, &mut roff));
            }
            None => {
                if noted {
                    roff.control("PP", []);
                } else {
                    roff.control("SH", ["NOTES"]);
                }
                roff.text([roman(paragraph.replace('\n', " "))]);
                noted = true;
            }
        }
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, name, meaning) in Exit::TABLE {
        item(&mut roff, &exit.code().to_string());
        roff.text([roman(format!("{name}: {meaning}"))]);
    }
    roff
}

/// A row of a table: a word or a command line and, behind it or further in below it, what it does.
fn row(line: &str, roff: &mut Roff) {
    let deep = line.starts_with("   ");
    match line.trim().split_once("  ") {
        _ if deep => drop(roff.text([roman(line.trim())])),
        Some((head, what)) => {
            item(roff, head);
            roff.text([roman(what.trim())]);
        }
        None => item(roff, line.trim()),
    }
}

fn item(roff: &mut Roff, head: &str) {
    roff.control("TP", []).text([bold(head)]);
}

/// Other signs as roff has them: not every program that shows a manual takes UTF-8.
fn in_ascii(text: &str) -> String {
    let sign = |sign: char| {
        if sign.is_ascii() { sign.to_string() } else { format!("\\[u{:04X}]", u32::from(sign)) }
    };
    text.chars().map(sign).collect()
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever stops reading has what he wants.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::new(Exit::Disk, "cannot write to standard output", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::words;
    use clap::{Parser, ValueEnum};
    use clap_complete::Shell;

    /// The command lines that a help text gives as examples, as words.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let (_, after) = help.split_once("Examples:\n").unwrap_or_default();
        let lines = after.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
        let commands = lines.map(|line| line.trim().split("  ").next().unwrap_or_default());
        commands
            .flat_map(|command| {
                let words = words::split(command).unwrap_or_else(|error| panic!("{command}: {error}"));
                let parts = words.split(|word| ["|", "&&", ">", ">>", "<"].contains(&word.as_str()));
                parts
                    .map(<[String]>::to_vec)
                    .filter(|part| part.first().is_some_and(|word| word == "ftpkit"))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn every_command_teaches_by_examples_that_can_be_typed() {
        let _ = each::<()>(&program(), &mut |command| {
            let name = command.get_display_name().unwrap_or_default().to_owned();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples = examples(&help);
            assert!(!examples.is_empty(), "{name} has no examples");
            for words in examples {
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{name}: {}\n{error}", words.join(" "));
                }
                let shown = words.join("-");
                let own = name == "ftpkit" || shown.starts_with(&name) || shown.contains("help");
                assert!(own, "{name} shows {} as an example", words.join(" "));
            }
            Ok(())
        });
    }

    #[test]
    fn every_command_has_a_page_with_examples_and_exit_codes() {
        let _ = each::<()>(&program(), &mut |command| {
            let page = page(command);
            for part in [".SH NAME", ".SH SYNOPSIS", ".SH EXAMPLES", ".SH \"EXIT STATUS\""] {
                assert!(page.contains(part), "{} has no {part}\n{page}", file_name(command));
            }
            Ok(())
        });
    }

    #[test]
    fn every_shell_gets_every_command() {
        for &shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ftpkit", &mut script);
            let script = String::from_utf8(script).unwrap_or_default();
            for command in program().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
