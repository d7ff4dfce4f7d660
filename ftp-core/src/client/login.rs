//! Login: USER, PASS and ACCT as the server asks for them (RFC 959 5.4), then what is worth knowing about the server.

use super::action::{ClientError, Outcome};
use super::features::Features;
use super::link::Link;
use super::secure::{Next, Step};
use super::task::Flow;
use crate::command::{Command, Verb};
use crate::reply::{Class, Reply};
use crate::secret::Secret;
use alloc::vec::Vec;

/// As clients before RFC 2640 had it, and as servers still know it.
const UTF8_ON: Command<'static> = Command::Opts { name: b"UTF8", options: Some(b"ON") };

pub(super) struct Login {
    user: Vec<u8>,
    password: Secret,
    account: Option<Secret>,
    stage: Stage,
}

/// What was sent last.
enum Stage {
    /// On the way to TLS, which comes first.
    Secure(Step),
    User,
    Pass,
    Acct,
    Feat {
        welcome: Reply,
    },
    Utf8 {
        welcome: Reply,
    },
    Clnt {
        welcome: Reply,
    },
    Utf8Again {
        welcome: Reply,
    },
}

impl Stage {
    fn user(link: &mut Link, user: &[u8]) -> Self {
        link.send(&Command::User(user));
        Self::User
    }
}

impl Login {
    pub(super) fn begin(link: &mut Link, user: &[u8], password: Secret, account: Option<Secret>) -> Self {
        let stage = match Step::first(link) {
            Some(step) => Stage::Secure(step),
            None => Stage::user(link, user),
        };
        Self { user: user.to_vec(), password, account, stage }
    }

    /// TLS has begun on the control connection.
    pub(super) fn secured(&mut self, link: &mut Link) {
        self.stage = Stage::Secure(Step::secured(link));
    }

    pub(super) fn reply(&mut self, link: &mut Link, reply: Reply) -> Flow {
        let class = reply.code().class();
        if class == Class::Preliminary {
            return Flow::Going;
        }
        link.active.replied(link.now.since(link.asked));
        if let Stage::Secure(step) = self.stage {
            self.stage = match step.reply(link, reply) {
                Next::Step(step) => Stage::Secure(step),
                Next::Login => Stage::user(link, &self.user),
                Next::End(flow) => return flow,
            };
            return Flow::Going;
        }
        match (&self.stage, class) {
            (Stage::Secure(_), _) => {}
            // 230 after USER says that no password is wanted; 202 after PASS or ACCT that it was superfluous.
            (Stage::User | Stage::Pass | Stage::Acct, Class::Completion) => {
                // The server may have reset them for the new user.
                link.kind = None;
                link.form.doubt();
                link.kept = false;
                link.features = Features::default();
                link.digest = None;
                link.send(&Command::Feat);
                self.stage = Stage::Feat { welcome: reply };
            }
            (Stage::User | Stage::Pass, Class::Intermediate) if reply.code().number() == 332 => match &self.account {
                Some(account) => {
                    link.send(&Command::Acct(account.expose()));
                    self.stage = Stage::Acct;
                }
                None => return Flow::Done(Err(ClientError::AccountNeeded(reply))),
            },
            (Stage::User, Class::Intermediate) => {
                link.send(&Command::Pass(self.password.expose()));
                self.stage = Stage::Pass;
            }
            (Stage::User | Stage::Pass | Stage::Acct, _) => return Flow::Done(Err(ClientError::LoginRefused(reply))),
            (Stage::Feat { welcome }, _) => {
                if class == Class::Completion {
                    link.features = Features::read(&reply);
                }
                let welcome = welcome.clone();
                if !link.features.utf8() {
                    return Flow::Done(Ok(Outcome::Reply(welcome)));
                }
                link.send(&UTF8_ON);
                self.stage = Stage::Utf8 { welcome };
            }
            // Some want to know who asks.
            (Stage::Utf8 { welcome }, Class::Permanent) if link.features.has("CLNT") => {
                let welcome = welcome.clone();
                link.send_words(Verb::Clnt, &[b"ftpkit"]);
                self.stage = Stage::Clnt { welcome };
            }
            (Stage::Clnt { welcome }, Class::Completion) => {
                let welcome = welcome.clone();
                link.send(&UTF8_ON);
                self.stage = Stage::Utf8Again { welcome };
            }
            // RFC 2640 makes UTF-8 the default: servers that know no such option are right as well.
            (Stage::Utf8 { welcome } | Stage::Clnt { welcome } | Stage::Utf8Again { welcome }, _) => {
                return Flow::Done(Ok(Outcome::Reply(welcome.clone())));
            }
        }
        Flow::Going
    }
}
