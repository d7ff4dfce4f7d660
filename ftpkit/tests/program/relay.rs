//! A relay between client and server that hears the commands.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Relays control and passive data connections to a server on this machine.
pub(crate) struct Relay {
    port: u16,
    commands: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Relay {
    /// In front of the server on this port. Its threads end with the test.
    pub(crate) fn before(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Self { port: listener.local_addr()?.port(), commands: Arc::default() };
        let commands = Arc::clone(&relay.commands);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                // Without a server the client sees its connection end.
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let _ = control(client, server, &commands);
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
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.iter_mut().map(std::mem::take).filter(|heard| !heard.is_empty()).collect()
    }
}

fn control(client: TcpStream, server: TcpStream, commands: &Arc<Mutex<Vec<Vec<String>>>>) -> io::Result<()> {
    let number = {
        let mut commands = commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.push(Vec::new());
        commands.len() - 1
    };
    let (mut to_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let commands = Arc::clone(commands);
    thread::spawn(move || {
        let mut lines = BufReader::new(client);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let heard = String::from_utf8_lossy(&line).trim_end().to_owned();
            commands.lock().unwrap_or_else(PoisonError::into_inner)[number].push(heard);
            if to_server.write_all(&line).is_err() {
                break;
            }
            line.clear();
        }
        let _ = to_server.shutdown(Shutdown::Write);
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
            if to_client.write_all(line.as_bytes()).is_err() {
                break;
            }
            line.clear();
        }
        let _ = to_client.shutdown(Shutdown::Both);
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
