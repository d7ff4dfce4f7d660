//! Security: AUTH, PBSZ, PROT and CCC (RFC 2228, RFC 4217), and what of a session has to be under TLS.
//!
//! The session says when TLS begins and ends on the control connection; how, is the host's. Both happen only between two
//! commands: nothing that came in before can count after.

use super::session::{Pending, ServerSession};
use crate::action::{Action, Handshake, OpId, Protection, TlsError};
use crate::command::Verb;

/// What of a session has to be under TLS; each demands what those before it do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsPolicy {
    /// There is none: AUTH, PBSZ, PROT and CCC are not served.
    #[default]
    Off,
    /// A client may have it.
    Offer,
    /// No user name is taken without it.
    RequireLogin,
    /// No data connection is made without it either.
    RequireData,
}

/// The TLS of one session.
#[derive(Debug, Default)]
pub(super) struct Security {
    control: Control,
    /// The listener's connections begin under TLS (the port 990 of practice), and never are without it.
    implicit: bool,
    data: Data,
    /// What the handshake told of the client.
    client: Handshake,
}

/// The data connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Data {
    /// PBSZ was not said, which PROT has to follow.
    #[default]
    Unset,
    Clear,
    Private,
}

/// The control connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Control {
    #[default]
    Clear,
    Secured,
    /// Clear again, by CCC: the data connections stay as they were set.
    Cleared,
}

/// TLS begins, or ends, on the control connection.
#[derive(Debug)]
pub(super) enum Change {
    /// The reply is on its way, in the clear.
    Due,
    /// The handshake is the host's.
    Handshake { op: OpId },
    /// The reply is on its way, under TLS, which then ends.
    EndDue,
}

impl Security {
    pub(super) fn implicit() -> Self {
        Self { implicit: true, ..Self::default() }
    }

    pub(super) fn is_secured(&self) -> bool {
        self.control == Control::Secured
    }

    /// Is the peer one that only TLS may be spoken to, and it does not stand yet?
    pub(super) fn is_mute(&self) -> bool {
        self.implicit && self.control == Control::Clear
    }

    /// Has the client shown a certificate on this connection, and can nobody else have said what it says?
    pub(super) fn is_certified(&self) -> bool {
        self.is_secured() && self.client.certified
    }

    /// The name that the client's TLS asked for.
    pub(super) fn server_name(&self) -> Option<&str> {
        self.client.server_name.as_deref().filter(|_| self.is_secured())
    }

    /// All of it begins anew, with the control connection as it is.
    fn reset(&mut self, control: Control, client: Handshake) {
        let implied = self.implicit && control == Control::Secured;
        let data = if implied { Data::Private } else { Data::Unset };
        *self = Self { control, implicit: self.implicit, data, client };
    }
}

impl ServerSession {
    /// AUTH. RFC 4217 4: the user has to log in anew, and all parameters are reset. 504 to SSL, which would protect the data
    /// connections at once, and to TLS-P: both stand in drafts only.
    pub(super) fn authenticate(&mut self, mechanism: &[u8]) {
        if self.security.is_secured() {
            return self.answer(Verb::Auth, 503, &b"TLS is on already."[..]);
        }
        if !["TLS", "TLS-C"].iter().any(|name| mechanism.eq_ignore_ascii_case(name.as_bytes())) {
            return self.answer(Verb::Auth, 504, &b"Only AUTH TLS is served."[..]);
        }
        self.log_out();
        self.answer(Verb::Auth, 234, &b"Begin TLS now."[..]);
        self.await_handshake();
    }

    pub(super) fn await_handshake(&mut self) {
        let until = self.now + self.config.handshake_timeout;
        self.pending = Pending::Tls { change: Change::Due, until };
    }

    /// Everything written has left: what waited for that comes now.
    pub(super) fn change_security(&mut self) {
        let Pending::Tls { change, .. } = &mut self.pending else { return };
        match change {
            Change::Due => {
                let op = self.new_op();
                if let Pending::Tls { change, .. } = &mut self.pending {
                    *change = Change::Handshake { op };
                }
                self.act(Action::StartTls { op });
            }
            Change::EndDue => {
                self.pending = Pending::None;
                self.act(Action::StopTls);
                self.go_on();
            }
            Change::Handshake { .. } => {}
        }
    }

    /// The handshake is over. One that failed leaves the connection in a state that nobody knows (RFC 4217 10.1).
    pub(super) fn tls_started(&mut self, result: Result<Handshake, TlsError>) {
        let Ok(client) = result else { return self.drop_connection() };
        let greets = self.security.is_mute();
        self.security.reset(Control::Secured, client);
        self.follow_server_name();
        if greets {
            self.greet();
        }
    }

    /// PBSZ. TLS has no blocks, so the size is 0, whatever was asked for (RFC 4217 9).
    pub(super) fn set_block_size(&mut self) {
        if !self.security.is_secured() {
            return self.answer(Verb::Pbsz, 503, &b"Send AUTH TLS first."[..]);
        }
        if self.security.data == Data::Unset {
            self.security.data = Data::Clear;
        }
        self.answer(Verb::Pbsz, 200, &b"PBSZ=0"[..]);
    }

    pub(super) fn set_protection(&mut self, level: &[u8]) {
        let before = self.security.data;
        self.choose_protection(level);
        if self.security.data != before {
            self.drop_kept();
        }
    }

    fn choose_protection(&mut self, level: &[u8]) {
        if !self.security.is_secured() {
            return self.answer(Verb::Prot, 503, &b"Send AUTH TLS first."[..]);
        }
        if self.security.data == Data::Unset {
            return self.answer(Verb::Prot, 503, &b"Send PBSZ first."[..]);
        }
        match level {
            b"P" | b"p" => {
                self.security.data = Data::Private;
                self.answer(Verb::Prot, 200, &b"Data connections are private."[..]);
            }
            b"C" | b"c" if self.config.tls >= TlsPolicy::RequireData => {
                self.answer(Verb::Prot, 534, &b"Data connections have to be private."[..]);
            }
            b"C" | b"c" => {
                self.security.data = Data::Clear;
                self.answer(Verb::Prot, 200, &b"Data connections are in the clear."[..]);
            }
            b"S" | b"s" | b"E" | b"e" => {
                self.answer(Verb::Prot, 536, &b"TLS has the levels C and P only."[..]);
            }
            _ => self.answer(Verb::Prot, 504, &b"There are the levels C and P."[..]),
        }
    }

    /// CCC (RFC 4217 5). PBSZ, PROT and USER under a policy are refused after it, since anybody on the way could say them.
    pub(super) fn clear_control(&mut self) {
        if !self.security.is_secured() {
            return self.answer(Verb::Ccc, 533, &b"The control connection is clear already."[..]);
        }
        if self.security.implicit || !self.config.clear_control || !self.login.is_in() {
            return self.answer(Verb::Ccc, 534, &b"The control connection stays protected."[..]);
        }
        self.answer(Verb::Ccc, 200, &b"TLS ends on the control connection."[..]);
        self.security.control = Control::Cleared;
        self.end_tls();
    }

    /// REIN: the reply to it is the last thing under TLS (RFC 4217 13).
    pub(super) fn reset_security(&mut self) {
        if self.security.implicit {
            let client = core::mem::take(&mut self.security.client);
            self.security.reset(Control::Secured, client);
            self.follow_server_name();
        } else {
            let secured = self.security.is_secured();
            self.security.reset(Control::Clear, Handshake::default());
            if secured {
                self.end_tls();
            }
        }
    }

    fn end_tls(&mut self) {
        self.pending = Pending::Tls { change: Change::EndDue, until: self.now + self.config.handshake_timeout };
    }

    /// May a user name not come without TLS? Then that has been said, and the connection stays.
    pub(super) fn refuses_clear_login(&mut self) -> bool {
        let refuses = self.config.tls >= TlsPolicy::RequireLogin && !self.security.is_secured();
        if refuses {
            self.answer(Verb::User, 534, &b"Send AUTH TLS first: passwords are not taken in the clear."[..]);
        }
        refuses
    }

    /// RFC 4217 10.2: before any 1xx, and whatever PORT or PASV have set up stays.
    pub(super) fn refuses_clear_data(&mut self, verb: Verb) -> bool {
        let refuses = self.config.tls >= TlsPolicy::RequireData && self.security.data != Data::Private;
        if refuses {
            self.answer(verb, 521, &b"Data connections have to be private: send PBSZ 0 and PROT P."[..]);
        }
        refuses
    }

    /// The TLS of a data connection did not come to be.
    pub(super) fn refuse_handshake(&mut self, verb: Verb, text: &'static str) {
        let code = if self.config.handshake_refused_425 { 425 } else { 522 };
        self.answer(verb, code, text.as_bytes());
    }

    /// How the next data connection is to be made.
    pub(super) fn protection(&self) -> Protection {
        match self.security.data {
            Data::Private => Protection::Private(self.config.data_resumption),
            Data::Unset | Data::Clear => Protection::Clear,
        }
    }
}

impl Change {
    pub(super) const fn op(&self) -> Option<OpId> {
        match self {
            Self::Handshake { op } => Some(*op),
            Self::Due | Self::EndDue => None,
        }
    }
}
