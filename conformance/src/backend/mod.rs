//! [`Backend`]: something that a transcript can be played on. What is said is the runner's; how it gets there and back is
//! the backend's.

pub mod adapter;
pub mod core;
pub mod sockets;
pub mod world;

use ftp_host::storage::Storage;
use std::net::SocketAddr;
use std::time::Duration;

/// A server with one client's connections to it, and a clock that only [`Backend::advance`] moves.
///
/// The calls return when everything that follows from them has happened, or as soon as what they were asked for is there;
/// one that waits in vain gives up by itself.
pub trait Backend {
    /// Sends bytes over the control connection.
    fn send(&mut self, bytes: &[u8]);

    /// Sends Telnet IP and the Synch, as RFC 959 4.1.3 has it before an ABOR that is to overtake what waits.
    fn send_urgent(&mut self);

    /// Closes the control connection; from here on the client reads nothing.
    fn close(&mut self);

    /// The next bytes of the control connection.
    fn receive(&mut self) -> Received;

    /// Lets time go by.
    fn advance(&mut self, by: Duration);

    /// Opens the data connection to this port of the server; `false` if nobody is there.
    fn connect(&mut self, port: u16) -> bool;

    /// Listens for the data connection; where.
    fn listen(&mut self) -> SocketAddr;

    /// Takes the data connection that the server opens; `false` if it does not.
    fn accept(&mut self) -> bool;

    /// Sends bytes over the data connection. Those that the server does not want are lost.
    fn send_data(&mut self, bytes: &[u8]);

    /// The next bytes of the data connection.
    fn receive_data(&mut self) -> Received;

    /// Closes the data connection, in good order or by a reset.
    fn close_data(&mut self, reset: bool);

    /// The client says no more. What the server has said, and says until it closes, that was not received yet.
    fn finish(&mut self) -> Vec<u8>;

    /// The server's files.
    fn storage(&self) -> &dyn Storage;
}

/// IAC IP, IAC DM (RFC 854). The last of them is sent as urgent data.
const SYNCH: [u8; 4] = [255, 244, 255, 242];

/// What a connection brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// At least one byte.
    Bytes(Vec<u8>),
    /// The other side closed it, or broke it.
    Closed,
    /// Nothing came, and nothing will unless something else happens.
    Nothing,
}
