//! A loop that the caller owns: many clients on one, and a server whose turns are counted.

use adapter_mio::{Audience, ClientId, ClientOptions, Clients, End, EventLoop, Watch, serve};
use ftp_core::client::{ClientError, Outcome, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::storage::{Memory, Source};
use std::error::Error;
use std::io::{Cursor, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

type Tested = Result<(), Box<dyn Error>>;

/// More than the sockets of a connection hold.
const LARGE: usize = 64 << 20;

fn host(storage: Memory) -> Arc<Host> {
    Arc::new(Host::new(FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(storage))))
}

/// Logs in, uploads a file, and says goodbye, each step when the one before is done.
#[derive(Default)]
struct Steps {
    done: Vec<(ClientId, Result<Outcome, ClientError>)>,
    nobody: (),
}

impl Audience for Steps {
    fn watch(&mut self, _: ClientId) -> &mut dyn Watch {
        &mut self.nobody
    }

    fn done(&mut self, id: ClientId, result: Result<Outcome, ClientError>) {
        self.done.push((id, result));
    }
}

#[test]
fn many_clients_upload_from_one_loop() -> Tested {
    const CLIENTS: usize = 40;
    let storage = Memory::new();
    let server = serve(vec![TcpListener::bind("127.0.0.1:0")?], host(storage.clone()))?;
    let address = *server.addresses().first().ok_or("no address")?;
    let (mut clients, mut steps) = (Clients::new()?, Steps::default());
    let mut at = std::collections::BTreeMap::new();
    for number in 0..CLIENTS {
        let id = clients.connect(address, &ClientOptions::default())?;
        let login = Request::Login { user: "ann".into(), password: Secret::new("secret"), account: None };
        clients.call(id, login, None).map_err(|error| format!("{error:?}"))?;
        at.insert(id, (number, 0));
    }
    while !at.is_empty() {
        clients.poll_once(None, &mut steps)?;
        for (id, result) in std::mem::take(&mut steps.done) {
            result.map_err(|error| format!("{error:?}"))?;
            let (number, step) = at.get_mut(&id).ok_or("whose is this?")?;
            *step += 1;
            if *step == 2 {
                at.remove(&id);
                clients.let_go(id);
                continue;
            }
            let content = format!("from {number}");
            let remaining = Some(content.len() as u64);
            let source = Source::Stream { reader: Box::new(Cursor::new(content)), remaining };
            let request = upload(format!("/{number}").as_bytes());
            clients.call(id, request, Some(End::Source(source))).map_err(|error| format!("{error:?}"))?;
        }
    }
    for number in 0..CLIENTS {
        let path = VirtualPath::parse(format!("/{number}").as_bytes()).map_err(|error| format!("{error:?}"))?;
        assert_eq!(storage.read(&path), Some(format!("from {number}").into_bytes()));
    }
    server.stop(Duration::from_secs(10));
    Ok(())
}

#[test]
fn a_connection_that_nobody_accepts_fails_its_request() -> Tested {
    // Whoever had this port has closed it.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let (mut clients, mut steps) = (Clients::new()?, Steps::default());
    let Ok(id) = clients.connect(address, &ClientOptions::default()) else { return Ok(()) };
    let asked = clients.call(id, Request::WorkingDirectory, None);
    assert_eq!(asked, Ok(()));
    while steps.done.is_empty() {
        clients.poll_once(None, &mut steps)?;
    }
    assert_eq!(steps.done, [(id, Err(ClientError::Disconnected))]);
    assert_eq!(clients.call(id, Request::WorkingDirectory, None), Err(ClientError::Disconnected));
    Ok(())
}

/// A peer and the loop that serves it, in one thread.
struct Scene {
    event_loop: EventLoop,
    peer: TcpStream,
    address: SocketAddr,
}

impl Scene {
    fn new(storage: Memory) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let event_loop = EventLoop::new(vec![listener], host(storage))?;
        let peer = TcpStream::connect(address)?;
        peer.set_nonblocking(true)?;
        let mut scene = Self { event_loop, peer, address };
        scene.hear("220")?;
        scene.ask("USER ann", "331")?;
        scene.ask("PASS secret", "230")?;
        scene.ask("TYPE I", "200")?;
        Ok(scene)
    }

    fn ask(&mut self, command: &str, code: &str) -> Result<String, Box<dyn Error>> {
        self.peer.write_all(format!("{command}\r\n").as_bytes())?;
        self.hear(code)
    }

    /// Runs the loop until the peer has a reply.
    fn hear(&mut self, code: &str) -> Result<String, Box<dyn Error>> {
        let mut room = [0; 1024];
        for _ in 0..10_000 {
            self.event_loop.poll_once(Some(Duration::from_millis(1)))?;
            if let Ok(count) = self.peer.read(&mut room) {
                let reply = String::from_utf8_lossy(&room[..count]).into_owned();
                return if reply.starts_with(code) { Ok(reply) } else { Err(format!("{reply}, not {code}").into()) };
            }
        }
        Err("no reply".into())
    }

    /// Runs the loop until it has nothing to do: then nothing is left that would bring about a turn by itself.
    fn becomes_quiet(&mut self) -> Tested {
        let mut quiet = 0;
        for _ in 0..10_000 {
            let turns = self.event_loop.poll_once(Some(Duration::from_millis(1)))?;
            quiet = if turns == 0 { quiet + 1 } else { 0 };
            if quiet == 100 {
                return Ok(());
            }
        }
        Err("the loop does not come to rest".into())
    }
}

#[test]
fn a_transfer_whose_peer_does_not_read_and_has_closed_its_half_is_left_alone() -> Tested {
    let storage = Memory::new();
    let path = VirtualPath::parse(b"/large").map_err(|error| format!("{error:?}"))?;
    storage.put(&path, &vec![7; LARGE], WallTime::default()).map_err(|error| format!("{error:?}"))?;
    let mut scene = Scene::new(storage)?;
    let reply = scene.ask("EPSV", "229")?;
    let port = reply.split('|').nth(3).ok_or("no port")?.parse()?;
    let data = TcpStream::connect(SocketAddr::new(scene.address.ip(), port))?;
    scene.ask("RETR /large", "150")?;
    scene.becomes_quiet()?;
    // A half-closed data connection, and input that the server does not take in while the transfer runs.
    data.shutdown(Shutdown::Write)?;
    scene.peer.write_all(&b"NOOP\r\n".repeat(1000))?;
    scene.becomes_quiet()?;
    assert_eq!(scene.event_loop.sessions(), 1);
    Ok(())
}

#[test]
fn a_peer_that_does_not_read_its_replies_is_left_alone() -> Tested {
    let mut scene = Scene::new(Memory::new())?;
    // Until neither side takes in any more.
    let commands = b"HELP\r\n".repeat(1000);
    loop {
        while scene.peer.write(&commands).is_ok() {}
        scene.becomes_quiet()?;
        if scene.peer.write(&commands).is_err() {
            break;
        }
    }
    scene.peer.shutdown(Shutdown::Write)?;
    scene.becomes_quiet()?;
    assert_eq!(scene.event_loop.sessions(), 1);
    Ok(())
}

fn upload(path: &[u8]) -> Request {
    Request::Store { path: path.into(), how: Upload::Replace, codec: Codec::RAW }
}
