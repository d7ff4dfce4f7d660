//! [`Task`]: the request that runs, and how it starts.

use super::action::{ClientCompletion, ClientError, Outcome, Request, Upload};
use super::link::Link;
use super::login::Login;
use super::movement::Movement;
use super::pathname::is_sendable;
use super::simple::Simple;
use super::transfer::Transfer;
use crate::action::OpId;
use crate::command::Command;
use crate::reply::{Code, Reply};

pub(super) enum Task {
    Login(Login),
    Simple(Simple),
    Transfer(Transfer),
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
            Request::Size(path) => Task::Simple(Simple::begin_size(link, path)),
            Request::Quote(line) => {
                // It may be a TYPE or REIN, so nothing is known any more.
                link.kind = None;
                link.send_line(&line);
                Task::Simple(Simple::Quote)
            }
            Request::Login { user, password, account } => Task::Login(Login::begin(link, &user, password, account)),
            Request::List(path) => Task::Transfer(Transfer::list(link, path)),
            Request::Retrieve { path, offset, codec } => {
                Task::Transfer(Transfer::begin(link, Movement::Retrieve { path, offset }, codec))
            }
            Request::Store { path, how, codec } => {
                Task::Transfer(Transfer::begin(link, Movement::Store { path, how }, codec))
            }
        })
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
            Self::Transfer(transfer) => transfer.reply(link, reply),
        }
    }

    pub(super) fn complete(&mut self, link: &mut Link, op: OpId, done: ClientCompletion) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.complete(link, op, done),
            Self::Login(_) | Self::Simple(_) => Flow::Going,
        }
    }

    pub(super) fn timeout(&mut self, link: &mut Link) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.timeout(link),
            // The reply may still come, and would be taken for the next command's.
            Self::Login(_) | Self::Simple(_) => Flow::Over(Err(ClientError::TimedOut)),
        }
    }

    pub(super) fn abort(&mut self, link: &mut Link) -> Flow {
        match self {
            Self::Transfer(transfer) => transfer.abort(link),
            Self::Login(_) | Self::Simple(_) => Flow::Going,
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
            Self::Simple(simple) => matches!(simple, Simple::Quote),
            Self::Login(_) => false,
        }
    }
}

impl Code {
    const TRANSFER_DONE: Code = match Code::new(226) {
        Some(code) => code,
        None => unreachable!(),
    };
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
        | Request::Size(path)
        | Request::Modified(path)
        | Request::List(Some(path))
        | Request::Retrieve { path, .. } => is_sendable(path),
        Request::Store { path, how, .. } => is_sendable(path) || (*how == Upload::Unique && path.is_empty()),
        Request::Rename { from, to } => is_sendable(from) && is_sendable(to),
        Request::Quote(line) => is_sendable(line) && !line.contains(&b'\r'),
        Request::WorkingDirectory | Request::List(None) | Request::Noop | Request::Quit => true,
    }
}
