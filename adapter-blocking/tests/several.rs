//! One thread that waits for several clients.

use adapter_blocking::{Client, ClientOptions, End, Watch, serve};
use ftp_core::client::{ClientError, Outcome, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_host::accounts::FixedAccounts;
use ftp_host::host::Host;
use ftp_host::pump::{Memory as Bytes, Sink};
use ftp_host::storage::{Memory, Source};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

fn server() -> adapter_blocking::Running {
    let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
    serve(vec![TcpListener::bind("127.0.0.1:0").unwrap()], Arc::new(Host::new(accounts))).unwrap()
}

fn login(server: &adapter_blocking::Running) -> Client {
    let mut client = Client::connect(server.addresses(), &ClientOptions::default()).unwrap();
    let login = Request::Login { user: "ann".into(), password: Secret::new("secret"), account: None };
    client.request(login, &mut ()).unwrap();
    client
}

fn store(client: &mut Client, name: &str, bytes: &[u8]) {
    let source =
        Source::Stream { reader: Box::new(std::io::Cursor::new(bytes.to_vec())), remaining: Some(bytes.len() as u64) };
    let request = Request::Store { path: name.into(), how: Upload::Replace, codec: Codec::RAW };
    client.transfer(request, End::Source(source), &mut ()).unwrap();
}

fn begin_to_fetch(client: &mut Client, name: &str) -> Bytes {
    let bytes = Bytes::new(1 << 20);
    let request = Request::Retrieve { path: name.into(), offset: 0, codec: Codec::RAW };
    client.begin(request, Some(End::Sink(Sink::Writer(Box::new(bytes.clone()))))).unwrap();
    bytes
}

#[test]
fn what_several_clients_have_begun_ends_on_one_thread_each_in_its_order() {
    let server = server();
    let mut clients: Vec<Client> = (0..3).map(|_| login(&server)).collect();
    let name = |client: usize, file: usize| format!("{client}-{file}");
    for (at, client) in clients.iter_mut().enumerate() {
        (0..5).for_each(|file| store(client, &name(at, file), name(at, file).as_bytes()));
    }
    let mut fetched: Vec<Vec<Bytes>> = Vec::new();
    for (at, client) in clients.iter_mut().enumerate() {
        fetched.push((0..5).map(|file| begin_to_fetch(client, &name(at, file))).collect());
    }
    let mut ended = [0; 3];
    while ended != [5; 3] {
        let mut unseen = [(), (), ()];
        // Those that are through wait for nothing any more.
        let (places, mut waiting): (Vec<_>, Vec<_>) = clients
            .iter_mut()
            .zip(&mut unseen)
            .enumerate()
            .filter(|(at, _)| ended[*at] < 5)
            .map(|(at, (client, unseen))| (at, (client, unseen as &mut dyn Watch)))
            .unzip();
        let (place, result) = Client::finish_any(&mut waiting).unwrap();
        let at = places[place];
        assert!(matches!(result, Some(Ok(Outcome::Transferred { bytes: 3, .. }))), "{result:?}");
        assert_eq!(fetched[at][ended[at]].take(), name(at, ended[at]).as_bytes());
        ended[at] += 1;
    }
}

#[test]
fn a_server_that_says_nothing_holds_up_no_other() {
    let server = server();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(mute.local_addr().unwrap()).unwrap();
    let mut waits = Client::new(stream, &ClientOptions::default()).unwrap();
    waits.begin(Request::Noop, None).unwrap();
    let mut works = login(&server);
    works.begin(Request::Noop, None).unwrap();
    let ended = Client::finish_any(&mut [(&mut waits, &mut ()), (&mut works, &mut ())]);
    assert!(matches!(ended, Some((1, Some(Ok(_))))), "{ended:?}");
    // Once it hangs up, that is heard too.
    drop(mute.accept().unwrap());
    let ended = Client::finish_any(&mut [(&mut waits, &mut ())]);
    assert!(matches!(ended, Some((0, Some(Err(ClientError::Disconnected))))), "{ended:?}");
}

#[test]
fn one_on_which_nothing_was_begun_is_told_at_once() {
    let server = server();
    let mut idle = login(&server);
    assert!(matches!(Client::finish_any(&mut [(&mut idle, &mut ())]), Some((0, None))));
    assert!(Client::finish_any(&mut []).is_none());
    assert!(idle.finish(&mut ()).is_none());
}
