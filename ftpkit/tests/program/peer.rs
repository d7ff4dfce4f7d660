//! A server that answers as a script has it, for what our own would never say.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What a server waits at until the test lets it go on.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Waits until it is open.
    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_while(open, |open| !*open).unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets all go on that wait there, and all that come.
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }
}

/// Where such a server listens. Its threads end with the test.
pub(crate) struct Peer {
    port: u16,
}

/// What a script answers with.
pub(crate) struct Exchange<'a> {
    /// The command, in capitals, without what Telnet puts before it (RFC 959 4.1.3).
    pub(crate) verb: &'a str,
    /// The whole line.
    pub(crate) line: &'a str,
    /// What the last REST asked for; 0, if it was for a transfer that is over.
    pub(crate) restart: usize,
    /// Where replies go that come before the last one.
    pub(crate) out: &'a mut TcpStream,
    /// Where EPSV sends the client.
    pub(crate) data: &'a TcpListener,
}

impl Exchange<'_> {
    /// Answers 150 and sends these bytes over the data connection.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(b"150 Here it comes\r\n")?;
        self.data.accept()?.0.write_all(bytes)
    }
}

impl Peer {
    /// Each command is put to `answer`; where that gives nothing, the answer is the usual one: logins succeed, EPSV and QUIT are served,
    /// and everything else is 502. An empty answer is no answer.
    pub(crate) fn start(
        answer: impl Fn(&mut Exchange) -> io::Result<Option<String>> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let control = TcpListener::bind("127.0.0.1:0")?;
        let port = control.local_addr()?.port();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            while let Ok((stream, _)) = control.accept() {
                let answer = Arc::clone(&answer);
                // A client that leaves ends it.
                thread::spawn(move || converse(stream, answer.as_ref()));
            }
        });
        Ok(Self { port })
    }

    /// One with 20 files that lets one user in and turns away the others with these words; and how many have asked.
    pub(crate) fn for_one_user(words: &str) -> io::Result<(Self, Arc<AtomicUsize>)> {
        let logins = Arc::new(AtomicUsize::new(0));
        let (counted, words) = (Arc::clone(&logins), words.to_owned());
        let peer = Self::start(move |exchange| {
            Ok(Some(match exchange.verb {
                "USER" if counted.fetch_add(1, Ordering::SeqCst) > 0 => words.clone(),
                "FEAT" => "211-Extensions\r\n MLST type*;size*;modify*;\r\n211 End".into(),
                "MLSD" => {
                    let line = |number| format!("type=file;size=5;modify=20240101000000; f{number}\r\n");
                    exchange.send((0..20).map(line).collect::<String>().as_bytes())?;
                    "226 Done".into()
                }
                "RETR" => {
                    exchange.send(b"hello")?;
                    "226 Done".into()
                }
                _ => return Ok(None),
            }))
        })?;
        Ok((peer, logins))
    }

    /// The URL of `path` there.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://127.0.0.1:{}/{path}", self.port)
    }
}

fn converse(stream: TcpStream, answer: &impl Fn(&mut Exchange) -> io::Result<Option<String>>) -> io::Result<()> {
    let mut out = stream.try_clone()?;
    let data = TcpListener::bind("127.0.0.1:0")?;
    let port = data.local_addr()?.port();
    let mut restart = 0;
    out.write_all(b"220 Hello\r\n")?;
    for line in BufReader::new(stream).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        let line = line.trim_start_matches(|sign: char| !sign.is_ascii_alphabetic()).trim_end();
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        if verb == "REST" {
            restart = line.split(' ').nth(1).and_then(|offset| offset.parse().ok()).unwrap_or(0);
        }
        let said = answer(&mut Exchange { verb: &verb, line, restart, out: &mut out, data: &data })?;
        restart = if matches!(verb.as_str(), "RETR" | "STOR") { 0 } else { restart };
        let reply = said.unwrap_or_else(|| match verb.as_str() {
            "USER" => "331 Password".to_owned(),
            "PASS" => "230 Welcome".to_owned(),
            "TYPE" => "200 Fine".to_owned(),
            "EPSV" => format!("229 Passive (|||{port}|)"),
            "QUIT" => "221 Bye".to_owned(),
            _ => "502 No".to_owned(),
        });
        if !reply.is_empty() {
            out.write_all(format!("{reply}\r\n").as_bytes())?;
        }
    }
    Ok(())
}
