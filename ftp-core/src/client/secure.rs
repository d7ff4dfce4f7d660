//! TLS, as a client asks for it (RFC 4217 10.3, 12.1): AUTH TLS, then PBSZ 0 and PROT P, before a password is sent.

use super::action::{ClientAction, ClientError};
use super::config::TlsUse;
use super::link::Link;
use super::task::Flow;
use crate::action::OpId;
use crate::command::Command;
use crate::reply::{Class, Reply};

/// How far the session's TLS is.
#[derive(Default)]
pub(super) struct Security {
    /// The handshake that the host does.
    pub(super) handshake: Option<OpId>,
    /// It is one of TLS 1.2.
    pub(super) lasting: bool,
    /// The control connection is under TLS.
    pub(super) secured: bool,
    /// The data connections are (PROT P).
    pub(super) private: bool,
}

/// What was sent last on the way to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Auth,
    /// 234 has come.
    Handshake,
    Pbsz,
    Prot,
}

/// What is next on that way.
pub(super) enum Next {
    Step(Step),
    /// Nothing: the login itself.
    Login,
    /// What the server will not do is needed.
    End(Flow),
}

impl Step {
    /// The first command, if there is anything to be done before the login.
    pub(super) fn first(link: &mut Link) -> Option<Self> {
        match link.config.tls {
            TlsUse::Off => None,
            TlsUse::Prefer if link.security.secured => None,
            _ if link.security.secured && link.security.private => None,
            // TLS began before the greeting, or PROT P was refused at an earlier login: it is asked for again, since nothing
            // may move in the clear.
            _ if link.security.secured => Some(Self::blocks(link)),
            // Behind CCC too, which leaves the data under TLS.
            _ => {
                link.send(&Command::Auth(b"TLS"));
                Some(Self::Auth)
            }
        }
    }

    fn blocks(link: &mut Link) -> Self {
        link.send(&Command::Pbsz(0));
        Self::Pbsz
    }

    /// What is next, after this reply.
    pub(super) fn reply(self, link: &mut Link, reply: Reply) -> Next {
        let granted = reply.code().class() == Class::Completion;
        match self {
            Self::Auth if granted => {
                link.start_tls();
                Next::Step(Self::Handshake)
            }
            // It says the same to PROT, if it means it.
            Self::Pbsz => {
                link.send(&Command::Prot(b"P"));
                Next::Step(Self::Prot)
            }
            Self::Prot if granted => {
                link.security.private = true;
                Next::Login
            }
            // A server that wants more rounds (334) means another mechanism; one without PROT P still protects the password.
            Self::Auth | Self::Prot if link.config.tls == TlsUse::Prefer => Next::Login,
            Self::Auth | Self::Prot => Next::End(Flow::Done(Err(ClientError::TlsRefused(reply)))),
            Self::Handshake => Next::End(Flow::Over(Err(ClientError::Protocol("TLS after 234")))),
        }
    }

    /// The handshake has succeeded.
    pub(super) fn secured(link: &mut Link) -> Self {
        Self::blocks(link)
    }
}

impl Link {
    /// Has the host begin TLS; nothing is read until it stands.
    pub(super) fn start_tls(&mut self) {
        let op = self.next_op();
        self.security.handshake = Some(op);
        self.security.lasting = self.learnt.few_tickets == Some(true);
        self.act(ClientAction::StartTls { op, lasting: self.security.lasting });
        self.expect_reply();
    }

    /// The handshake has failed. If that was for want of TLS 1.2, the next session knows better.
    pub(super) fn tls_refused(&mut self) {
        if self.security.lasting {
            self.learnt.few_tickets = Some(false);
        }
    }
}
