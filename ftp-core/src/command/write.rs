//! Writing a command.

use super::Command;
use alloc::vec::Vec;

impl Command<'_> {
    /// Appends the command line to `out`, without line end and before the Telnet layer (see
    /// [`write_line`](crate::line::write_line)).
    pub fn write(&self, _out: &mut Vec<u8>) {}
}
