//! Is there room for it all? Asked before the first byte moves.

use super::plan::{Plan, Step};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Session, path};
use ftp_core::client::{Outcome, Request};
use ftp_core::path::VirtualPath;
use ftp_host::storage::{Disk, Storage};
use indicatif::HumanBytes;

/// Refuses a plan that the local disk has no room for.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn check_local(plan: &Plan, disk: &Disk, dir: &str) -> Result<(), Failure> {
    // What is there of a file that is gone on with needs no more room; what is replaced needs it twice for a while.
    let present = |step: &Step| match step {
        Step::Move(order) if order.resume => {
            let path = VirtualPath::root().resolve(&order.to).ok();
            path.and_then(|path| {
                let in_pieces = disk.pieces_left(&path).ok().flatten().map(|left| left.taken.min(left.version.size));
                in_pieces.or(disk.partial(&path).ok().flatten())
            })
            .unwrap_or(0)
        }
        _ => 0,
    };
    let need = plan.total().1.saturating_sub(plan.steps.iter().map(present).sum());
    match disk.space(&VirtualPath::root()) {
        Ok(Some(room)) if room < need => Err(no_room(&format!("cannot write to {dir}"), need, room)),
        _ => Ok(()),
    }
}

/// Refuses a plan that the server says it has no room for (AVBL). Most servers do not say.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn check_remote(plan: &Plan, session: &mut Session, root: &[u8], shown: &str) -> Result<(), Failure> {
    let need = plan.total().1;
    if !session.offers("AVBL") || need == 0 {
        return Ok(());
    }
    // A server that lists AVBL and then refuses it has said nothing.
    let room = match session.ask(Request::Available(path::some(root))) {
        Ok(Outcome::Size(room)) => Some(room),
        _ => None,
    };
    match room {
        Some(room) if room < need => Err(no_room(&format!("cannot store to {shown}"), need, room)),
        _ => Ok(()),
    }
}

fn no_room(what: &str, need: u64, room: u64) -> Failure {
    let why = format!("it takes {}, and there is room for {}", HumanBytes(need), HumanBytes(room));
    Failure::new(Exit::Disk, what, why).with_remedy("make room, or move less").that_ends_all()
}
