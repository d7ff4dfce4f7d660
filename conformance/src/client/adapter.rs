//! [`OnThread`]: the client of an adapter, on a thread of its own. It goes by the system's clock and waits in earnest.

use super::loopback::{Peer, end};
use super::outcome::describe;
use super::{Ask, Script, Setting, tls};
use ftp_core::client::{ClientError, Learnt, Outcome, Request};
use ftp_host::client::{ClientOptions, End, Go, Watch};
use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// The client of an adapter.
pub trait Calls: Send {
    /// Begins something.
    ///
    /// # Errors
    /// [`ClientError`].
    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError>;

    /// Waits for the end of what was begun first.
    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>>;
}

/// Makes a client of a connection; every adapter has such a function.
pub type Open = fn(TcpStream, &ClientOptions) -> io::Result<Box<dyn Calls>>;

impl Calls for adapter_blocking::Client {
    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.begin(request, end)
    }

    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
        self.finish(watch)
    }
}

impl Calls for adapter_mio::Client {
    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.begin(request, end)
    }

    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
        self.finish(watch)
    }
}

impl Calls for adapter_smol::Client {
    fn begin(&mut self, request: Request, end: Option<End>) -> Result<(), ClientError> {
        self.begin(request, end)
    }

    fn finish(&mut self, watch: &mut (dyn Watch + Send)) -> Option<Result<Outcome, ClientError>> {
        smol::block_on(self.finish(watch))
    }
}

/// Requests that are made at once, with what each is to store.
type Batch = Vec<(Request, Option<Vec<u8>>)>;

/// A client that runs on a thread.
pub struct OnThread {
    /// `None` once the server is gone.
    requests: Option<Sender<Batch>>,
    batch: Batch,
    outcomes: Receiver<String>,
    /// How many requests are not done.
    running: usize,
    abort: Arc<AtomicBool>,
}

impl OnThread {
    /// A client on this connection.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(stream: TcpStream, script: &Script, open: Open) -> io::Result<Self> {
        let depth = script.settings.iter().find_map(|setting| match setting {
            Setting::Pipeline(depth) => Some(*depth),
            _ => None,
        });
        let options = ClientOptions {
            active: script.settings.contains(&Setting::Active),
            pipeline: depth.is_some(),
            depth: depth.flatten(),
            tls: script.tls(),
            learnt: Learnt { active: script.settings.contains(&Setting::ActiveKnown), ..Learnt::default() },
            tls_client: Some(Arc::new(tls::client()?)),
            ..ClientOptions::default()
        };
        let mut client = open(stream, &options)?;
        let abort = Arc::new(AtomicBool::new(false));
        let mut watch = Aborts(Arc::clone(&abort));
        let (requests, asked) = channel::<Batch>();
        let (done, outcomes) = channel();
        std::thread::spawn(move || {
            for batch in asked {
                for outcome in carry_out(&mut *client, batch, &mut watch) {
                    // Whoever has stopped listening no longer wants to know.
                    let _ = done.send(outcome);
                }
            }
        });
        Ok(Self { requests: Some(requests), batch: Vec::new(), outcomes, running: 0, abort })
    }
}

/// Begins all of it, and gives what comes of each as it does.
fn carry_out<'a>(
    client: &'a mut dyn Calls,
    batch: Batch,
    watch: &'a mut Aborts,
) -> impl Iterator<Item = String> + use<'a> {
    let mut begun = VecDeque::new();
    for (request, content) in batch {
        let (end, sink) = end(&request, content.as_ref());
        begun.push_back((client.begin(request.clone(), end), request, sink));
    }
    std::iter::from_fn(move || {
        let (began, request, sink) = begun.pop_front()?;
        let result = began.and_then(|()| client.finish(watch).unwrap_or(Err(ClientError::Disconnected)));
        Some(describe(&request, &result, &sink.take()))
    })
}

impl Peer for OnThread {
    fn ask(&mut self, ask: &Ask, more: bool) {
        match ask {
            Ask::Abort => self.abort.store(true, Ordering::SeqCst),
            Ask::Request(request, content) => {
                self.abort.store(false, Ordering::SeqCst);
                self.batch.push((request.clone(), content.clone()));
                self.running += 1;
                if let Some(requests) = self.requests.as_ref().filter(|_| !more) {
                    // A thread that has ended shows by giving no outcome.
                    let _ = requests.send(std::mem::take(&mut self.batch));
                }
            }
        }
    }

    fn turn(&mut self) {}

    fn outcome(&mut self) -> Option<String> {
        self.outcomes.try_recv().ok().inspect(|_| self.running = self.running.saturating_sub(1))
    }

    fn advance(&mut self, _: Duration) {
        panic!("the system's clock cannot be moved: see `Script::fits_real_time`");
    }

    fn server_closed(&mut self) {
        // One that waits for an answer sees it, and can be asked what it makes of that. An idle one sees it when it is dropped.
        if self.running == 0 {
            self.requests = None;
        }
    }
}

/// Aborts what runs when it is told to.
struct Aborts(Arc<AtomicBool>);

impl Watch for Aborts {
    fn progress(&mut self, _: u64) -> Go {
        if self.0.load(Ordering::SeqCst) { Go::Abort } else { Go::On }
    }
}
