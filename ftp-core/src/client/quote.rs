//! [`Quote`]: a command as the user typed it (QUOTE, RFC 1123 4.1.5.2), and what the session has to know of it: what it may have set, and what it
//! does to TLS (RFC 4217). What would leave client and server with different ideas of that is not sent.

use super::action::{ClientAction, ClientError, Outcome};
use super::config::TlsUse;
use super::link::Link;
use super::secure::Security;
use super::task::Flow;
use crate::reply::{Class, Reply};

/// What a quoted command means, once it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// Nothing that has to be known.
    Plain,
    /// PROT: data connections are under TLS from here on, or not.
    Protects(bool),
    /// CCC: TLS ends on the control connection, and data connections stay as they are (RFC 4217 5).
    Clears,
    /// REIN: all begins anew, in the clear if it was AUTH that began TLS (RFC 4217 13).
    Resets,
}

impl Quote {
    /// Sends the line.
    pub(super) fn begin(link: &mut Link, line: &[u8]) -> Result<Self, ClientError> {
        let words = || line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let verb = words().next().unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|name| verb.eq_ignore_ascii_case(name.as_bytes()));
        let secured = link.security.secured;
        let required = matches!(link.config.tls, TlsUse::Require | TlsUse::Implicit);
        let quote = if is_one_of(&["AUTH"]) {
            return Err(ClientError::Reserved("TLS begins with the login"));
        } else if is_one_of(&["USER", "PASS", "ACCT"]) && required && !secured {
            return Err(ClientError::Reserved("it would cross the network in the clear, and TLS is required"));
        } else if is_one_of(&["PROT"]) {
            if !secured {
                return Err(ClientError::Reserved("the control connection is not under TLS"));
            }
            match words().nth(1) {
                Some(b"P" | b"p") => Self::Protects(true),
                Some(b"C" | b"c") if required => {
                    return Err(ClientError::Reserved(
                        "data would cross the network in the clear, and TLS is required",
                    ));
                }
                Some(b"C" | b"c") => Self::Protects(false),
                _ => Self::Plain,
            }
        } else if is_one_of(&["CCC"]) && secured {
            Self::Clears
        } else if is_one_of(&["REIN"]) {
            Self::Resets
        } else {
            Self::Plain
        };
        // It may be a TYPE or REIN, so nothing is known any more; nor is it after a REST where the next transfer begins.
        link.kind = None;
        link.kind_touched |= is_one_of(&["TYPE", "REIN", "USER"]);
        link.form.quoted(verb);
        link.kept = false;
        link.rest_lingers |= is_one_of(&["REST"]);
        link.send_line(line);
        Ok(quote)
    }

    pub(super) fn reply(self, link: &mut Link, reply: Reply) -> Flow {
        match reply.code().class() {
            Class::Preliminary => return Flow::Going,
            Class::Completion => self.accepted(link),
            Class::Intermediate => {}
            Class::Transient | Class::Permanent => return Flow::Done(Err(ClientError::Refused(reply))),
            Class::Protected => return Flow::Done(Err(ClientError::Protocol("a reply that ends the command"))),
        }
        Flow::Done(Ok(Outcome::Reply(reply)))
    }

    fn accepted(self, link: &mut Link) {
        let security = &mut link.security;
        let ends = match self {
            Self::Plain => false,
            Self::Protects(private) => {
                security.private = private;
                false
            }
            Self::Clears => core::mem::take(&mut security.secured),
            // Where TLS began at once nothing says that it ends.
            Self::Resets => {
                let stays = security.secured && link.config.tls == TlsUse::Implicit;
                let before = core::mem::replace(security, Security { secured: stays, ..Security::default() });
                before.secured && !stays
            }
        };
        if ends {
            link.act(ClientAction::StopTls);
        }
    }
}
