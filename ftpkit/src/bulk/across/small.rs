//! Small files between two servers: several are fetched at once into memory, then stored at once, so that they do not wait for the network
//! between them.

use super::{Across, Ended, One};
use crate::bulk::large::Numbered;
use crate::bulk::one::BLOCKS;
use crate::bulk::pipe::DEPTH;
use crate::bulk::plan::{Move, SMALL};
use crate::bulk::queue::{Queue, Task};
use crate::bulk::report::OneFile;
use crate::remote::Session;
use crate::transfer::{Fault, Store, Unseen, Verify, begin_store};
use ftp_core::action::{StorageError, TransferError};
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_host::client::End;
use ftp_host::pump::{Memory, Sink};
use ftp_host::storage::Source;
use std::collections::VecDeque;
use std::io::Cursor;
use std::time::Instant;

/// A small file on its way.
struct Small<'p> {
    task: Task<Numbered<'p>>,
    one: One<'p>,
    began: Instant,
    /// It goes in MODE B.
    blocks: bool,
    /// Its time is being set, behind it.
    dated: bool,
}

impl Small<'_> {
    /// Is the data connection gone that was to serve it in MODE B too, or was never to be had so?
    fn lost_its_connection(&self, error: &ClientError, session: &Session) -> bool {
        match error {
            ClientError::NoDataConnection => self.blocks,
            ClientError::Refused(_) => self.blocks && !session.keeps_data_connection(),
            _ => false,
        }
    }
}

impl Across<'_> {
    /// Can it be held in memory, with nothing to be asked about it?
    pub(super) fn is_small(&self, task: &Task<Numbered<'_>>) -> bool {
        let small = |order: &Move| !order.resume && order.size.is_some_and(|size| size <= SMALL);
        task.failed == 0 && self.care.verify == Verify::Reply && task.what.1.order().is_some_and(small)
    }

    /// Moves several small files.
    pub(super) fn together<'p>(
        &self,
        from: &mut Session,
        to: &mut Session,
        first: Task<Numbered<'p>>,
        queue: &Queue<Numbered<'p>>,
    ) -> Ended<'p> {
        let mut tasks = vec![first];
        while tasks.len() < DEPTH {
            match queue.take_more() {
                Some(task) if self.is_small(&task) => tasks.push(task),
                Some(task) => {
                    queue.back(task);
                    break;
                }
                None => break,
            }
        }
        let mut fetched = VecDeque::new();
        let mut result = self.fetch_all(from, tasks, &mut fetched, queue);
        if result.is_ok() {
            result = self.store_all(to, &mut fetched, queue);
        }
        // In their order, before all others.
        back(queue, fetched.into_iter().map(|(small, _)| small.task));
        result
    }

    /// Fetches them into memory: what is whole comes to stand in `fetched`.
    fn fetch_all<'p>(
        &self,
        session: &mut Session,
        tasks: Vec<Task<Numbered<'p>>>,
        fetched: &mut VecDeque<(Small<'p>, Vec<u8>)>,
        queue: &Queue<Numbered<'p>>,
    ) -> Ended<'p> {
        let mut begun = VecDeque::new();
        let mut tasks = tasks.into_iter();
        while let Some(task) = tasks.next() {
            let Some(order) = task.what.1.order() else {
                queue.finish();
                continue;
            };
            let (one, content) = (self.one(order), Memory::new(SMALL as usize));
            let fetch = self.fetch(&one, 0);
            let blocks = self.blocks && session.keeps_data_connection();
            let codec = if blocks { BLOCKS } else { fetch.codec };
            let request = Request::Retrieve { path: one.from.clone(), offset: 0, codec };
            self.report.started(&one.source, &one.target, 0, order.size);
            let end = End::Sink(Sink::Writer(Box::new(content.clone())));
            if let Err(error) = session.begin(request, Some(end)) {
                let fault = Fault::Source(fetch.failure(&error));
                back(queue, tasks);
                back(queue, begun.into_iter().map(|(small, _): (Small<'_>, Memory)| small.task));
                return Err(Box::new((task, fault)));
            }
            begun.push_back((Small { task, one, began: Instant::now(), blocks, dated: false }, content));
        }
        while let Some((small, content)) = begun.pop_front() {
            let fetch = self.fetch(&small.one, 0);
            let failed = match session.finish(&mut Unseen) {
                Ok(Outcome::Transferred { .. }) => {
                    let content = content.take();
                    if fetch.is_whole(content.len() as u64) {
                        fetched.push_back((small, content));
                    } else {
                        // Not proven: alone, it can be asked about.
                        queue.later(small.task);
                    }
                    continue;
                }
                Ok(_) => ClientError::Protocol("the end of a transfer"),
                // It has grown beyond what is held in memory.
                Err(ClientError::Transfer(TransferError::Storage(StorageError::NoSpace))) => {
                    queue.later(small.task);
                    continue;
                }
                Err(error) if small.lost_its_connection(&error, session) => {
                    queue.later(small.task);
                    continue;
                }
                Err(error) => error,
            };
            let fault = Fault::Source(fetch.failure(&failed));
            if let Err(failed) = self.failed(fault, small.task, queue) {
                back(queue, begun.into_iter().map(|(small, _)| small.task));
                return Err(failed);
            }
        }
        Ok(())
    }

    /// Stores what was fetched; what is left of it is not stored.
    fn store_all<'p>(
        &self,
        session: &mut Session,
        fetched: &mut VecDeque<(Small<'p>, Vec<u8>)>,
        queue: &Queue<Numbered<'p>>,
    ) -> Ended<'p> {
        let mut sizes = VecDeque::new();
        for (small, content) in fetched.iter_mut() {
            small.blocks = self.blocks && session.keeps_data_connection();
            let store = self.store(&small.one, 0);
            let store = if small.blocks { Store { codec: BLOCKS, ..store } } else { store };
            let (content, dating) = (std::mem::take(content), store.dating(session, self.care));
            let size = content.len() as u64;
            sizes.push_back(size);
            let source = Source::Stream { reader: Box::new(Cursor::new(content)), remaining: Some(size) };
            let (request, end) = begin_store(&store, source);
            // A connection that takes nothing more says why when the first of them is to be finished.
            small.dated = session.begin(request, Some(end)).is_ok()
                && dating.is_some_and(|request| session.begin(request, None).is_ok());
        }
        while let (Some((small, _)), Some(size)) = (fetched.pop_front(), sizes.pop_front()) {
            // In MODE B more than the file goes over the wire.
            let mut looker = OneFile::new(self.report).at_most(size);
            let outcome = session.finish(&mut looker);
            // Both answers are taken, whatever the first one says.
            let dated = if small.dated { session.finish(&mut Unseen).map(drop) } else { Ok(()) };
            let store = self.store(&small.one, 0);
            let result = match outcome {
                Ok(Outcome::Transferred { bytes, .. }) => {
                    store.dated(dated).map(|()| if small.blocks { size } else { bytes })
                }
                Ok(_) => Err(store.failure(&ClientError::Protocol("the end of a transfer"))),
                Err(error) if small.lost_its_connection(&error, session) => {
                    queue.later(small.task);
                    continue;
                }
                Err(error) => Err(store.failure(&error)),
            };
            match result {
                Ok(bytes) => {
                    self.report.done(&small.one.source, &small.one.target, bytes, bytes, small.began.elapsed());
                    self.done(&small.task, queue);
                }
                Err(failure) => self.failed(Fault::Target(failure), small.task, queue)?,
            }
        }
        Ok(())
    }
}

/// Gives tasks back, so that they are taken in their order.
fn back<T>(queue: &Queue<T>, tasks: impl DoubleEndedIterator<Item = Task<T>>) {
    tasks.rev().for_each(|task| queue.back(task));
}
