//! The interactive client: [`Shell`] is a connection with a place on both sides, and what one can do there stands in one table
//! ([`table`]). Who types is `plain`'s affair (lines, from a terminal, a file or a pipe) or `screen`'s (the whole terminal).
//!
//! Files are moved by the same functions as `ftpkit get`, `put` and `mirror`, on connections of their own.

mod complete;
mod connection;
mod files;
mod here;
mod look;
mod moving;
mod plain;
mod screen;
mod table;
pub(crate) mod words;

use crate::cli::{ConnectCommand, ConnectOptions};
use crate::conflict::Policy;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Ear, FtpUrl, Session, Site, path};
use crate::text::shown;
use ftp_core::codec::Codec;
use std::io::{self, IsTerminal};

/// Talks with whoever sits there, or obeys a file.
///
/// # Errors
/// [`Failure`] of the first command that fails, where nobody sits there.
pub(crate) fn run(options: &ConnectCommand, console: Console) -> Result<(), Failure> {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if options.plain || !terminal || options.file.is_some() {
        plain::run(options, console)
    } else {
        screen::run(options)
    }
}

/// How often a password may be mistyped.
const TRIES: u32 = 2;

/// Where one is, and how things are done there.
struct Shell {
    connect: ConnectOptions,
    console: Console,
    /// Hears the conversation with the server.
    ear: Ear,
    site: Option<Site>,
    session: Option<Session>,
    /// The directory on the server, as it names it.
    directory: Vec<u8>,
    /// The directory that the login led to.
    home: Vec<u8>,
    codec: Codec,
    policy: Policy,
    /// Bytes a second at most.
    rate: Option<u64>,
    /// Files are moved while one goes on typing.
    background: bool,
    over: bool,
}

impl Shell {
    /// Nowhere yet.
    fn new(connect: ConnectOptions, console: Console, ear: Ear, background: bool) -> Self {
        Self {
            connect,
            console,
            ear,
            site: None,
            session: None,
            directory: Vec::new(),
            home: Vec::new(),
            codec: Codec::RAW,
            policy: Policy::Ask,
            rate: None,
            background,
            over: false,
        }
    }

    /// Does what a line says.
    ///
    /// # Errors
    /// [`Failure`], with what is wrong with it, or what it came to.
    fn obey(&mut self, line: &str) -> Result<(), Failure> {
        if let Some(command) = line.trim_start().strip_prefix('!') {
            return here::shell(command);
        }
        let words = words::split(line).map_err(|error| Failure::new(Exit::Usage, "cannot read the line", error))?;
        let [name, arguments @ ..] = words.as_slice() else { return Ok(()) };
        let command = table::find(name)?;
        if !command.takes(arguments.len()) {
            let what = format!("cannot {}", command.name);
            return Err(Failure::new(Exit::Usage, what, "it takes other arguments").with_remedy(command.usage()));
        }
        (command.run)(self, arguments)
    }

    /// The connection.
    ///
    /// # Errors
    /// [`Failure`], if there is none.
    fn session(&mut self) -> Result<&mut Session, Failure> {
        self.session.as_mut().ok_or_else(nowhere)
    }

    /// The URL of `path`, for what works with URLs.
    ///
    /// # Errors
    /// [`Failure`], if there is no connection.
    fn url(&self, path: &[u8]) -> Result<FtpUrl, Failure> {
        let site = self.site.as_ref().ok_or_else(nowhere)?;
        let path = if path.starts_with(b"/") { path.to_vec() } else { path::join(&self.directory, path) };
        Ok(site.url().at(path))
    }

    /// What stands before the cursor.
    fn prompt(&self) -> String {
        match &self.site {
            Some(site) => format!("{}:{}> ", site.url().host, shown(&self.directory)),
            None => "ftpkit> ".to_owned(),
        }
    }
}

fn nowhere() -> Failure {
    Failure::new(Exit::Usage, "cannot do that", "there is no connection").with_remedy("open ftp://HOST/")
}

/// Shows a line of a result. Whoever no longer reads has what he wants.
fn line(text: &str) {
    let _ = Console::result(text);
}
