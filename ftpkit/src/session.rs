//! [`Session`]: a connection to the server of a URL, logged in, as `get`, `put` and `ls` use it.

use crate::cli::ConnectOptions;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::password;
use crate::progress::Progress;
use crate::refusal;
use crate::url::FtpUrl;
use adapter_blocking::{Client, ClientOptions, Go, Watch};
use ftp_core::client::{ClientError, Event, Outcome, Request};
use ftp_core::reply::Reply;
use ftp_core::secret::Secret;
use ftp_host::client::End;
use std::time::Duration;

/// The user without a password (RFC 1635 2.1), and what he gives for one.
const ANONYMOUS: (&[u8], &[u8]) = (b"anonymous", b"ftpkit@");

/// A connection, logged in.
pub(crate) struct Session {
    client: Client,
    console: Console,
    interrupt: Interrupt,
    farewell: Option<Reply>,
}

/// What a transfer gave.
pub(crate) struct Moved {
    /// Bytes over the data connection.
    pub(crate) bytes: u64,
    /// How long it took.
    pub(crate) time: Duration,
}

impl Session {
    /// Connects and logs in.
    ///
    /// # Errors
    /// [`Failure`], with what the server or the network said.
    pub(crate) fn open(url: &FtpUrl, options: &ConnectOptions, console: Console) -> Result<Self, Failure> {
        let interrupt = Interrupt::install()?;
        let login = login(url, options)?;
        let client_options =
            ClientOptions { timeout: options.timeout, active: options.active, ..ClientOptions::default() };
        let client = Client::connect((url.host.as_str(), url.port), &client_options)
            .map_err(|error| refusal::unconnected(format!("cannot connect to {url}"), &error))?;
        let mut session = Self { client, console, interrupt, farewell: None };
        session.ask(login).map_err(|error| refusal::failure(format!("cannot log in to {url}"), &error))?;
        Ok(session)
    }

    /// Asks for something that is no transfer of a file.
    ///
    /// # Errors
    /// What the server said, or that it said nothing.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Outcome, ClientError> {
        let Self { console, farewell, .. } = self;
        let mut watcher = Watcher { console: *console, farewell, progress: None, interrupt: None };
        let outcome = self.client.request(request, &mut watcher);
        outcome.map_err(|error| self.explained(error))
    }

    /// The size of a file; `None` if the server does not tell, which does not mean that there is no file.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub(crate) fn size(&mut self, path: &[u8]) -> Result<Option<u64>, ClientError> {
        match self.ask(Request::Size(path.to_vec())) {
            Ok(Outcome::Size(size)) => Ok(Some(size)),
            Ok(_) | Err(ClientError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves a file. Ctrl-C aborts it in good order.
    ///
    /// # Errors
    /// What the server said, or what broke.
    pub(crate) fn transfer(&mut self, request: Request, end: End, progress: Progress) -> Result<Moved, ClientError> {
        self.interrupt.hold();
        let Self { console, farewell, .. } = self;
        let interrupt = Some(self.interrupt.clone());
        let mut watcher = Watcher { console: *console, farewell, progress: Some(progress), interrupt };
        let outcome = self.client.transfer(request, end, &mut watcher);
        let time = watcher.progress.map(Progress::end).unwrap_or_default();
        self.interrupt.release();
        let outcome = outcome.map_err(|error| self.explained(error));
        match outcome? {
            Outcome::Transferred { bytes, .. } => Ok(Moved { bytes, time }),
            _ => Err(ClientError::Protocol("the end of a transfer")),
        }
    }

    fn explained(&mut self, error: ClientError) -> ClientError {
        match (error, self.farewell.take()) {
            (ClientError::Disconnected, Some(reply)) => ClientError::Refused(reply),
            (error, _) => error,
        }
    }

    /// Says goodbye. All is done by then: whether the server hears it does not matter.
    pub(crate) fn close(mut self) {
        let _ = self.ask(Request::Quit);
    }
}

/// Whoever says why he hangs up says it in a 421 (RFC 959 4.2.2).
fn farewell(event: &Event) -> Option<&Reply> {
    match event {
        Event::Received(reply) if reply.code().number() == 421 => Some(reply),
        _ => None,
    }
}

fn login(url: &FtpUrl, options: &ConnectOptions) -> Result<Request, Failure> {
    let user = url.user.as_deref().unwrap_or(ANONYMOUS.0);
    let password = match &url.password {
        Some(password) => password.clone(),
        None if user == ANONYMOUS.0 || user == b"ftp" => Secret::new(ANONYMOUS.1),
        None => password::existing(&crate::text::shown(user), options.password_stdin)?,
    };
    Ok(Request::Login { user: user.to_vec(), password, account: None })
}

/// Looks on while the client works.
struct Watcher<'a> {
    console: Console,
    farewell: &'a mut Option<Reply>,
    progress: Option<Progress>,
    interrupt: Option<Interrupt>,
}

impl Watch for Watcher<'_> {
    fn event(&mut self, event: &Event) {
        if let Some(reply) = farewell(event) {
            *self.farewell = Some(reply.clone());
        }
        let print = || self.console.conversation(event);
        match &self.progress {
            Some(progress) => progress.aside(print),
            None => print(),
        }
    }

    fn progress(&mut self, bytes: u64) -> Go {
        if let Some(progress) = &mut self.progress {
            progress.moved(bytes);
        }
        if self.interrupt.as_ref().is_some_and(Interrupt::asked) { Go::Abort } else { Go::On }
    }
}
