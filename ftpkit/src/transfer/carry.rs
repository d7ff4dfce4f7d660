//! [`carry`]: a file from one server to another. One session fetches it while another stores it, and between them lies a
//! [`conduit`](super::conduit): nothing touches the disk. The servers do not connect to each other (FXP): one that connects to where
//! somebody says can be turned against third parties (RFC 2577 3), so good ones refuse it.

use super::conduit::{Inlet, Outlet, conduit};
use super::fetch::{Fetch, prove, repeated};
use super::proof::compare_servers;
use super::store::{Store, Unseen, begin_store, check_size, tail};
use super::{Care, Verify};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::failure;
use crate::remote::{Looker, Moved, Session};
use ftp_core::action::TransferError;
use ftp_core::client::{ClientError, Request};
use ftp_core::reply::Reply;
use ftp_host::client::End;
use ftp_host::pump::Sink;
use ftp_host::storage::Source;
use std::io::{self, ErrorKind, Read};

/// What failed, by the server that is at fault: its connection is the one that may have to be made anew.
pub(crate) enum Fault {
    /// Of the server that gives.
    Source(Failure),
    /// Of the one that takes.
    Target(Failure),
}

impl Fault {
    /// What went wrong.
    pub(crate) fn failure(&self) -> &Failure {
        match self {
            Self::Source(failure) | Self::Target(failure) => failure,
        }
    }
}

/// What came of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    /// What went to the target.
    pub(crate) moved: Moved,
    /// A digest was asked for, and the servers have none in common: the bytes were counted instead.
    pub(crate) counted: bool,
}

/// Moves the file that `fetch` names at one server to where `store` says at the other. The target hears its end when it has proven to be
/// whole, and nothing at all before the source has begun. What the target has of it is compared first, as far as
/// [`OVERLAP`](super::OVERLAP) reaches back; both orders say the same of it.
///
/// # Errors
/// [`Fault`]. With [`Exit::Conflict`], what the target has is not to be gone on with.
pub(crate) fn carry(
    source: &mut Session,
    target: &mut Session,
    (fetch, store): (&Fetch<'_>, &Store<'_>),
    care: Care,
    looker: &mut dyn Looker,
) -> Result<Carried, Fault> {
    let expected = expected(target, store).map_err(Fault::Target)?;
    let known = expected.is_some();
    let (inlet, outlet) =
        conduit().map_err(|error| Fault::Target(Failure::new(Exit::Internal, "cannot move files", error)))?;
    let (came, moved) = std::thread::scope(|scope| {
        let giving = scope.spawn(|| give(source, fetch, &inlet, care, looker));
        let taken = take(target, store, expected, &outlet);
        // Whoever ends first is not cut off by the other.
        let first = taken.is_err() && !outlet.has_ended();
        outlet.close();
        let died = |_| Err(Failure::new(Exit::Internal, "cannot move files", "a thread died"));
        match (giving.join().unwrap_or_else(died), taken) {
            (Err(failure), _) if !first => Err(Fault::Source(failure)),
            (_, Err(failure)) => Err(Fault::Target(failure)),
            (Err(failure), Ok(_)) => Err(Fault::Source(failure)),
            (Ok(came), Ok(moved)) => Ok((came, moved)),
        }
    })?;
    let sent = store.present.saturating_add(moved.bytes);
    // Two pieces make a whole only if nobody else has added to it: the size tells.
    if store.codec.is_raw() && (store.present > 0 || care.verify == Verify::Size) {
        check_size(target, store, sent, care).map_err(Fault::Target)?;
    }
    let asked = care.verify == Verify::Hash;
    let compared = if asked || !known {
        compare_servers(source, target, (fetch, store)).map_err(|fault| again(fault, known))?
    } else {
        false
    };
    let counted = asked && !compared;
    if counted {
        let care = Care { verify: Verify::Size, ..care };
        prove(source, fetch, came, care).map_err(Fault::Source)?;
        check_size(target, store, sent, care).map_err(Fault::Target)?;
    }
    store.date(target, care).map_err(Fault::Target)?;
    Ok(Carried { moved, counted })
}

/// The bytes that the source is to send first: those that the target has already. `None`: the target does not show them, as where a part is kept
/// aside until it is whole.
fn expected(target: &mut Session, store: &Store<'_>) -> Result<Option<Vec<u8>>, Failure> {
    if store.present == 0 {
        return Ok(Some(Vec::new()));
    }
    match tail(target, store) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ClientError::Transfer(TransferError::Storage(_))) => Err(conflict(store, "it is longer than it was")),
        Err(ClientError::Refused(reply)) if is_unknown(&reply) => Err(conflict(store, MIDST)),
        Err(ClientError::Refused(_)) => Ok(None),
        Err(error) => Err(failure(format!("cannot check {}", store.shown), &error)),
    }
}

const MIDST: &str = "the server cannot begin in the midst of a file";

/// Is REST not served (RFC 959 5.4)?
fn is_unknown(reply: &Reply) -> bool {
    matches!(reply.code().number(), 500..=504)
}

/// What was gone on with unseen and has another digest was another file's.
fn again(fault: Fault, known: bool) -> Fault {
    match fault {
        Fault::Target(mut failure) if failure.exit == Exit::Verification && !known => {
            failure.exit = Exit::Conflict;
            Fault::Target(failure)
        }
        fault => fault,
    }
}

fn conflict(store: &Store<'_>, why: &str) -> Failure {
    Failure::new(Exit::Conflict, format!("cannot go on with {}", store.shown), why)
        .with_remedy("--on-conflict overwrite stores it anew")
}

/// Fetches into the conduit, and says whether that was all.
fn give(
    session: &mut Session,
    fetch: &Fetch<'_>,
    inlet: &Inlet,
    care: Care,
    looker: &mut dyn Looker,
) -> Result<u64, Failure> {
    let offset = fetch.present - repeated(fetch.present);
    let request = Request::Retrieve { path: fetch.path.to_vec(), offset, codec: fetch.codec };
    let end = End::Sink(Sink::Writer(Box::new(inlet.clone())));
    let given = match session.transfer(request, end, looker) {
        Err(ClientError::Refused(reply)) if offset > 0 && is_unknown(&reply) => {
            Err(Failure::new(Exit::Conflict, format!("cannot go on with {}", fetch.shown), MIDST))
        }
        Err(error) => Err(fetch.failure(&error)),
        Ok(moved) => {
            let came = fetch.came(moved.bytes);
            prove(session, fetch, came, care).map(|()| came)
        }
    };
    inlet.end(given.is_ok());
    given
}

/// Stores what comes out of the conduit behind the bytes of `expected`, or behind as many if nobody knows them.
fn take(
    session: &mut Session,
    store: &Store<'_>,
    expected: Option<Vec<u8>>,
    outlet: &Outlet,
) -> Result<Moved, Failure> {
    // A file is not replaced before there is something to replace it.
    let mut head = vec![0; repeated(store.present).max(1) as usize];
    let came = read_full(outlet.clone(), &mut head)
        .map_err(|error| Failure::new(Exit::Broken, format!("cannot store {}", store.shown), error))?;
    head.truncate(came);
    // What is there already is compared and not stored again.
    let new = if store.present == 0 {
        head
    } else if came == repeated(store.present) as usize && expected.is_none_or(|expected| expected == head) {
        Vec::new()
    } else {
        return Err(conflict(store, "what is there is not the beginning of the file"));
    };
    let reader = Box::new(io::Cursor::new(new).chain(outlet.clone()));
    let (request, end) = begin_store(store, Source::Stream { reader, remaining: None });
    session.transfer(request, end, &mut Unseen).map_err(|error| store.failure(&error))
}

/// Reads until `room` is full or nothing more comes: how many bytes.
fn read_full(mut from: impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut came = 0;
    while let Some(rest) = room.get_mut(came..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(count) => came += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(came)
}
