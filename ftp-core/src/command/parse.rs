//! Reading a command: the grammar of RFC 959 5.3 and of the RFCs after it.

use super::{Command, Verb};

/// A line that is no command that can be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The command, where its name is known.
    pub verb: Option<Verb>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nobody knows this command: 500.
    Unknown,
    /// The argument is missing: 501.
    Missing,
    /// An argument was given to a command that takes none: 501.
    Unexpected,
    /// The argument cannot be read, or is not one that the RFC knows: 501. The text says what was expected.
    Syntax(&'static str),
}

impl<'a> Command<'a> {
    /// Reads one line, without its line end and with the Telnet layer already taken off.
    ///
    /// # Errors
    /// [`ParseError`], with the verb if that much could be read.
    pub fn parse(_line: &'a [u8]) -> Result<Self, ParseError> {
        Err(ParseError { verb: None, problem: Problem::Unknown })
    }
}
