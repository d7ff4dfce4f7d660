//! `logins`: connections with USER, PASS and QUIT, one at a time and many at once.
//!
//! The many are driven by one thread, so that switching among threads is not what is measured.

use super::super::connection::{Connection, accepted, command};
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::{Subject, per_second};
use ftp_core::reply::{Class, Reply};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::ErrorKind;
use std::time::Instant;

pub(super) fn run(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let one = rate(subject, options, 1)?;
    let many = rate(subject, options, options.connections)?;
    Ok(vec![Figure::gain("1 connection", "logins/s", one), Figure::gain("many connections", "logins/s", many)])
}

/// Where in its login a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    User,
    Password,
    Quit,
}

/// One of the connections.
struct Login {
    connection: Connection,
    stage: Stage,
}

fn rate(subject: &Subject, options: &BenchOptions, connections: usize) -> Result<f64, Fault> {
    let timeout = Timespec::try_from(options.timeout).map_err(|_| Fault::Protocol("a shorter time limit"))?;
    let user = command("USER", subject.user.as_bytes());
    let password = command("PASS", subject.password.expose());
    let began = Instant::now();
    let mut logins = (0..connections).map(|_| Login::begin(subject, options)).collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    while began.elapsed() < options.duration || count == 0 {
        for index in ready(&logins, &timeout)? {
            let Some(login) = logins.get_mut(index) else { continue };
            if login.go_on(&user, &password)? {
                *login = Login::begin(subject, options)?;
                count += 1;
            }
        }
    }
    Ok(per_second(count, began.elapsed()))
}

/// Which of them have something to read; waits for one at least.
fn ready(logins: &[Login], timeout: &Timespec) -> Result<Vec<usize>, Fault> {
    let mut polled: Vec<_> = logins.iter().map(|login| PollFd::new(login.connection.stream(), PollFlags::IN)).collect();
    loop {
        match poll(&mut polled, Some(timeout)) {
            Ok(0) => return Err(Fault::Io(ErrorKind::TimedOut.into())),
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(polled.iter().enumerate().filter(|(_, polled)| !polled.revents().is_empty()).map(|(at, _)| at).collect())
}

impl Login {
    fn begin(subject: &Subject, options: &BenchOptions) -> Result<Self, Fault> {
        Ok(Self { connection: Connection::begin(subject.address, options.timeout)?, stage: Stage::Greeting })
    }

    /// Reads what came and answers it; true when the login is over.
    fn go_on(&mut self, user: &[u8], password: &[u8]) -> Result<bool, Fault> {
        match self.connection.fill() {
            // 221 need not have been read for QUIT to have done its work.
            Err(Fault::Closed) if self.stage == Stage::Quit => return Ok(true),
            Err(Fault::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            // The connection has only now come to be, or has not.
            Err(Fault::Io(error)) if self.stage == Stage::Greeting => return Err(Fault::Connect(error)),
            filled => filled?,
        }
        while let Some(reply) = self.connection.received()? {
            if self.answer(reply, user, password)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn answer(&mut self, reply: Reply, user: &[u8], password: &[u8]) -> Result<bool, Fault> {
        let (stage, next) = match (self.stage, reply.code().class()) {
            (Stage::Greeting, Class::Completion) => (Stage::User, user),
            (Stage::User, Class::Intermediate) => (Stage::Password, password),
            (Stage::User | Stage::Password, Class::Completion) => (Stage::Quit, &b"QUIT\r\n"[..]),
            (Stage::Quit, _) => return accepted(reply).map(|_| true),
            (Stage::Greeting, _) => return Err(Fault::Refused(reply)),
            (Stage::User | Stage::Password, _) => return Err(Fault::Login(reply)),
        };
        self.stage = stage;
        self.connection.send(next)?;
        Ok(false)
    }
}
