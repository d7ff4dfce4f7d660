//! Who is there: USER, PASS, ACCT and REIN (RFC 959 4.1.1), with the cautions of RFC 2577.

use super::digests::Digests;
use super::language::Language;
use super::parameters::Parameters;
use super::session::{Pending, ServerSession};
use crate::action::{Action, Credentials, LoginError};
use crate::command::Verb;
use crate::path::VirtualPath;
use crate::secret::Secret;
use alloc::vec::Vec;

/// How far a login is.
#[derive(Debug)]
pub(super) enum Login {
    /// Nobody has said a name yet.
    Nobody,
    /// A name was given; a password too, where an account is asked for.
    Named { user: Vec<u8>, password: Option<Secret> },
    /// Logged in.
    In { user: Vec<u8> },
}

impl Login {
    pub(super) fn is_in(&self) -> bool {
        matches!(self, Self::In { .. })
    }

    pub(super) fn user(&self) -> Option<&[u8]> {
        match self {
            Self::In { user } => Some(user),
            _ => None,
        }
    }
}

impl ServerSession {
    /// USER. The answer is the same whether the user exists or not (RFC 2577 6). A user may be given at any time, which
    /// begins the login anew (RFC 959 4.1.1).
    pub(super) fn user_given(&mut self, name: &[u8]) {
        if self.refuses_clear_login() {
            return;
        }
        self.log_out();
        self.login = Login::Named { user: name.to_vec(), password: None };
        if self.security.is_certified() {
            let op = self.new_op();
            self.pending = Pending::Login { op, verb: Verb::User };
            self.act(Action::Recognise { op, host: self.host.clone(), user: name.to_vec() });
        } else {
            self.ask_password();
        }
    }

    fn ask_password(&mut self) {
        self.answer(Verb::User, 331, &b"Password required."[..]);
    }

    pub(super) fn password_given(&mut self, password: &[u8]) {
        if let Login::Named { user, password: given } = &mut self.login {
            let (user, password) = (user.clone(), Secret::new(password));
            *given = Some(password.clone());
            let host = self.host.clone();
            self.ask_login(Credentials { host, user, password, account: None });
        }
    }

    /// ACCT, wanted after 332. An account that no one asked for is superfluous: 202.
    pub(super) fn account_given(&mut self, account: &[u8]) {
        let Login::Named { user, password: Some(password) } = &self.login else {
            return self.answer(Verb::Acct, 202, &b"No account is needed."[..]);
        };
        let credentials = Credentials {
            host: self.host.clone(),
            user: user.clone(),
            password: password.clone(),
            account: Some(Secret::new(account)),
        };
        self.ask_login(credentials);
    }

    fn ask_login(&mut self, credentials: Credentials) {
        let op = self.new_op();
        let verb = if credentials.account.is_some() { Verb::Acct } else { Verb::Pass };
        self.pending = Pending::Login { op, verb };
        self.act(Action::Login { op, credentials });
    }

    pub(super) fn login_completed(&mut self, verb: Verb, result: Result<(), LoginError>) {
        match (result, core::mem::replace(&mut self.login, Login::Nobody)) {
            (Ok(()), Login::Named { user, .. }) => {
                self.login = Login::In { user };
                self.failures = 0;
                match verb {
                    // RFC 2228 4, RFC 4217 12.2.
                    Verb::User => self.answer(verb, 232, &b"Logged in by certificate."[..]),
                    _ => self.answer(verb, 230, &b"Logged in."[..]),
                }
            }
            (Err(LoginError::AccountNeeded), named) if verb == Verb::Pass => {
                self.login = named;
                self.answer(verb, 332, &b"Account required."[..]);
            }
            // Not his certificate: he may have a password. Nobody learns whether there is such a user.
            (Err(_), named) if verb == Verb::User => {
                self.login = named;
                self.ask_password();
            }
            (Err(LoginError::Unavailable), _) => self.end("Logins are not possible now."),
            // A refused attempt is never retriable without USER: the password that failed is forgotten.
            _ => self.pending = Pending::Penalty { until: self.now + self.config.failed_login_delay, verb },
        }
    }

    /// The penalty is over: the answer to a failed login (RFC 2577 5).
    pub(super) fn login_refused(&mut self, verb: Verb) {
        self.failures += 1;
        self.answer(verb, 530, &b"Login incorrect."[..]);
        if self.failures >= self.config.login_attempts {
            self.end("Too many failed logins.");
        }
    }

    /// REIN (RFC 959 4.1.1): all is as it was when the connection was made.
    pub(super) fn reinitialize(&mut self) {
        self.log_out();
        self.host = None;
        // RFC 2640 4.1: REIN takes LANG back.
        self.language = Language::default();
        self.login_since = self.now;
        self.answer(Verb::Rein, 220, &b"Ready for a new user."[..]);
        self.reset_security();
    }

    pub(super) fn log_out(&mut self) {
        if self.login.is_in() {
            self.act(Action::CloseData);
            self.act(Action::Logout);
            self.login_since = self.now;
        }
        self.login = Login::Nobody;
        self.directory = VirtualPath::root();
        self.parameters = Parameters::default();
        self.digests = Digests::default();
        self.copy_from = None;
    }
}
