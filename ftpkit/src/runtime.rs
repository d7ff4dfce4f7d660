//! [`Runtime`]: which adapter carries the protocol. Here they are named; the rest of the program does not know which runs.

use clap::ValueEnum;
use ftp_core::client::{Advice, ClientError, Features, Finding, Learnt, Outcome, Request};
use ftp_host::client::{ClientOptions, ConnectError, End, Watch};
use ftp_host::host::Host;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

#[cfg(not(any(feature = "blocking", feature = "smol", feature = "mio")))]
compile_error!("build with at least one of the features blocking, smol and mio");

/// A runtime that this program was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// an event loop on each core
    #[cfg(feature = "mio")]
    Mio,
    /// tasks spread over all cores
    #[cfg(feature = "smol")]
    Smol,
    /// a thread for each session
    #[cfg(feature = "blocking")]
    Blocking,
}

/// The one that measures best for a server, of those that are there; the README has the figures.
impl Default for Runtime {
    fn default() -> Self {
        // They stand in this order above.
        Self::value_variants()[0]
    }
}

/// A server that runs.
pub(crate) trait Running {
    /// Where it listens.
    fn addresses(&self) -> &[SocketAddr];

    /// Stops in good order within `grace`: did all sessions end by themselves?
    fn stop(&self, grace: Duration) -> bool;
}

/// A client that is connected.
pub(crate) trait Client: Send {
    /// Asks for something that moves no file.
    fn request(&mut self, request: Request, watch: &mut (dyn Watch + Send)) -> Result<Outcome, ClientError>;

    /// Begins something that [`finish`](Self::finish) waits for.
    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError>;

    /// Waits for the end of what was begun first; `None` when nothing is left.
    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>>;

    /// What the server said it can do, once logged in; `None` once the connection has ended.
    fn features(&self) -> Option<&Features>;

    /// What it has found out about the server.
    fn learnt(&self) -> Option<Learnt>;

    /// How it would have many files moved.
    fn advice(&self) -> Advice;

    /// Takes in what was found out about the server.
    fn tell(&mut self, finding: Finding);

    /// It, if one thread can wait for several like it.
    #[cfg(feature = "blocking")]
    fn one_of_several(&mut self) -> Option<&mut adapter_blocking::Client> {
        None
    }
}

/// A client, and who looks on.
pub(crate) type Watched<'a> = (&'a mut dyn Client, &'a mut (dyn Watch + Send));

/// Waits for the first end of what was begun on any of these: whose it was, by its place, and what came of it; `None` for one on which nothing is left. Where
/// the runtime has a thread wait for one client only, it is the first one's.
pub(crate) fn finish_any(clients: &mut [Watched<'_>]) -> Option<(usize, Option<Result<Outcome, ClientError>>)> {
    #[cfg(feature = "blocking")]
    {
        let several = clients.iter_mut().map(|(client, watch)| {
            let watch: &mut dyn Watch = &mut **watch;
            Some((client.one_of_several()?, watch))
        });
        if let Some(mut several) = several.collect::<Option<Vec<_>>>() {
            return adapter_blocking::Client::finish_any(&mut several);
        }
    }
    clients.first_mut().map(|(client, watch)| (0, client.finish(&mut **watch)))
}

impl Runtime {
    /// The one that measures best for a client, which waits for one server at a time.
    pub(crate) fn for_a_client() -> Self {
        // The simplest, which is the last above.
        Self::value_variants().last().copied().unwrap_or_default()
    }

    /// Serves on threads of its own.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn serve(self, listeners: Vec<TcpListener>, host: Arc<Host>) -> io::Result<Box<dyn Running>> {
        match self {
            #[cfg(feature = "mio")]
            Self::Mio => adapter_mio::serve(listeners, host).map(boxed),
            #[cfg(feature = "smol")]
            Self::Smol => adapter_smol::serve(listeners, host).map(boxed),
            #[cfg(feature = "blocking")]
            Self::Blocking => adapter_blocking::serve(listeners, host).map(boxed),
        }
    }

    /// Connects to a server.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) fn connect(
        self,
        address: (&str, u16),
        options: &ClientOptions,
    ) -> Result<Box<dyn Client>, ConnectError> {
        Ok(match self {
            #[cfg(feature = "mio")]
            Self::Mio => Box::new(adapter_mio::Client::connect(address, options)?),
            #[cfg(feature = "smol")]
            Self::Smol => Box::new(smol::block_on(adapter_smol::Client::connect(address, options))?),
            #[cfg(feature = "blocking")]
            Self::Blocking => Box::new(adapter_blocking::Client::connect(address, options)?),
        })
    }
}

fn boxed(running: impl Running + 'static) -> Box<dyn Running> {
    Box::new(running)
}

/// The three servers are alike but for their types.
macro_rules! running {
    ($($feature:literal: $running:ty),*) => {$(
        #[cfg(feature = $feature)]
        impl Running for $running {
            fn addresses(&self) -> &[SocketAddr] {
                self.addresses()
            }

            fn stop(&self, grace: Duration) -> bool {
                self.stop(grace)
            }
        }
    )*};
}

running!("mio": adapter_mio::Running, "smol": adapter_smol::Running, "blocking": adapter_blocking::Running);

/// Two of the clients are alike but for their types.
macro_rules! client {
    ($($feature:literal: $client:ty { $($more:item)* }),*) => {$(
        #[cfg(feature = $feature)]
        impl Client for $client {
            fn request(&mut self, request: Request, watch: &mut (dyn Watch + Send)) -> Result<Outcome, ClientError> {
                self.request(request, watch)
            }

            fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
                self.begin(request, end)
            }

            fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
                self.finish(watch)
            }

            fn features(&self) -> Option<&Features> {
                self.features().into()
            }

            fn learnt(&self) -> Option<Learnt> {
                self.learnt().into()
            }

            fn advice(&self) -> Advice {
                self.advice()
            }

            fn tell(&mut self, finding: Finding) {
                self.tell(finding);
            }

            $($more)*
        }
    )*};
}

client!(
    "mio": adapter_mio::Client {},
    "blocking": adapter_blocking::Client {
        fn one_of_several(&mut self) -> Option<&mut adapter_blocking::Client> {
            Some(self)
        }
    }
);

#[cfg(feature = "smol")]
impl Client for adapter_smol::Client {
    fn request(&mut self, request: Request, watch: &mut (dyn Watch + Send)) -> Result<Outcome, ClientError> {
        smol::block_on(self.request(request, watch))
    }

    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.begin(request, end)
    }

    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
        smol::block_on(self.finish(watch))
    }

    fn features(&self) -> Option<&Features> {
        self.features()
    }

    fn learnt(&self) -> Option<Learnt> {
        self.learnt()
    }

    fn advice(&self) -> Advice {
        self.advice()
    }

    fn tell(&mut self, finding: Finding) {
        self.tell(finding);
    }
}
