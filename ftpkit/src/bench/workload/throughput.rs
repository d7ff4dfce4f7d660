//! `retr` and `stor`: one large file down or up, in bytes a second, and in CPU time for each GiB.

use super::super::connection::{Connection, command};
use super::super::data::{Source, discard};
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::meter::{Meter, Spent};
use super::{Subject, per_second};

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// Stores the file to be fetched.
pub(super) fn prepare(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    if options.file.is_some() {
        return Ok(());
    }
    let mut connection = Connection::login(subject, options.timeout)?;
    upload(&mut connection, subject, &Source::new()?, options.size)
}

pub(super) fn retrieve(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let name = options.file.clone().unwrap_or_else(|| subject.own("large"));
    let mut connection = Connection::login(subject, options.timeout)?;
    let meter = Meter::start(subject);
    let channel = connection.data(&command("RETR", name.as_bytes()), false)?;
    connection.begun()?;
    let came = discard(channel)?;
    connection.done()?;
    let figures = figures(&meter.stop(), came);
    // Under TLS the server's tickets are among them, and its close_notify.
    let whole = if subject.tls.is_some() { came >= options.size } else { came == options.size };
    if options.file.is_none() && !whole {
        return Err(Fault::Short { expected: options.size, came });
    }
    Ok(figures)
}

pub(super) fn store(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let source = Source::new()?;
    let mut connection = Connection::login(subject, options.timeout)?;
    let meter = Meter::start(subject);
    upload(&mut connection, subject, &source, options.size)?;
    Ok(figures(&meter.stop(), options.size))
}

pub(super) fn finish(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    connection.demand("DELE", subject.own("large").as_bytes()).map(drop)
}

fn upload(connection: &mut Connection, subject: &Subject, source: &Source, size: u64) -> Result<(), Fault> {
    let channel = connection.data(&command("STOR", subject.own("large").as_bytes()), false)?;
    connection.begun()?;
    source.send(channel, size)?;
    connection.done()
}

fn figures(spent: &Spent, bytes: u64) -> Vec<Figure> {
    let mut figures = vec![Figure::gain("", "MiB/s", per_second(bytes, spent.time) / MIB)];
    figures.extend(spent.cpu(bytes.max(1) as f64 / GIB, ("s/GiB", 1.0)));
    figures
}
