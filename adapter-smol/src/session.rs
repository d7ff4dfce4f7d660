//! A session's task: a turn, then to wait for what the turn left open.

use crate::away::{self, Work};
use crate::bell::Bell;
use crate::wait::Waiter;
use ftp_host::door::Arrival;
use ftp_host::host::Host;
use ftp_host::job::Finished;
use ftp_host::readiness::{Ready, Turn};
use ftp_host::session::Session;
use smol::future::{poll_fn, yield_now};
use std::io;
use std::sync::Arc;
use std::task::Poll;

/// Room to read commands into, on the stack of the thread that runs the turn: idle sessions hold none.
const SCRATCH: usize = 4096;

/// A session and what it waits with. It is run by reference: a future that took it would hold it twice, as it was given
/// and as it is used.
pub(crate) struct Task {
    host: Arc<Host>,
    session: Session,
    waiter: Waiter,
}

impl Task {
    /// A session on a connection that was accepted.
    ///
    /// # Errors
    /// What the system says: the connection is gone already, or there is no room for it.
    pub(crate) fn new(host: &Arc<Host>, arrival: Arrival) -> io::Result<Self> {
        let (stream, bell) = (Arc::clone(arrival.stream()), Arc::new(Bell::default()));
        let waker = Arc::clone(&bell);
        let session = Session::new(host, arrival, Arc::new(move || waker.ring()))?;
        Ok(Self { host: Arc::clone(host), session, waiter: Waiter::new(stream, bell)? })
    }

    /// Runs it to its end. While a job is away the session goes on listening, so that a disk that hangs holds up neither
    /// its time limits nor an orderly stop.
    pub(crate) async fn run(&mut self) {
        let mut work: Option<Work> = None;
        let mut ready = Ready::ALL;
        loop {
            let turn = self.turn(ready);
            if turn == Turn::Over {
                return;
            }
            if work.is_none() {
                work = self.session.take_job().map(away::start);
            }
            if turn == Turn::Again {
                // Others first.
                yield_now().await;
            }
            let finished;
            (ready, finished) = self.wait(work.as_mut(), turn == Turn::Again).await;
            if let Some(finished) = finished {
                work = None;
                self.session.finished(finished);
                self.waiter.release(&self.session.interest());
            }
        }
    }

    /// Apart from [`run`](Self::run), whose memory is kept while it waits.
    fn turn(&mut self, ready: Ready) -> Turn {
        self.session.turn(ready, &mut [0; SCRATCH])
    }

    /// Waits for whatever comes first; or only looks whether anything has come.
    async fn wait(&mut self, mut work: Option<&mut Work>, only_look: bool) -> (Ready, Option<Finished>) {
        let Self { host, session, waiter } = self;
        let interest = session.interest();
        if work.is_none() {
            waiter.release(&interest);
        }
        let watched = waiter.watch(&interest);
        poll_fn(|context| {
            let finished = match &mut work {
                Some(work) => match work.as_mut().poll(context) {
                    Poll::Ready(finished) => Some(finished),
                    Poll::Pending => None,
                },
                None => None,
            };
            match waiter.poll(context, &watched, &host.clock) {
                Poll::Ready(ready) => Poll::Ready((ready, finished)),
                Poll::Pending if finished.is_some() || only_look => Poll::Ready((Ready::default(), finished)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_host::accounts::FixedAccounts;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_session_that_waits_keeps_little_besides_itself() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let _peer = TcpStream::connect(listener.local_addr()?)?;
        let mut task = Task::new(&Arc::new(Host::new(FixedAccounts::new())), Arrival::new(listener.accept()?.0)?)?;
        let size = size_of::<Task>() - size_of::<Session>() + size_of_val(&task.run());
        assert!(size <= 384, "{size}");
        Ok(())
    }
}
