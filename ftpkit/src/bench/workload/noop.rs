//! `noop` and `noop-pipelined`: what a command costs that does nothing.

use super::super::connection::{Connection, accepted};
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::{Subject, per_second};
use std::time::Instant;

const NOOP: &[u8] = b"NOOP\r\n";

/// Commands that wait for their reply at once.
const IN_FLIGHT: usize = 100;

pub(super) fn one_by_one(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    let mut count = 0;
    let began = Instant::now();
    while began.elapsed() < options.duration {
        connection.send(NOOP)?;
        accepted(connection.reply()?)?;
        count += 1;
    }
    Ok(vec![Figure::gain("", "round trips/s", per_second(count, began.elapsed()))])
}

pub(super) fn pipelined(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    let commands = NOOP.repeat(IN_FLIGHT);
    let mut count = 0;
    let began = Instant::now();
    connection.send(&commands)?;
    loop {
        connection.fill()?;
        let mut replies = 0;
        while let Some(reply) = connection.received()? {
            accepted(reply)?;
            replies += 1;
        }
        count += replies as u64;
        if began.elapsed() >= options.duration {
            return Ok(vec![Figure::gain("", "commands/s", per_second(count, began.elapsed()))]);
        }
        // As many again as were answered.
        connection.send(commands.get(..replies * NOOP.len()).unwrap_or(&commands))?;
    }
}
