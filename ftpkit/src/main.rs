//! The program: serves a directory over FTP, keeps accounts, and fetches, stores and lists files by URL, and measures and checks servers.
//!
//! This file only starts things. What the commands are is in `cli`, one file does each of them, and how a failure
//! becomes a message and an exit code is in `failure` and `exit`.

mod account;
mod bench;
mod bookmark;
mod bulk;
mod check;
mod cli;
mod conflict;
mod console;
mod conversation;
mod duration;
mod entry_text;
mod event;
mod exit;
mod failure;
mod interrupt;
mod local;
mod log;
mod manual;
mod password;
mod place;
mod progress;
mod remote;
mod runtime;
mod serve;
mod shell;
mod state;
mod text;
mod tls;
mod tone;
mod transfer;
mod verb;

use clap::Parser;
use cli::{Cli, Command};
use console::Console;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = cli.command.log().map(log::Log::open).transpose();
    let (log, unwritten) = log.map_or_else(|failure| (None, Some(failure)), |log| (log, None));
    let console = Console::new(cli.command.json(), cli.quiet, cli.command.verbose(), log);
    let result = match unwritten {
        Some(failure) => Err(failure),
        None => obey(cli.command, console),
    };
    match result {
        Ok(()) => exit::Exit::Ok.into(),
        Err(failure) => {
            console.failure(&failure);
            failure.exit.into()
        }
    }
}

fn obey(command: Command, console: Console) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => serve::run(&options, console),
        Command::Account(command) => account::run(&command, console),
        Command::Connect(options) => shell::run(&options, console),
        Command::Get(options) => verb::get::run(&options, console),
        Command::Put(options) => verb::put::run(&options, console),
        Command::Mirror(options) => verb::mirror::run(&options, console),
        Command::Jobs(command) => verb::jobs::run(&command, console),
        Command::Ls(options) => verb::ls::run(&options, console),
        Command::Cat(options) => verb::cat::run(&options, console),
        Command::Stat(options) => verb::stat::run(&options, console),
        Command::Du(options) => verb::du::run(&options, console),
        Command::Hash(options) => verb::hash::run(&options, console),
        Command::Edit(options) => verb::edit::run(&options, console),
        Command::Doctor(options) => verb::doctor::run(&options, console),
        Command::Mv(options) => verb::mv::run(&options, console),
        Command::Rm(options) => verb::rm::run(&options, console),
        Command::Mkdir(options) => verb::mkdir::run(&options, console),
        Command::Rmdir(options) => verb::rmdir::run(&options, console),
        Command::Raw(options) => verb::raw::run(&options, console),
        Command::Bookmark(command) => bookmark::run(&command, console),
        Command::Trust(command) => tls::known::run(&command, console),
        Command::Bench(options) => bench::run(&options, console),
        Command::Check(options) => check::run(&options, console),
        Command::Completions(options) => manual::completions(&options),
        Command::Man(options) => manual::man(&options),
    }
}
