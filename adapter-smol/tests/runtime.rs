//! What is this runtime's own: an executor of the caller's, and that nobody spins in it.

use adapter_smol::{Client, ClientOptions, End, Server};
use conformance::peer::{LIMIT, Peer};
use ftp_core::client::{Outcome, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::path::VirtualPath;
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::pump::{Memory as Room, Sink};
use ftp_host::storage::{Memory, Source};
use smol::Executor;
use smol::future::poll_fn;
use socket2::SockRef;
use std::net::{Shutdown, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

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
    let store = Request::Store { path: path.clone(), how: Upload::Replace, codec: Codec::RAW };
    client.transfer(store, End::Source(source), &mut ()).await.unwrap();

    let room = Room::new(content.len());
    let retrieve = Request::Retrieve { path, offset: 0, codec: Codec::RAW };
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
        let mut peer = Peer::log_in(address).unwrap();
        greeted.send_blocking(()).unwrap();
        peer.expect_end()
    });
    smol::block_on(smol::future::or(server.run(), async { greetings.recv().await.unwrap() }));
    drop(server);
    visitor.join().unwrap().unwrap();
}

/// The turns of the executor while `ann` asks 200 times.
fn turns(polls: &AtomicUsize, ann: &mut Peer) -> usize {
    let before = polls.load(Ordering::SeqCst);
    for _ in 0..200 {
        ann.ask("NOOP", "200").unwrap();
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
    let mut ann = Peer::log_in(address).unwrap();
    let usual = turns(&polls, &mut ann);

    let mut data = Vec::new();
    let mut half = Vec::new();
    for broken in [false, true] {
        let mut peer = Peer::log_in(address).unwrap();
        // It stands still, since nobody reads from it.
        data.push(peer.passive().unwrap());
        peer.ask("RETR /large", "150").unwrap();
        peer.send(&b"NOOP\r\n".repeat(20)).unwrap();
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
