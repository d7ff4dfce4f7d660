//! `small-retr`, `small-stor` and `many-retr`: files of 1 KiB in one session, where what counts is everything but the bytes.

use super::super::connection::{Connection, command};
use super::super::data::{collect, discard, send_bytes};
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::meter::Meter;
use super::{Subject, per_second, put};
use std::time::{Duration, Instant};

const CONTENT: [u8; 1024] = [b'x'; 1024];

/// The most that a file given instead may have.
const SMALL_LIMIT: usize = 1 << 20;

/// How many downloads at the beginning and at the end are compared.
const WINDOW: usize = 1000;

/// Stores the file to be fetched.
pub(super) fn prepare(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    if options.small_file.is_some() {
        return Ok(());
    }
    put(&mut Connection::login(subject, options.timeout)?, &subject.own("small"), &CONTENT)
}

pub(super) fn retrieve(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let request = request(subject, options);
    each_way(subject, options, |connection, _, pipelined| fetch(connection, &request, options, pipelined))
}

pub(super) fn store(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    each_way(subject, options, |connection, number, pipelined| {
        let channel = connection.data(&command("STOR", stored(subject, number).as_bytes()), pipelined)?;
        connection.begun()?;
        send_bytes(channel, &CONTENT)?;
        connection.done()
    })
}

/// The rates at the beginning and at the end of a long row: sockets in `TIME_WAIT` pile up meanwhile.
pub(super) fn many(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    let request = request(subject, options);
    let window = WINDOW.min(options.many.div_ceil(2));
    let mut rate_of = |count: usize| {
        let began = Instant::now();
        (0..count).try_for_each(|_| fetch(&mut connection, &request, options, false))?;
        Ok::<_, Fault>((per_second(count as u64, began.elapsed()), began.elapsed()))
    };
    let (first, time_first) = rate_of(window)?;
    let (_, time_between) = rate_of(options.many.saturating_sub(2 * window))?;
    let (last, time_last) = rate_of(window)?;
    let time: Duration = [time_first, time_between, time_last].iter().sum();
    Ok(vec![
        Figure::gain("", "files/s", per_second(options.many.max(2 * window) as u64, time)),
        Figure::gain("first", "files/s", first),
        Figure::gain("last", "files/s", last),
    ])
}

pub(super) fn finish_retrieve(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    if options.small_file.is_some() {
        return Ok(());
    }
    Connection::login(subject, options.timeout)?.demand("DELE", subject.own("small").as_bytes()).map(drop)
}

pub(super) fn finish_store(subject: &Subject, options: &BenchOptions) -> Result<(), Fault> {
    let mut connection = Connection::login(subject, options.timeout)?;
    (0..options.files).try_for_each(|number| connection.demand("DELE", stored(subject, number).as_bytes()).map(drop))
}

fn stored(subject: &Subject, number: usize) -> String {
    subject.own(&format!("small-{number}"))
}

/// The command that fetches the file.
fn request(subject: &Subject, options: &BenchOptions) -> Vec<u8> {
    let name = options.small_file.clone().unwrap_or_else(|| subject.own("small"));
    command("RETR", name.as_bytes())
}

fn fetch(connection: &mut Connection, request: &[u8], options: &BenchOptions, pipelined: bool) -> Result<(), Fault> {
    let channel = connection.data(request, pipelined)?;
    connection.begun()?;
    // With what comes under TLS are the tickets that the next data connection needs.
    let came = if channel.is_secured() { collect(channel, SMALL_LIMIT)?.len() as u64 } else { discard(channel)? };
    connection.done()?;
    let expected = CONTENT.len() as u64;
    if options.small_file.is_none() && came != expected { Err(Fault::Short { expected, came }) } else { Ok(()) }
}

/// The rate with one command after the other, and with two in one write if that is asked for.
fn each_way(
    subject: &Subject,
    options: &BenchOptions,
    mut one: impl FnMut(&mut Connection, usize, bool) -> Result<(), Fault>,
) -> Result<Vec<Figure>, Fault> {
    let mut figures = Vec::new();
    for (name, pipelined) in [("", false), ("pipelined", true)].into_iter().take(1 + usize::from(options.pipeline)) {
        let mut connection = Connection::login(subject, options.timeout)?;
        let meter = Meter::start(subject);
        (0..options.files).try_for_each(|number| one(&mut connection, number, pipelined))?;
        let spent = meter.stop();
        figures.push(Figure::gain(name, "files/s", per_second(options.files as u64, spent.time)));
        if !pipelined {
            figures.extend(spent.cpu(options.files as f64, ("µs/file", 1e6)));
        }
    }
    Ok(figures)
}
