//! A relay between client and server that hears the commands.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A connection that does not end in this time after its client has does not end.
const LIMIT: Duration = Duration::from_secs(20);

/// Relays control and passive data connections to a server on this machine.
pub(crate) struct Relay {
    port: u16,
    heard: Arc<Heard>,
}

/// What was heard.
#[derive(Default)]
struct Heard {
    connections: Mutex<Vec<Connection>>,
    /// Somebody has closed one.
    closed: Condvar,
}

/// What was heard on a control connection.
#[derive(Default)]
struct Connection {
    commands: Vec<String>,
    /// Who has closed it: the client, the server, or both.
    closed_by: usize,
}

impl Heard {
    fn connections(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, number: usize) {
        self.connections()[number].closed_by += 1;
        self.closed.notify_all();
    }
}

impl Relay {
    /// In front of the server on this port. Its threads end with the test.
    pub(crate) fn before(server: u16) -> io::Result<Self> {
        Self::at(server, None)
    }

    /// The same on a long way, before a server that calls itself so: each reply takes this time.
    pub(crate) fn far(server: u16, delay: Duration, name: &'static str) -> io::Result<Self> {
        Self::at(server, Some((delay, name)))
    }

    fn at(server: u16, far: Option<(Duration, &'static str)>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Self { port: listener.local_addr()?.port(), heard: Arc::default() };
        let heard = Arc::clone(&relay.heard);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                // Without a server the client sees its connection end.
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let _ = control(client, server, &heard, far);
            }
        });
        Ok(relay)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The commands since the last call: those of each connection in their order.
    pub(crate) fn take_commands(&self) -> Vec<Vec<String>> {
        let mut connections = self.heard.connections();
        let commands = connections.iter_mut().map(|connection| std::mem::take(&mut connection.commands));
        commands.filter(|commands| !commands.is_empty()).collect()
    }

    /// Waits until everything has been heard that clients said who are gone by now, and the server is through with it. Nobody else may be there.
    pub(crate) fn hear_the_gone(&self) {
        let connections = self.heard.connections();
        let open = |all: &mut Vec<Connection>| all.iter().any(|connection| connection.closed_by < 2);
        let waited = self.heard.closed.wait_timeout_while(connections, LIMIT, open);
        assert!(!waited.unwrap_or_else(PoisonError::into_inner).1.timed_out(), "a client is still there");
    }
}

fn control(
    client: TcpStream,
    server: TcpStream,
    heard: &Arc<Heard>,
    far: Option<(Duration, &'static str)>,
) -> io::Result<()> {
    let (mut to_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let number = {
        let mut connections = heard.connections();
        connections.push(Connection::default());
        connections.len() - 1
    };
    let (heard, answered) = (Arc::clone(heard), Arc::clone(heard));
    thread::spawn(move || {
        let mut lines = BufReader::new(client);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            heard.connections()[number].commands.push(command);
            if to_server.write_all(&line).is_err() {
                break;
            }
            line.clear();
        }
        let _ = to_server.shutdown(Shutdown::Write);
        heard.close(number);
    });
    thread::spawn(move || {
        let mut lines = BufReader::new(server);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
            if let Some(port) = line.strip_prefix("229 ").and_then(|line| line.split('|').nth(3)?.parse().ok())
                && let Ok(here) = data(port)
            {
                line = format!("229 Relayed (|||{here}|)\r\n");
            }
            if let Some((delay, name)) = far {
                if line.starts_with("220 ") {
                    line = format!("220 {name}\r\n");
                }
                thread::sleep(delay);
            }
            // The server goes on without a client, for a while.
            let _ = to_client.write_all(line.as_bytes());
            line.clear();
        }
        let _ = to_client.shutdown(Shutdown::Both);
        answered.close(number);
    });
    Ok(())
}

/// Relays one data connection: where it is awaited.
fn data(port: u16) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let here = listener.local_addr()?.port();
    thread::spawn(move || -> io::Result<()> {
        let (client, _) = listener.accept()?;
        let server = TcpStream::connect(("127.0.0.1", port))?;
        let up = (client.try_clone()?, server.try_clone()?);
        let up = thread::spawn(move || pass(up.0, up.1));
        pass(server, client)?;
        up.join().unwrap_or(Ok(()))
    });
    Ok(here)
}

fn pass(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let mut room = [0; 16 << 10];
    loop {
        let read = from.read(&mut room)?;
        if read == 0 {
            return to.shutdown(Shutdown::Write);
        }
        to.write_all(&room[..read])?;
    }
}
