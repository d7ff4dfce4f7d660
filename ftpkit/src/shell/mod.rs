//! The interactive client: [`Shell`] is a connection with a place on both sides, and what one can do there stands in one table
//! ([`table`]). Who types is `plain`'s affair (lines, from a terminal, a file or a pipe) or `screen`'s (the whole terminal).
//!
//! Files are moved by the same functions as `ftpkit get`, `put` and `mirror`, on connections of their own.

mod complete;
mod connection;
mod files;
mod here;
mod history;
mod look;
mod moving;
mod plain;
mod screen;
mod settings;
mod table;
pub(crate) mod words;

use crate::cli::{ConnectCommand, ConnectOptions};
use crate::conflict::Policy;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{FtpUrl, Kept, Session, Site, list, path};
use crate::text::shown;
use crate::tone::Styled;
use complete::Names;
use ftp_core::codec::Codec;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// Talks with whoever sits there, or obeys a file.
///
/// # Errors
/// [`Failure`] of the first command that fails, where nobody sits there.
pub(crate) fn run(options: &ConnectCommand, console: Console) -> Result<(), Failure> {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if options.plain || !terminal || options.file.is_some() {
        plain::run(options, console)
    } else {
        screen::run(options, console)
    }
}

/// How often a password may be mistyped.
const TRIES: u32 = 2;

/// A connection that nobody used for so long may have been lost before the command that finds it so.
const IDLE: Duration = Duration::from_secs(10);

/// Where one is, and how things are done there.
struct Shell {
    connect: ConnectOptions,
    console: Console,
    /// What is known of the names on the server, to complete what is typed.
    names: Names,
    site: Option<Site>,
    session: Option<Session>,
    /// Where it was to lead to last.
    last: Option<FtpUrl>,
    /// The directory on the server, as it names it.
    directory: Vec<u8>,
    /// The directory that the login led to.
    home: Vec<u8>,
    codec: Codec,
    policy: Policy,
    /// Bytes a second at most.
    rate: Option<u64>,
    /// Segments in which a large file is fetched.
    segments: usize,
    /// Jobs that were begun in the background, where there is a screen to see them on.
    jobs: usize,
    /// The line that is obeyed.
    doing: String,
    /// When the last command was obeyed.
    used: Instant,
    over: bool,
}

impl Shell {
    /// Nowhere yet.
    fn new(connect: ConnectOptions, console: Console, names: Names) -> Self {
        // Whoever stays may want another connection soon.
        let connect = ConnectOptions { kept: Kept::some(), ..connect };
        Self {
            connect,
            console,
            names,
            site: None,
            session: None,
            last: None,
            directory: Vec::new(),
            home: Vec::new(),
            codec: Codec::RAW,
            policy: Policy::Ask,
            rate: None,
            segments: 1,
            jobs: 0,
            doing: String::new(),
            used: Instant::now(),
            over: false,
        }
    }

    /// Does what a line says.
    ///
    /// # Errors
    /// [`Failure`], with what is wrong with it, or what it came to.
    fn obey(&mut self, line: &str) -> Result<(), Failure> {
        line.trim().clone_into(&mut self.doing);
        if let Some(command) = line.trim_start().strip_prefix('!') {
            return here::run(self, command);
        }
        let words = words::split(line).map_err(|error| Failure::new(Exit::Usage, "cannot read the line", error))?;
        let [name, arguments @ ..] = words.as_slice() else { return Ok(()) };
        let command = table::find(name)?;
        if !command.takes(arguments) {
            let what = format!("cannot {}", command.name);
            return Err(Failure::new(Exit::Usage, what, "it takes other arguments").with_remedy(command.usage()));
        }
        let used = std::mem::replace(&mut self.used, Instant::now());
        let result = (command.run)(self, arguments);
        // What was lost while nobody used it has done nothing with the command.
        let lost = self.session.as_ref().is_some_and(|session| !session.is_sound());
        if result.is_err() && lost && used.elapsed() > IDLE {
            return (command.run)(self, arguments);
        }
        result
    }

    /// Connects once more, if the connection was lost, and was not to be had since.
    ///
    /// # Errors
    /// [`Failure`], if there is no connection to be had.
    fn revive(&mut self) -> Result<(), Failure> {
        if self.site.is_none() || self.session.as_ref().is_some_and(Session::is_sound) {
            return Ok(());
        }
        self.console.note("the connection was lost; connecting again");
        connection::again(self)
    }

    /// The connection; a new one, if it was lost.
    ///
    /// # Errors
    /// [`Failure`], if there is none.
    fn session(&mut self) -> Result<&mut Session, Failure> {
        self.revive()?;
        let again = self.last.is_some();
        self.session.as_mut().ok_or_else(|| nowhere(again))
    }

    /// The URL of `path`, for what works with URLs.
    ///
    /// # Errors
    /// [`Failure`], if there is no connection.
    fn url(&self, path: &[u8]) -> Result<FtpUrl, Failure> {
        let site = self.site.as_ref().ok_or_else(|| nowhere(self.last.is_some()))?;
        let path = if path.starts_with(b"/") { path.to_vec() } else { path::join(&self.directory, path) };
        Ok(site.url().at(path))
    }

    /// Shows a line of a result. Whoever no longer reads has what he wants.
    fn line(&self, line: impl Into<Styled>) {
        let _ = self.console.result(line);
    }

    /// Looks what is in a directory of the server, to complete what is typed. Without a listing there is nothing to complete.
    fn look_up(&mut self, dir: &[u8]) {
        let Some(session) = &mut self.session else { return };
        let entries = list(session, dir).unwrap_or_default();
        self.names.learn(dir.to_vec(), &entries);
    }

    /// What stands before the cursor.
    fn prompt(&self) -> String {
        match &self.site {
            Some(site) => format!("{}:{}> ", site.url().host, shown(&self.directory)),
            None => "ftpkit> ".to_owned(),
        }
    }
}

/// There is no connection; was there `ever` one to be?
fn nowhere(ever: bool) -> Failure {
    let remedy = if ever { "`open` tries the last place again, `open URL` another" } else { "open ftp://HOST/" };
    Failure::new(Exit::Usage, "cannot do that", "there is no connection").with_remedy(remedy)
}
