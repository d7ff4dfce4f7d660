//! [`Task`]: the request that runs, and how it starts.

use super::action::{ClientCompletion, ClientError, Outcome, Request, Upload};
use super::digest::DigestOf;
use super::ensure::Ensure;
use super::facts::FactsOf;
use super::link::Link;
use super::login::Login;
use super::modified::SetModified;
use super::movement::Movement;
use super::pathname::is_sendable;
use super::quote::Quote;
use super::simple::Simple;
use super::transfer::Transfer;
use crate::action::OpId;
use crate::command::{Command, Verb};
use crate::reply::{Code, Reply};
use alloc::boxed::Box;

pub(super) enum Task {
    Login(Login),
    Simple(Simple),
    Quote(Quote),
    Ensure(Ensure),
    Facts(FactsOf),
    Digest(DigestOf),
    SetModified(SetModified),
    Transfer(Box<Transfer>),
}

/// Where a request stands after an event.
pub(super) enum Flow {
    /// It goes on.
    Going,
    /// It is over.
    Done(Result<Outcome, ClientError>),
    /// It is over, and the control connection with it.
    Over(Result<Outcome, ClientError>),
}

impl Task {
    /// Checks the arguments and sends the first command, or asks for the first action.
    pub(super) fn begin(link: &mut Link, request: Request) -> Result<Self, ClientError> {
        if !arguments_are_sendable(&request) {
            return Err(ClientError::BadArgument);
        }
        let mut simple = |command: &Command<'_>, then: Simple| {
            link.send(command);
            Task::Simple(then)
        };
        Ok(match request {
            Request::WorkingDirectory => simple(&Command::Pwd, Simple::Path),
            Request::ChangeDirectory(path) => simple(&Command::Cwd(&path), Simple::Plain),
            Request::MakeDirectory(path) => simple(&Command::Mkd(&path), Simple::Made(path.clone())),
            Request::RemoveDirectory(path) => simple(&Command::Rmd(&path), Simple::Plain),
            Request::RemoveFile(path) => simple(&Command::Dele(&path), Simple::Plain),
            Request::Rename { from, to } => simple(&Command::Rnfr(&from), Simple::RenameTo(to)),
            Request::Modified(path) => simple(&Command::Mdtm(&path), Simple::Modified),
            Request::Noop => simple(&Command::Noop, Simple::Plain),
            Request::Quit => simple(&Command::Quit, Simple::Quit),
            Request::Status => simple(&Command::Stat(None), Simple::Plain),
            Request::System => simple(&Command::Syst, Simple::Plain),
            Request::Allocate(size) => simple(&Command::Allo { size, record: None }, Simple::Plain),
            Request::ListByStatus(path) => simple(&Command::Stat(Some(&path)), Simple::Listing),
            Request::Options { command, options } => {
                simple(&Command::Opts { name: &command, options: options.as_deref() }, Simple::Plain)
            }
            Request::SetMode { path, mode } => {
                let mode = alloc::format!("{:03o}", mode & 0o7777);
                link.send_words(Verb::Site, &[b"CHMOD", mode.as_bytes(), &path]);
                Task::Simple(Simple::Plain)
            }
            Request::Available(path) => {
                link.send_words(Verb::Avbl, path.as_deref().as_slice());
                Task::Simple(Simple::Size)
            }
            Request::Language(tag) => {
                link.send_words(Verb::Lang, tag.as_deref().as_slice());
                Task::Simple(Simple::Plain)
            }
            Request::Host(name) => {
                link.send_words(Verb::Host, &[&name]);
                Task::Simple(Simple::Plain)
            }
            Request::Identify { name, version } => {
                if link.features.has("CSID") {
                    let facts = [b"Name=", &name[..], b";Version=", &version, b";"].concat();
                    link.send_words(Verb::Csid, &[&facts]);
                } else {
                    link.send_words(Verb::Clnt, &[&name, &version]);
                }
                Task::Simple(Simple::Plain)
            }
            Request::Facts(path) => Task::Facts(FactsOf::begin(link, path)),
            Request::Digest { path, algorithm } => Task::Digest(DigestOf::begin(link, path, algorithm)),
            Request::SetModified { path, time } => Task::SetModified(SetModified::begin(link, path, time)?),
            Request::Size(path) => Task::Simple(Simple::begin_size(link, path, Simple::Size)),
            Request::ResumePoint(path) => Task::Simple(Simple::begin_size(link, path, Simple::ResumePoint)),
            Request::EnsureDirectory(path) => Task::Ensure(Ensure::begin(link, path)),
            Request::Quote(line) => Task::Quote(Quote::begin(link, &line)?),
            Request::Login { user, password, account } => Task::Login(Login::begin(link, &user, password, account)),
            Request::List(path) => Task::Transfer(Box::new(Transfer::list(link, path))),
            Request::Names(path) => Task::Transfer(Box::new(Transfer::names(link, path))),
            Request::Retrieve { path, offset, codec } => {
                Task::Transfer(Box::new(Transfer::begin(link, Movement::Retrieve { path, offset }, codec)))
            }
            Request::Store { path, how, codec } => {
                Task::Transfer(Box::new(Transfer::begin(link, Movement::Store { path, how }, codec)))
            }
        })
    }

    /// Sends the commands of a request while another one runs; `None` for one that has to wait until that is over. See [`super::queue`].
    pub(super) fn begin_early(link: &mut Link, request: &Request) -> Option<Self> {
        let harmless = match request {
            Request::Size(_) | Request::ResumePoint(_) => link.is_raw(),
            Request::Facts(_) => link.features.mlst() && !link.learnt.avoid_mlst,
            Request::Modified(_) | Request::SetModified { .. } => true,
            Request::Retrieve { offset, codec, .. } => *offset == 0 && Transfer::may_begin_early(link, *codec),
            Request::Store { codec, .. } => Transfer::may_begin_early(link, *codec),
            _ => false,
        };
        if !harmless || !arguments_are_sendable(request) {
            return None;
        }
        match request.clone() {
            Request::Retrieve { path, offset, codec } => {
                Some(Task::Transfer(Box::new(Transfer::begin_early(link, Movement::Retrieve { path, offset }, codec))))
            }
            Request::Store { path, how, codec } => {
                Some(Task::Transfer(Box::new(Transfer::begin_early(link, Movement::Store { path, how }, codec))))
            }
            request => Self::begin(link, request).ok(),
        }
    }

    /// May other requests' commands go out behind its own?
    pub(super) fn may_be_followed(&self, link: &Link) -> bool {
        match self {
            Self::Transfer(transfer) => transfer.may_be_followed(link),
            task => task.needs_no_more(),
        }
    }

    /// Are all its commands out, and does it need no data connection of its own?
    pub(super) fn needs_no_more(&self) -> bool {
        match self {
            Self::Simple(simple) => matches!(simple, Simple::Size | Simple::ResumePoint | Simple::Modified),
            Self::Facts(facts) => facts.needs_no_more(),
            Self::SetModified(_) => true,
            Self::Transfer(transfer) => transfer.needs_no_more(),
            Self::Login(_) | Self::Quote(_) | Self::Ensure(_) | Self::Digest(_) => false,
        }
    }

    /// The final replies that are to come.
    pub(super) fn expected(&self) -> usize {
        match self {
            Self::Transfer(transfer) => transfer.expected(),
            _ => 1,
        }
    }

    pub(super) fn awaits_reply(&self) -> bool {
        self.expected() > 0
    }

    /// It was begun early, and now runs.
    pub(super) fn take_turn(&mut self, link: &mut Link) {
        if let Self::Transfer(transfer) = self {
            transfer.take_turn(link);
        }
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        if link.late_226 && reply.code() == Code::TRANSFER_DONE && !self.may_get_226() {
            link.late_226 = false;
            return Flow::Going;
        }
        // The server is alive; a transfer whose bytes move has a deadline of its own.
        if !matches!(self, Self::Transfer(transfer) if transfer.is_moving()) {
            link.expect_reply();
        }
        match self {
            Self::Login(login) => login.reply(link, reply),
            Self::Simple(simple) => simple.reply(link, reply),
            Self::Quote(quote) => quote.reply(link, reply),
            Self::Ensure(ensure) => ensure.reply(link, reply),
            Self::Facts(facts) => facts.reply(link, reply),
            Self::Digest(digest) => digest.reply(link, reply),
            Self::SetModified(set) => set.reply(link, reply),
            Self::Transfer(transfer) => transfer.reply(link, reply),
        }
    }

    /// TLS has begun on the control connection.
    pub(super) fn secured(&mut self, link: &mut Link) {
        if let Self::Login(login) = self {
            login.secured(link);
        }
    }

    pub(super) fn complete(&mut self, link: &mut Link, op: OpId, done: ClientCompletion) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.complete(link, op, done),
            _ => Flow::Going,
        }
    }

    pub(super) fn timeout(&mut self, link: &mut Link) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.timeout(link),
            // The reply may still come, and would be taken for the next command's.
            _ => Flow::Over(Err(ClientError::TimedOut)),
        }
    }

    pub(super) fn abort(&mut self, link: &mut Link) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.abort(link),
            _ => Flow::Going,
        }
    }

    /// Closes the data connection, should there be one.
    pub(super) fn cancel_data(&mut self, link: &mut Link) {
        if let Self::Transfer(transfer) = self {
            transfer.cancel_data(link);
        }
    }

    /// May 226 be an answer to the command that waits for one?
    fn may_get_226(&self) -> bool {
        match self {
            Self::Transfer(transfer) => transfer.may_get_226(),
            Self::Quote(_) => true,
            _ => false,
        }
    }
}

impl Reply {
    /// Does it refuse a listing only because there is nothing to list?
    pub(super) fn says_no_files(&self) -> bool {
        let says = |line: &[u8]| memchr::memmem::find(&line.to_ascii_lowercase(), b"no files").is_some();
        matches!(self.code().number(), 450 | 550) && self.lines().iter().any(|line| says(line))
    }

    /// Does it say that there is no such command here?
    pub(super) fn is_unknown_command(&self) -> bool {
        matches!(self.code().number(), 500 | 502)
    }
}

impl Code {
    pub(super) const TRANSFER_DONE: Code = Self::known(226);
    pub(super) const DIRECTORY_EXISTS: Code = Self::known(521);

    const fn known(number: u16) -> Self {
        match Self::new(number) {
            Some(code) => code,
            None => unreachable!(),
        }
    }
}

fn arguments_are_sendable(request: &Request) -> bool {
    match request {
        Request::Login { user, password, account } => {
            let secret = |secret: &[u8]| secret.is_empty() || is_sendable(secret);
            is_sendable(user)
                && secret(password.expose())
                && account.as_ref().is_none_or(|account| secret(account.expose()))
        }
        Request::ChangeDirectory(path)
        | Request::MakeDirectory(path)
        | Request::RemoveDirectory(path)
        | Request::RemoveFile(path)
        | Request::EnsureDirectory(path)
        | Request::Size(path)
        | Request::ResumePoint(path)
        | Request::Modified(path)
        | Request::Facts(path)
        | Request::Digest { path, .. }
        | Request::SetModified { path, .. }
        | Request::SetMode { path, .. }
        | Request::Available(Some(path))
        | Request::Names(Some(path))
        | Request::ListByStatus(path)
        | Request::Language(Some(path))
        | Request::Host(path)
        | Request::List(Some(path))
        | Request::Retrieve { path, .. } => is_sendable(path),
        Request::Store { path, how, .. } => is_sendable(path) || (*how == Upload::Unique && path.is_empty()),
        Request::Rename { from, to } => is_sendable(from) && is_sendable(to),
        Request::Quote(line) => is_sendable(line) && !line.contains(&b'\r'),
        Request::Identify { name, version } => is_sendable(name) && is_sendable(version),
        Request::Options { command, options } => {
            is_sendable(command) && options.as_ref().is_none_or(|options| is_sendable(options))
        }
        Request::WorkingDirectory
        | Request::List(None)
        | Request::Names(None)
        | Request::Available(None)
        | Request::Language(None)
        | Request::Allocate(_)
        | Request::Status
        | Request::System
        | Request::Noop
        | Request::Quit => true,
    }
}
