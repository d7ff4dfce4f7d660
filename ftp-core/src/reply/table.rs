//! Which replies each command may get, as data: RFC 959 5.4, and what later RFCs add.

use super::Code;
use crate::command::Verb;

/// May a server answer this command with this code? `None` stands for the greeting and for what comes unasked.
pub fn permits(_verb: Option<Verb>, _code: Code) -> bool {
    false
}
