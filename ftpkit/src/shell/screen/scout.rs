//! [`Scout`]: looks in the background what is in the directories of the server that are about to be typed, on a connection beside that of
//! the commands, which goes to the next transfer when it is free. A server that gives no second connection is not asked for one again, since
//! it may count what it refuses; what somebody waits for is looked up on the first then, when nothing else is to be done there.

use super::super::complete::Names;
use super::Order;
use super::state::Shared;
use crate::failure::Failure;
use crate::remote::{FtpUrl, Site, list};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Where to look.
struct Errand {
    site: Site,
    dir: Vec<u8>,
    /// Somebody waits for it.
    wanted: bool,
}

/// Takes errands, one after the other.
pub(super) struct Scout(Sender<Errand>);

impl Scout {
    /// Waits for errands. What is seen goes to `names`; where there is no connection, the errand to those who obey.
    pub(super) fn start(names: Names, orders: Sender<Order>, shared: &'static Shared) -> Self {
        let (errands, given) = channel();
        std::thread::spawn(move || run(&names, &given, &orders, shared));
        Self(errands)
    }

    /// Looks what is in this directory; is it `wanted`, or foreseen?
    pub(super) fn send(&self, site: Site, dir: Vec<u8>, wanted: bool) {
        // Nobody is there to look when all is over.
        let _ = self.0.send(Errand { site, dir, wanted });
    }
}

fn run(names: &Names, errands: &Receiver<Errand>, orders: &Sender<Order>, shared: &Shared) {
    // Where a second connection was refused.
    let mut refused: Option<FtpUrl> = None;
    for Errand { site, dir, wanted } in errands {
        if shared.with_unseen(|state| state.over) {
            return;
        }
        if !names.is_fresh(&dir) {
            let url = site.url().clone();
            let known = refused.as_ref().is_some_and(|refused| refused.is_same_login(&url));
            if known || look(names, site, &dir).is_err() {
                refused = Some(url);
                if wanted {
                    // Those who obey may have ended too.
                    let _ = orders.send(Order::LookUp(dir));
                }
                continue;
            }
        }
        shared.with(|state| state.learnt = true);
    }
}

/// Looks what is in a directory, once more if things changed meanwhile.
fn look(names: &Names, site: Site, dir: &[u8]) -> Result<(), Failure> {
    let mut session = site.unheard().open_once()?;
    for _ in 0..2 {
        let changes = names.changes();
        // Without a listing there is nothing to complete.
        let entries = list(&mut session, dir).unwrap_or_default();
        if names.learn_if(changes, dir, &entries) {
            break;
        }
    }
    session.close();
    Ok(())
}
