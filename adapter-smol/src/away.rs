//! Work that blocks: on threads of the `blocking` pool, no more of them at once than there is room for.
//!
//! The pool belongs to the whole process and would grow to 500 threads; so the bounds here are for the process too.

use ftp_host::job::{Finished, Job};
use smol::lock::Semaphore;
use std::pin::Pin;

/// Calls on storage, and the steps of transfers, at once. Most are over in microseconds; the rest waits for disks, where
/// more at once get more done, and for network file systems, which may hang.
static STORAGE: Semaphore = Semaphore::new(64);

/// Logins at once. A password hash keeps a core busy on purpose, and those who guess must not take the threads from those
/// who move files.
static LOGINS: Semaphore = Semaphore::new(8);

/// A job under way. Dropped, it gives up its place in the queue; once it runs, it runs to its end, for nobody.
pub(crate) type Work = Pin<Box<dyn Future<Output = Finished> + Send>>;

/// Begins a job.
pub(crate) fn start(job: Job) -> Work {
    let room = if job.is_login() { &LOGINS } else { &STORAGE };
    Box::pin(run(room, move || job.run()))
}

/// Calls something that waits for files.
pub(crate) async fn on_files<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    run(&STORAGE, call).await
}

async fn run<T: Send + 'static>(room: &'static Semaphore, call: impl FnOnce() -> T + Send + 'static) -> T {
    let _place = room.acquire().await;
    // If the call panics, so does whoever waits for it here.
    smol::unblock(call).await
}
