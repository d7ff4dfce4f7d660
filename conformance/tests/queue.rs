//! Many requests at once, by the client of every adapter from the server of every adapter: each ends as it would alone.

use adapter_blocking::ClientOptions;
use conformance::client::adapter::{Calls, Open};
use conformance::runtime::{self, Serve, Server};
use ftp_core::client::{ClientError, Learnt, Outcome, Request, Upload};
use ftp_core::codec::Codec;
use ftp_core::command::Mode;
use ftp_core::permission::Permissions;
use ftp_core::secret::Secret;
use ftp_core::time::WallTime;
use ftp_host::accounts::FixedAccounts;
use ftp_host::client::End;
use ftp_host::host::Host;
use ftp_host::pump::{Memory as Kept, Sink};
use ftp_host::storage::{Memory, Source};
use std::io::Cursor;
use std::net::TcpStream;
use std::sync::Arc;

/// As many as fit into the queue, with a question to each.
const FILES: usize = 30;

/// When all files have changed last.
const TIME: WallTime = WallTime { seconds: 1_700_000_000, nanos: 0 };

const SERVERS: [Serve; 3] = [runtime::blocking, runtime::smol, runtime::mio];

const CLIENTS: [Open; 3] = [
    |stream, options| Ok(Box::new(adapter_blocking::Client::new(stream, options)?)),
    |stream, options| Ok(Box::new(adapter_smol::Client::new(stream, options)?)),
    |stream, options| Ok(Box::new(adapter_mio::Client::new(stream, options)?)),
];

fn name(file: usize) -> Vec<u8> {
    format!("file-{file}").into_bytes()
}

/// Empty, small, and larger than what a socket takes at once.
fn content(file: usize) -> Vec<u8> {
    let size = [0, 1, 1000, 300_000][file % 4];
    (0..size).map(|at| (at * 7 + file) as u8).collect()
}

fn put(client: &mut dyn Calls, file: usize, codec: Codec) {
    let content = content(file);
    let remaining = Some(content.len() as u64);
    let source = Source::Stream { reader: Box::new(Cursor::new(content)), remaining };
    let request = Request::Store { path: name(file), how: Upload::Replace, codec };
    client.begin(request, Some(End::Source(source))).unwrap();
}

fn get(client: &mut dyn Calls, path: Vec<u8>, codec: Codec) -> Kept {
    let kept = Kept::new(1 << 20);
    let end = End::Sink(Sink::Writer(Box::new(kept.clone())));
    client.begin(Request::Retrieve { path, offset: 0, codec }, Some(end)).unwrap();
    kept
}

fn login(client: &mut dyn Calls) {
    let login = Request::Login { user: b"ann".to_vec(), password: Secret::new("secret"), account: None };
    client.begin(login, None).unwrap();
    client.finish(&mut ()).unwrap().unwrap();
}

/// In MODE B one data connection serves all files.
const BLOCKS: Codec = Codec { mode: Mode::Block, ..Codec::RAW };

/// How files go, and whether the server is known to make the data connections.
const WAYS: [(Codec, bool); 3] = [(Codec::RAW, false), (Codec::RAW, true), (BLOCKS, false)];

#[test]
fn each_request_ends_as_it_would_alone() {
    for serve in SERVERS {
        let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
        let server = Server::start(serve, Host::new(accounts)).unwrap();
        for (open, codec, active) in
            CLIENTS.into_iter().flat_map(|open| WAYS.map(|(codec, active)| (open, codec, active)))
        {
            let stream = TcpStream::connect(server.address()).unwrap();
            let options = ClientOptions { learnt: Learnt { active, ..Learnt::default() }, ..ClientOptions::default() };
            let client = &mut *open(stream, &options).unwrap();
            login(client);

            // The time of each file is set while the next one is on its way.
            for file in 0..FILES {
                put(client, file, codec);
                if let Some(before) = file.checked_sub(1) {
                    client.begin(Request::SetModified { path: name(before), time: TIME }, None).unwrap();
                }
            }
            let done = std::iter::from_fn(|| client.finish(&mut ())).map(Result::unwrap).count();
            assert_eq!(done, 2 * FILES - 1);

            let mut kept = Vec::new();
            for file in 0..FILES {
                kept.push(get(client, name(file), codec));
                if file % 5 == 0 {
                    kept.push(get(client, b"nothing".to_vec(), codec));
                }
            }
            let mut kept = kept.into_iter();
            for file in 0..FILES {
                let outcome = client.finish(&mut ()).unwrap();
                assert!(matches!(outcome, Ok(Outcome::Transferred { .. })), "{outcome:?}");
                assert!(kept.next().unwrap().take() == content(file), "file {file} came otherwise than it went");
                if file % 5 == 0 {
                    let outcome = client.finish(&mut ());
                    assert!(matches!(outcome, Some(Err(ClientError::Refused(_)))), "after file {file}: {outcome:?}");
                    assert_eq!(kept.next().unwrap().take(), b"");
                }
            }
            assert!(client.finish(&mut ()).is_none());

            for file in 0..FILES {
                client.begin(Request::Facts(name(file)), None).unwrap();
            }
            for file in 0..FILES {
                let Some(Ok(Outcome::Facts(entry))) = client.finish(&mut ()) else { panic!("no facts of file {file}") };
                let time = (file + 1 < FILES).then_some(TIME);
                assert_eq!((entry.name, entry.size), (name(file), Some(content(file).len() as u64)));
                assert!(time.is_none() || entry.modified == time, "{:?}", entry.modified);
            }
        }
    }
}
