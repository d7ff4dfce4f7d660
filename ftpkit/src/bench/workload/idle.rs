//! `idle`: how many logged-in sessions a server holds, what they cost it, and whether others can still log in meanwhile.

use super::super::connection::Connection;
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::super::statistics::Summary;
use super::Subject;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Logins while the others idle.
const LOGINS: usize = 20;

/// What the server still has to do when the last session was opened is done after this time.
const SETTLING: Duration = Duration::from_millis(500);

pub(super) fn run(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let sessions = open(subject, options)?;
    std::thread::sleep(SETTLING);
    let full = subject.tree.and_then(super::Tree::pss);
    let before = subject.tree.and_then(super::Tree::cpu);
    let began = Instant::now();
    std::thread::sleep(options.duration);
    let idled = began.elapsed();
    let after = subject.tree.and_then(super::Tree::cpu);

    let mut figures = vec![Figure::gain("", "sessions", sessions.len() as f64)];
    if let (Some(empty), Some(full)) = (subject.fresh, full) {
        let each = full.saturating_sub(empty) as f64 / sessions.len().max(1) as f64;
        figures.push(Figure::cost("memory", "KiB/session", each));
    }
    if let (Some(before), Some(after)) = (before, after) {
        let share = after.saturating_sub(before).as_secs_f64() / idled.as_secs_f64();
        figures.push(Figure::cost("CPU", "ms/s", share * 1000.0));
    }
    figures.extend(latency(subject, options)?);
    Ok(figures)
}

/// Opens sessions until the server refuses, or there is one more than enough. The last is closed again, so that there is room
/// for the logins that are to be timed. Only their sockets are kept.
fn open(subject: &Subject, options: &BenchOptions) -> Result<Vec<Arc<TcpStream>>, Fault> {
    let mut sessions = Vec::with_capacity(options.sessions + 1);
    while sessions.len() <= options.sessions {
        match Connection::login(subject, options.timeout).map(|session| Arc::clone(session.socket())) {
            Ok(session) => sessions.push(session),
            Err(fault) if sessions.is_empty() => return Err(fault),
            Err(_) => break,
        }
    }
    sessions.pop();
    Ok(sessions)
}

/// The server's memory in KiB, when it has had a session: the first may bring it to load what all share.
pub(super) fn memory(subject: &Subject, options: &BenchOptions) -> Option<u64> {
    drop(Connection::login(subject, options.timeout).ok()?);
    std::thread::sleep(SETTLING);
    subject.tree?.pss()
}

fn latency(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let mut times = Vec::with_capacity(LOGINS);
    for _ in 0..LOGINS {
        let began = Instant::now();
        let mut session = Connection::login(subject, options.timeout)?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        session.demand("QUIT", b"")?;
    }
    let Some(summary) = Summary::of(&times) else { return Ok(Vec::new()) };
    Ok(vec![Figure::cost("login", "ms", summary.median), Figure::cost("slowest login", "ms", summary.max)])
}
