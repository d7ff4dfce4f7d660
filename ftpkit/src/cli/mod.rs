//! The command line: every command and option, with its help and examples. One file holds one command's.

mod account;
mod bookmark;
mod cat;
mod check;
mod completions;
mod connect;
mod doctor;
mod du;
mod edit;
mod get;
mod hash;
mod jobs;
mod ls;
mod man;
mod mirror;
mod mkdir;
mod mv;
mod put;
mod raw;
mod rm;
mod rmdir;
mod serve;
mod shell;
mod stat;
mod transfer;
mod trust;

use crate::bench::BenchOptions;
use crate::exit::Exit;
pub(crate) use account::{AccountCommand, AddOptions, CertificateOptions, ListOptions, PasswdOptions, RemoveOptions};
pub(crate) use bookmark::{AddBookmarkOptions, BookmarkCommand};
pub(crate) use cat::CatOptions;
pub(crate) use check::{CheckOptions, CheckTls, Weight};
use clap::{Parser, Subcommand};
pub(crate) use completions::CompletionsOptions;
pub(crate) use connect::{ClientTlsMode, ConnectOptions, SecurityOptions, UrlParser};
pub(crate) use doctor::DoctorOptions;
pub(crate) use du::DuOptions;
pub(crate) use edit::EditOptions;
pub(crate) use get::GetOptions;
pub(crate) use hash::HashOptions;
pub(crate) use jobs::{JobsCommand, ResumeOptions};
pub(crate) use ls::LsOptions;
pub(crate) use man::ManOptions;
pub(crate) use mirror::MirrorOptions;
pub(crate) use mkdir::MkdirOptions;
pub(crate) use mv::MvOptions;
pub(crate) use put::PutOptions;
pub(crate) use raw::RawOptions;
pub(crate) use rm::RmOptions;
pub(crate) use rmdir::RmdirOptions;
pub(crate) use serve::{AnonymousMode, ClientCertificateMode, ServeOptions, TlsMode};
pub(crate) use shell::ConnectCommand;
pub(crate) use stat::StatOptions;
use std::path::Path;
pub(crate) use transfer::{FileOptions, TransferOptions, connections};
pub(crate) use trust::TrustCommand;

/// Serve files over FTP, and fetch, store and list them.
#[derive(Debug, Parser)]
#[command(name = "ftpkit", version, propagate_version = true, after_help = format!("\
Examples:
  ftpkit serve                                  this directory, to this machine, read-only
  ftpkit get ftp://example.org/pub/file.iso     fetch a file
  ftpkit put report.pdf ftp://ann@example.org/  store one

`ftpkit help COMMAND` shows the options of a command, and more examples.

{}", Exit::help()))]
pub(crate) struct Cli {
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true, display_order = 100)]
    pub(crate) quiet: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(ServeOptions),
    #[command(subcommand)]
    Account(AccountCommand),
    Connect(ConnectCommand),
    Get(GetOptions),
    Put(PutOptions),
    Mirror(Box<MirrorOptions>),
    #[command(subcommand)]
    Jobs(JobsCommand),
    Ls(LsOptions),
    Cat(CatOptions),
    Stat(StatOptions),
    Du(DuOptions),
    Hash(HashOptions),
    Edit(EditOptions),
    Mv(MvOptions),
    Rm(RmOptions),
    Mkdir(MkdirOptions),
    Rmdir(RmdirOptions),
    Raw(RawOptions),
    Doctor(DoctorOptions),
    #[command(subcommand)]
    Bookmark(BookmarkCommand),
    #[command(subcommand)]
    Trust(TrustCommand),
    // Without words of its own, so that those of its options stand, the long ones too.
    Bench(BenchOptions),
    Check(CheckOptions),
    Completions(CompletionsOptions),
    Man(ManOptions),
}

impl Command {
    /// Is standard output for JSON?
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Serve(options) => options.json,
            Self::Account(AccountCommand::List(options)) => options.json,
            Self::Account(_)
            | Self::Trust(_)
            | Self::Bookmark(_)
            | Self::Jobs(JobsCommand::Forget(_))
            | Self::Completions(_)
            | Self::Man(_) => false,
            Self::Jobs(JobsCommand::List(options)) => options.json,
            Self::Bench(options) => options.json(),
            Self::Check(options) => options.json,
            _ => self.connect().is_some_and(|connect| connect.json),
        }
    }

    /// How much of the conversation with the server is to be shown?
    pub(crate) fn verbose(&self) -> u8 {
        self.connect().map_or(0, |connect| connect.verbose)
    }

    /// Where is the conversation with the server to be written down?
    pub(crate) fn log(&self) -> Option<&Path> {
        self.connect().and_then(|connect| connect.log.as_deref())
    }

    fn connect(&self) -> Option<&ConnectOptions> {
        match self {
            Self::Connect(options) => Some(&options.connect),
            Self::Get(options) => Some(&options.files.connect),
            Self::Put(options) => Some(&options.files.connect),
            Self::Mirror(options) => Some(&options.connect),
            Self::Jobs(JobsCommand::Resume(options)) => Some(&options.connect),
            Self::Ls(options) => Some(&options.connect),
            Self::Cat(options) => Some(&options.connect),
            Self::Stat(options) => Some(&options.connect),
            Self::Du(options) => Some(&options.connect),
            Self::Hash(options) => Some(&options.connect),
            Self::Edit(options) => Some(&options.connect),
            Self::Doctor(options) => Some(&options.connect),
            Self::Mv(options) => Some(&options.connect),
            Self::Rm(options) => Some(&options.connect),
            Self::Mkdir(options) => Some(&options.connect),
            Self::Rmdir(options) => Some(&options.connect),
            Self::Raw(options) => Some(&options.connect),
            Self::Serve(_)
            | Self::Account(_)
            | Self::Trust(_)
            | Self::Bookmark(_)
            | Self::Jobs(_)
            | Self::Bench(_)
            | Self::Check(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
