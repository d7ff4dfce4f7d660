//! The conversation with a server, in lines for people: `> ` before what the client says, `< ` before what the server does. Passwords are
//! masked in it already.

use crate::text::shown;
use ftp_core::client::Event;
use std::sync::Arc;

/// Hears the conversation on one connection.
pub(crate) type Ear = Arc<dyn Fn(&Event) + Send + Sync>;

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Who.
    pub(crate) by: Speaker,
    /// The line, fit for a terminal.
    pub(crate) text: String,
    /// It is not the first line of its reply.
    pub(crate) goes_on: bool,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// We do.
    Client,
    /// The server, in a reply of this class (RFC 959 4.2.1).
    Server(u16),
    /// Nobody: something happened.
    Nobody,
}

impl Speaker {
    /// What stands before what he says.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Client => ">",
            Self::Server(_) => "<",
            Self::Nobody => "*",
        }
    }
}

/// What is said in an event.
pub(crate) fn said(event: &Event) -> Vec<Said> {
    let one = |by, text| vec![Said { by, text, goes_on: false }];
    match event {
        Event::Sent(command) => one(Speaker::Client, shown(command.trim_end_matches(['\r', '\n']).as_bytes())),
        Event::Received(reply) => {
            let code = reply.code().number();
            let last = reply.lines().len().saturating_sub(1);
            let line = |(at, line): (usize, &_)| {
                let separator = if at == last { ' ' } else { '-' };
                let text = format!("{code}{separator}{}", shown(AsRef::<[u8]>::as_ref(line)));
                Said { by: Speaker::Server(code / 100), text, goes_on: at > 0 }
            };
            reply.lines().iter().enumerate().map(line).collect()
        }
        Event::Disconnected => one(Speaker::Nobody, "the connection is closed".to_owned()),
        Event::Done(_) => Vec::new(),
    }
}
