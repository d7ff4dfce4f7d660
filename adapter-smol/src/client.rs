//! The client: each call is a future, ready when what it asked for is done.

use crate::away;
use crate::bell::Bell;
use crate::wait::Waiter;
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request, Restart};
use ftp_host::client::{ClientOptions, ConnectError, Connection, End, News, Watch};
use ftp_host::clock::Clock;
use ftp_host::readiness::{Interest, Ready, Turn};
use smol::future::{FutureExt, poll_fn, yield_now};
use smol::net::{AsyncToSocketAddrs, resolve};
use smol::{Async, Timer};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Room to read replies into.
const SCRATCH: usize = 4096;

/// A connection to a server. A call dropped before its end leaves the exchange with the server in the middle: drop the
/// client too.
#[derive(Debug)]
pub struct Client {
    /// Not there while a step of a transfer is away.
    connection: Option<Box<Connection>>,
    waiter: Waiter,
}

impl Client {
    /// Connects to the first of these addresses that answers. The greeting is awaited by the first request.
    ///
    /// # Errors
    /// [`ConnectError`] of the last address.
    pub async fn connect(address: impl AsyncToSocketAddrs, options: &ClientOptions) -> Result<Self, ConnectError> {
        let mut failed = ConnectError::no_address();
        for address in resolve(address).await? {
            match connect_within(address, options.timeout).await.and_then(|stream| Self::new(stream, options)) {
                Ok(client) => return Ok(client),
                Err(error) => failed = ConnectError { address: Some(address), error },
            }
        }
        Err(failed)
    }

    /// A client on a connection that stands.
    ///
    /// # Errors
    /// What the system says: the connection is gone already.
    pub fn new(stream: TcpStream, options: &ClientOptions) -> io::Result<Self> {
        let stream = Arc::new(stream);
        let connection = Some(Box::new(Connection::open(Arc::clone(&stream), options)?));
        // Nobody rings; it completes what there is to wait for.
        Ok(Self { connection, waiter: Waiter::new(stream, Arc::new(Bell::default()))? })
    }

    /// Asks for something that moves no file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn request(&mut self, request: Request, watch: &mut (dyn Watch + Send)) -> Result<Outcome, ClientError> {
        self.run(request, None, watch).await
    }

    /// Moves a file to or from `end`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn transfer(
        &mut self,
        request: Request,
        end: End,
        watch: &mut (dyn Watch + Send),
    ) -> Result<Outcome, ClientError> {
        self.run(request, Some(end), watch).await
    }

    /// What the server said it can do, once logged in; `None` after a call that was dropped before its end.
    pub fn features(&self) -> Option<&Features> {
        self.connection.as_ref().map(|connection| connection.machine().features())
    }

    /// How the session would have many files moved; see [`ClientSession::advice`](ftp_core::client::ClientSession::advice).
    pub fn advice(&self) -> Advice {
        self.connection.as_ref().map_or(Advice::default(), |connection| connection.machine().advice())
    }

    /// Tells the session what was found out about its server; see [`ClientSession::tell`](ftp_core::client::ClientSession::tell).
    pub fn tell(&mut self, finding: Finding) {
        if let Some(connection) = &mut self.connection {
            connection.tell(finding);
        }
    }

    /// The last restart marker of a transfer in MODE B or C that was cut off: the place where it can begin again.
    pub fn restart(&self) -> Option<&Restart> {
        self.connection.as_ref().and_then(|connection| connection.machine().restart())
    }

    /// What was found out about the server that it does not say itself, for the [`ClientOptions`] of the next connection to it; `None` after a call that was
    /// dropped before its end.
    pub fn learnt(&self) -> Option<Learnt> {
        self.connection.as_ref().map(|connection| connection.machine().learnt())
    }

    /// Begins something that [`finish`](Self::finish) waits for. Many may be begun before the first is finished: small files are then much faster than with
    /// one call each. See [`ClientSession`](ftp_core::client::ClientSession) for what to begin at once.
    ///
    /// # Errors
    /// [`ClientError`], when too much was begun or the connection is closed.
    pub fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.connection.as_mut().ok_or(ClientError::Disconnected)?.call(request, end)
    }

    /// Waits for the end of what was begun first; `None` when nothing is left.
    pub async fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
        let begun = self.connection.as_ref().is_some_and(|connection| connection.calls() > 0);
        if begun { Some(self.wait_for_one(watch).await) } else { None }
    }

    async fn run(
        &mut self,
        request: Request,
        end: Option<End>,
        watch: &mut (dyn Watch + Send),
    ) -> Result<Outcome, ClientError> {
        self.begin(request, end)?;
        self.wait_for_one(watch).await
    }

    async fn wait_for_one(&mut self, watch: &mut (dyn Watch + Send)) -> Result<Outcome, ClientError> {
        let mut connection = self.connection.take().ok_or(ClientError::Disconnected)?;
        let mut ready = Ready::ALL;
        loop {
            let turn;
            (connection, turn) = take_turn(connection, ready).await;
            self.waiter.release(&connection.interest());
            match connection.watched(turn, watch) {
                News::Done(result) => {
                    self.connection = Some(connection);
                    return result;
                }
                News::Wait(limit) => ready = self.wait(connection.interest(), connection.clock(), limit).await,
            }
        }
    }

    async fn wait(&mut self, mut interest: Interest<'_>, clock: &Clock, limit: Option<Duration>) -> Ready {
        let only_look = limit.is_some_and(|limit| limit.is_zero());
        if only_look {
            yield_now().await;
        }
        interest.deadline = limit.map(|limit| clock.now() + limit);
        let watched = self.waiter.watch(&interest);
        poll_fn(|context| match self.waiter.poll(context, &watched, clock) {
            Poll::Pending if only_look => Poll::Ready(Ready::default()),
            poll => poll,
        })
        .await
    }
}

/// Takes a turn. One that moves a file waits for the file, and is taken away from the executor.
async fn take_turn(mut connection: Box<Connection>, ready: Ready) -> (Box<Connection>, Turn) {
    // A listing goes to memory; only a transfer says how much it has moved.
    let moves = connection.moved().is_some();
    let take = move || {
        let turn = connection.turn(ready, &mut [0; SCRATCH]);
        (connection, turn)
    };
    if moves { away::on_files(take).await } else { take() }
}

async fn connect_within(address: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let late = async {
        Timer::after(limit).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    Async::<TcpStream>::connect(address).or(late).await?.into_inner()
}
