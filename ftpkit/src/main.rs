//! The program: serves a directory over FTP, keeps accounts, and fetches, stores and lists files by URL, and measures servers.
//!
//! This file only starts things. What the commands are is in `cli`, one file does each of them, and how a failure
//! becomes a message and an exit code is in `failure` and `exit`.

mod account;
mod bench;
mod cli;
mod console;
mod duration;
mod event;
mod exit;
mod failure;
mod get;
mod hold;
mod interrupt;
mod local;
mod ls;
mod password;
mod progress;
mod put;
mod refusal;
mod runtime;
mod serve;
mod session;
mod text;
mod url;

use clap::Parser;
use cli::{Cli, Command};
use console::Console;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = Console::new(cli.command.json(), cli.quiet, cli.command.verbose());
    let result = match cli.command {
        Command::Serve(options) => serve::run(&options, console),
        Command::Account(command) => account::run(&command, console),
        Command::Get(options) => get::run(&options, console),
        Command::Put(options) => put::run(&options, console),
        Command::Ls(options) => ls::run(&options, console),
        Command::Bench(options) => bench::run(&options, console),
    };
    match result {
        Ok(()) => exit::Exit::Ok.into(),
        Err(failure) => {
            console.failure(&failure);
            failure.exit.into()
        }
    }
}
