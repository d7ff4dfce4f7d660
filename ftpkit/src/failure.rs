//! [`Failure`]: what went wrong, with what, why, and what to do about it, in the words that a person reads.
//!
//! What a server's refusal or a broken connection means is decided in `refusal`.

use crate::exit::Exit;
use std::fmt;

/// The end of a command that did not succeed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    what: Box<str>,
    why: Box<str>,
    /// What the user can do about it, at the command line.
    pub(crate) remedy: Option<String>,
    /// The same at the prompt of the interactive client, where it is something else.
    at_prompt: Option<&'static str>,
    /// What is to be expected of another attempt.
    pub(crate) nature: Nature,
}

/// What is to be expected of another attempt at what failed, or of the next thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It will fail again; other things need not.
    Plain,
    /// It may be gone in a while: the server is full or busy.
    Passing,
    /// Nothing else will succeed either: there is no room left.
    Final,
}

impl Failure {
    /// `what` names the deed and its object ("cannot read notes.txt"), `why` the reason.
    pub(crate) fn new(exit: Exit, what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            exit,
            what: what.into().into(),
            why: why.to_string().into(),
            remedy: None,
            at_prompt: None,
            nature: Nature::Plain,
        }
    }

    /// The reason alone.
    pub(crate) fn why(&self) -> &str {
        &self.why
    }

    /// Adds what the user can do about it.
    pub(crate) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), at_prompt: None, ..self }
    }

    /// Whoever types commands can do this instead: options are nothing to him.
    pub(crate) fn or_at_prompt(self, remedy: &'static str) -> Self {
        Self { at_prompt: Some(remedy), ..self }
    }

    /// What the user can do about it, at the command line or at a prompt.
    pub(crate) fn remedy(&self, prompt: bool) -> Option<&str> {
        self.at_prompt.filter(|_| prompt).or(self.remedy.as_deref())
    }

    /// What can be done about it is what can be done at the prompt, whoever says it.
    pub(crate) fn of_the_prompt(self) -> Self {
        Self { remedy: self.remedy(true).map(str::to_owned), ..self }
    }

    /// It may be gone by itself in a while.
    pub(crate) fn that_passes(self) -> Self {
        Self { nature: Nature::Passing, ..self }
    }

    /// Nothing will succeed after it.
    pub(crate) fn that_ends_all(self) -> Self {
        Self { nature: Nature::Final, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}
