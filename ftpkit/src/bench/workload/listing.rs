//! `list` and `mlsd`: a large directory.

use super::super::connection::{Connection, accepted, command};
use super::super::data::collect;
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::{Subject, per_second, put};
use ftp_core::reply::Class;
use std::time::Instant;

/// The most that a listing may have. Longer ones show as too short.
const LISTING_LIMIT: usize = 256 << 20;

/// Makes and fills the directory.
pub(super) fn prepare(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    if options.dir.is_some() {
        return Ok(());
    }
    let directory = subject.own("directory");
    let mut connection = Connection::login(subject, options.timeout)?;
    let made = connection.ask("MKD", directory.as_bytes())?;
    // One that was left behind by an interrupted run is filled again.
    connection.demand("CWD", directory.as_bytes()).map_err(|fault| match made.code().class() {
        Class::Completion => fault,
        _ => Fault::Refused(made),
    })?;
    (0..options.entries).try_for_each(|number| put(&mut connection, &entry(number), b""))
}

/// Lists the directory once, after changing into it: how options and names are told apart differs among servers.
pub(super) fn run(verb: &str, subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    let directory = options.dir.clone().unwrap_or_else(|| subject.own("directory"));
    connection.demand("CWD", directory.as_bytes())?;
    let began = Instant::now();
    let channel = connection.data(&command(verb, b""), false)?;
    connection.begun()?;
    let listing = collect(channel, LISTING_LIMIT)?;
    connection.done()?;
    let time = began.elapsed();
    let lines = listing.split_inclusive(|&byte| byte == b'\n').count() as u64;
    let expected = options.entries as u64;
    if options.dir.is_none() && lines < expected {
        return Err(Fault::Short { expected, came: lines });
    }
    Ok(vec![
        Figure::cost("", "ms", time.as_secs_f64() * 1000.0),
        Figure::gain("", "entries/s", per_second(lines, time)),
    ])
}

pub(super) fn finish(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    if options.dir.is_some() {
        return Ok(());
    }
    let mut connection = Connection::login(subject, options.timeout)?;
    let directory = subject.own("directory");
    connection.demand("CWD", directory.as_bytes())?;
    for number in 0..options.entries {
        connection.ask("DELE", entry(number).as_bytes())?;
    }
    connection.demand("CDUP", b"")?;
    accepted(connection.ask("RMD", directory.as_bytes())?).map(drop)
}

fn entry(number: usize) -> String {
    format!("entry-{number:06}.txt")
}
