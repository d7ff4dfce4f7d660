//! Work that hangs. A process of its own, since the places for work are the process's, and here all are taken.

use adapter_smol::serve;
use conformance::peer::Peer;
use ftp_core::action::{Credentials, LoginError};
use ftp_core::permission::Permissions;
use ftp_host::accounts::{Account, Accounts, FixedAccounts};
use ftp_host::host::Host;
use ftp_host::storage::Memory;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Accounts whose password check hangs for one user, for as long as the other end of the channel is there.
struct Hanging {
    accounts: FixedAccounts,
    held: Mutex<Receiver<()>>,
}

impl Accounts for Hanging {
    fn verify(&self, credentials: &Credentials) -> Result<Account, LoginError> {
        if credentials.user == b"slow" {
            // Its end is what it waits for.
            let _ = self.held.lock().unwrap().recv();
        }
        self.accounts.verify(credentials)
    }
}

#[test]
fn logins_that_hang_hold_up_neither_files_nor_a_stop() {
    let (hold, held) = channel();
    let accounts = FixedAccounts::new().with("ann", "secret", Permissions::ALL, Arc::new(Memory::new()));
    let host = Arc::new(Host::new(Hanging { accounts, held: Mutex::new(held) }));
    let server = serve(vec![TcpListener::bind("127.0.0.1:0").unwrap()], host).unwrap();
    let mut ann = Peer::log_in(server.addresses()[0]).unwrap();

    // More than there are places for logins, and for everything else.
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut peer = Peer::connect(server.addresses()[0]).unwrap();
        peer.expect("220").unwrap();
        peer.ask("USER slow", "331").unwrap();
        peer.send(b"PASS secret\r\n").unwrap();
        slow.push(peer);
    }
    for number in 0..100 {
        ann.ask(&format!("MKD /{number}"), "257").unwrap();
    }

    server.stop(Duration::ZERO);
    for mut peer in slow {
        peer.expect("421").unwrap();
        peer.expect_end().unwrap();
    }
    drop(hold);
}
