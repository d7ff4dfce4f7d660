//! What is this runtime's own: an executor of the caller's, work that hangs away from it, and that nobody spins.

use adapter_smol::{Client, ClientOptions, End, Running, Server, serve};
use ftp_core::action::{Credentials, LoginError};
use ftp_core::client::{Outcome, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use ftp_host::accounts::{Account, Accounts, FixedAccounts};
use ftp_host::host::Host;
use ftp_host::pump::{Memory as Room, Sink};
use ftp_host::storage::{Memory, Source};
use smol::Executor;
use smol::future::poll_fn;
use socket2::SockRef;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Something that has not happened for so long does not happen any more.
const LIMIT: Duration = Duration::from_secs(20);

/// More than the sockets of a data connection hold.
const LARGE: usize = 64 << 20;

fn storage() -> Memory {
    let memory = Memory::new();
    memory.put(&VirtualPath::parse(b"/large").unwrap(), &vec![7; LARGE], WallTime::default()).unwrap();
    memory
}

fn host() -> Arc<Host> {
    Arc::new(Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(storage()))))
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// A client's control connection, a line at a time.
struct Peer {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Peer {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut peer = Self { lines: BufReader::new(stream.try_clone().unwrap()), stream };
        peer.expect("220");
        peer
    }

    fn log_in(address: SocketAddr, user: &str) -> Self {
        let mut peer = Self::connect(address);
        peer.ask(&format!("USER {user}"), "331");
        peer.ask("PASS secret", "230");
        peer
    }

    fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    fn expect(&mut self, code: &str) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{code} ")), "{line:?}, not {code}");
        line
    }

    fn ask(&mut self, line: &str, code: &str) -> String {
        self.send(line);
        self.expect(code)
    }

    /// A download that stands still, since nobody reads from this connection.
    fn stalled_download(&mut self) -> TcpStream {
        self.ask("TYPE I", "200");
        let reply = self.ask("EPSV", "229");
        let port = reply.split('|').nth(3).unwrap().parse().unwrap();
        let data = TcpStream::connect(SocketAddr::new(self.stream.peer_addr().unwrap().ip(), port)).unwrap();
        self.ask("RETR /large", "150");
        data
    }
}

#[test]
fn server_and_clients_share_an_executor_of_the_callers_on_one_thread() {
    let server = Arc::new(Server::new(vec![listener()], host()).unwrap());
    let executor = Executor::new();
    let ran = {
        let server = Arc::clone(&server);
        executor.spawn(async move { server.run().await })
    };
    let clients: Vec<_> = (0..4)
        .map(|number: u8| {
            let server = Arc::clone(&server);
            executor.spawn(async move { visit(&server, number).await })
        })
        .collect();
    smol::block_on(executor.run(async {
        for client in clients {
            client.await;
        }
        assert!(server.stop(LIMIT).await, "all had left");
        ran.await;
    }));
}

/// Stores a file, and fetches it back.
async fn visit(server: &Server, number: u8) {
    let mut client = Client::connect(server.addresses(), &ClientOptions::default()).await.unwrap();
    let login = Request::Login { user: "ann".into(), password: Secret::new("secret"), account: None };
    client.request(login, &mut ()).await.unwrap();
    assert!(client.features().is_some());

    let (path, content) = (format!("/{number}").into_bytes(), vec![number; 5 << 20]);
    let reader = Box::new(std::io::Cursor::new(content.clone()));
    let source = Source::Stream { reader, remaining: Some(content.len() as u64) };
    let store = Request::Store { path: path.clone(), how: Upload::Replace, codec: Codec::Raw };
    client.transfer(store, End::Source(source), &mut ()).await.unwrap();

    let room = Room::new(content.len());
    let retrieve = Request::Retrieve { path, offset: 0, codec: Codec::Raw };
    let fetched = client.transfer(retrieve, End::Sink(Sink::Writer(Box::new(room.clone()))), &mut ()).await;
    assert!(matches!(fetched, Ok(Outcome::Transferred { bytes, .. }) if bytes == content.len() as u64), "{fetched:?}");
    assert!(room.take() == content, "what comes back is what was stored");

    let entries = client.request(Request::List(None), &mut ()).await;
    assert!(matches!(entries, Ok(Outcome::Entries(entries)) if entries.len() >= 2));
    client.request(Request::Quit, &mut ()).await.unwrap();
}

#[test]
fn dropping_a_server_ends_its_sessions() {
    let server = Server::new(vec![listener()], host()).unwrap();
    let address = server.addresses()[0];
    let (greeted, greetings) = smol::channel::bounded(1);
    let visitor = thread::spawn(move || {
        let mut peer = Peer::log_in(address, "ann");
        greeted.send_blocking(()).unwrap();
        let mut line = String::new();
        peer.lines.read_line(&mut line).unwrap_or(0)
    });
    smol::block_on(smol::future::or(server.run(), async { greetings.recv().await.unwrap() }));
    drop(server);
    assert_eq!(visitor.join().unwrap(), 0, "the connection is closed");
}

/// Accounts whose password check hangs for some users, until it is let go.
struct Hanging {
    accounts: FixedAccounts,
    open: Arc<(Mutex<bool>, Condvar)>,
}

impl Accounts for Hanging {
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        if credentials.user.starts_with(b"slow") {
            let open = self.open.0.lock().unwrap();
            drop(self.open.1.wait_while(open, |open| !*open).unwrap());
        }
        self.accounts.verify(credentials)
    }
}

/// A server whose logins hang for `slow`, and what lets them go.
fn hanging() -> (Running, Arc<(Mutex<bool>, Condvar)>) {
    let open = Arc::new((Mutex::new(false), Condvar::new()));
    let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(storage()));
    let host = Host::new(Hanging { accounts, open: Arc::clone(&open) });
    (serve(vec![listener()], Arc::new(host)).unwrap(), open)
}

// One test, since the places for logins are the process's: two such tests would wait for each other.
#[test]
fn logins_that_hang_hold_up_neither_files_nor_a_stop() {
    let (server, open) = hanging();
    let address = server.addresses()[0];
    let mut ann = Peer::log_in(address, "ann");
    // More than there is room for, of logins and of everything else.
    let mut slow: Vec<Peer> = (0..100).map(|_| Peer::connect(address)).collect();
    for peer in &mut slow {
        peer.ask("USER slow", "331");
        peer.send("PASS secret");
    }
    ann.ask("SIZE /large", "550");
    ann.ask("TYPE I", "200");
    ann.ask("SIZE /large", "213");
    ann.ask("MKD /new", "257");

    assert!(!server.stop(Duration::ZERO), "they are sent away while their logins still hang");
    for mut peer in slow {
        peer.expect("421");
    }
    *open.0.lock().unwrap() = true;
    open.1.notify_all();
}

/// The turns of the executor while `ann` asks 200 times.
fn turns(polls: &AtomicUsize, ann: &mut Peer) -> usize {
    let before = polls.load(Ordering::SeqCst);
    for _ in 0..200 {
        ann.ask("NOOP", "200");
    }
    polls.load(Ordering::SeqCst) - before
}

#[test]
fn a_peer_that_closes_half_or_breaks_off_behind_a_held_command_spins_nobody() {
    let server = Arc::new(Server::new(vec![listener()], host()).unwrap());
    let polls = Arc::new(AtomicUsize::new(0));
    let runner = {
        let (server, polls) = (Arc::clone(&server), Arc::clone(&polls));
        thread::spawn(move || {
            let mut run = pin!(server.run());
            smol::block_on(poll_fn(|context| {
                polls.fetch_add(1, Ordering::SeqCst);
                run.as_mut().poll(context)
            }));
        })
    };
    let address = server.addresses()[0];
    let mut ann = Peer::log_in(address, "ann");
    let usual = turns(&polls, &mut ann);

    let mut data = Vec::new();
    let mut half = Vec::new();
    for broken in [false, true] {
        let mut peer = Peer::log_in(address, "ann");
        data.push(peer.stalled_download());
        for _ in 0..20 {
            peer.send("NOOP");
        }
        if broken {
            SockRef::from(&peer.stream).set_linger(Some(Duration::ZERO)).unwrap();
        } else {
            peer.stream.shutdown(Shutdown::Write).unwrap();
            half.push(peer);
        }
    }
    let now = turns(&polls, &mut ann);
    assert!(now <= usual * 2 + 100, "{now} turns instead of {usual}");

    smol::block_on(server.stop(Duration::ZERO));
    runner.join().unwrap();
}
