//! `logins`: connections with USER, PASS and QUIT, and under TLS its handshake, one at a time and many at once.
//!
//! The many are driven by one thread, so that switching among threads is not what is measured.

use super::super::connection::{Connection, accepted, command};
use super::super::fault::Fault;
use super::super::figure::Figure;
use super::super::options::BenchOptions;
use super::meter::Meter;
use super::{Subject, per_second};
use ftp_core::reply::{Class, Reply};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use std::io::ErrorKind;
use std::time::Instant;

pub(super) fn run(subject: &Subject, options: &BenchOptions) -> Result<Vec<Figure>, Fault> {
    let (one, _) = rate(subject, options, 1)?;
    let (many, cpu) = rate(subject, options, options.connections)?;
    let rates = [Figure::gain("1 connection", "logins/s", one), Figure::gain("many connections", "logins/s", many)];
    Ok(rates.into_iter().chain(cpu).collect())
}

/// Where in its login a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    Auth,
    Handshake,
    User,
    Password,
    Quit,
}

/// One of the connections.
struct Login {
    connection: Connection,
    stage: Stage,
    /// It is to be under TLS.
    secured: bool,
}

/// Logins a second, and the CPU time of each.
fn rate(subject: &Subject, options: &BenchOptions, connections: usize) -> Result<(f64, Vec<Figure>), Fault> {
    let timeout = Timespec::try_from(options.timeout).map_err(|_| Fault::Protocol("a shorter time limit"))?;
    let user = command("USER", subject.user.as_bytes());
    let password = command("PASS", subject.password.expose());
    let watch = epoll::create(CreateFlags::CLOEXEC)?;
    let mut events = Vec::with_capacity(connections);
    let meter = Meter::start(subject);
    let began = Instant::now();
    let begin = |number| Login::begin(subject, options, &watch, number);
    let mut logins = (0..connections).map(begin).collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    while began.elapsed() < options.duration || count == 0 {
        events.clear();
        match epoll::wait(&watch, spare_capacity(&mut events), Some(&timeout)) {
            Ok(0) => return Err(Fault::Io(ErrorKind::TimedOut.into())),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let number = event.data.u64() as usize;
            let Some(login) = logins.get_mut(number) else { continue };
            if login.go_on(&user, &password)? {
                *login = begin(number)?;
                count += 1;
            }
        }
    }
    let spent = meter.stop();
    Ok((per_second(count, spent.time), spent.cpu(count as f64, ("µs/login", 1e6))))
}

impl Login {
    /// Begins to connect. `watch` tells its `number` when there is something to read, until it is dropped.
    fn begin(subject: &Subject, options: &BenchOptions, watch: &OwnedFd, number: usize) -> Result<Self, Fault> {
        let connection = Connection::begin(subject, options.timeout)?;
        epoll::add(watch, connection.socket(), EventData::new_u64(number as u64), EventFlags::IN)?;
        Ok(Self { connection, stage: Stage::Greeting, secured: subject.tls.is_some() })
    }

    /// Reads what came and answers it; true when the login is over.
    fn go_on(&mut self, user: &[u8], password: &[u8]) -> Result<bool, Fault> {
        if self.stage == Stage::Handshake {
            return self.shake_hands(user).map(|()| false);
        }
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

    /// Goes on with the handshake, and behind it with the login.
    fn shake_hands(&mut self, user: &[u8]) -> Result<(), Fault> {
        match self.connection.shake_hands() {
            Err(Fault::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(fault) => Err(fault),
            Ok(()) => {
                self.stage = Stage::User;
                self.connection.send(user)
            }
        }
    }

    fn answer(&mut self, reply: Reply, user: &[u8], password: &[u8]) -> Result<bool, Fault> {
        let (stage, next) = match (self.stage, reply.code().class()) {
            (Stage::Greeting, Class::Completion) if self.secured => (Stage::Auth, &b"AUTH TLS\r\n"[..]),
            (Stage::Auth, Class::Completion) => {
                self.stage = Stage::Handshake;
                self.connection.start_tls()?;
                return self.shake_hands(user).map(|()| false);
            }
            (Stage::Greeting, Class::Completion) => (Stage::User, user),
            (Stage::User, Class::Intermediate) => (Stage::Password, password),
            (Stage::User | Stage::Password, Class::Completion) => (Stage::Quit, &b"QUIT\r\n"[..]),
            (Stage::Quit, _) => return accepted(reply).map(|_| true),
            (Stage::Greeting | Stage::Auth | Stage::Handshake, _) => return Err(Fault::Refused(reply)),
            (Stage::User | Stage::Password, _) => return Err(Fault::Login(reply)),
        };
        self.stage = stage;
        self.connection.send(next)?;
        Ok(false)
    }
}
