//! What a transfer does early, while another request runs, and what it leaves undone while others follow it; see [`super::super::queue`].

use super::super::link::Link;
use super::super::movement::Movement;
use super::super::way::Way;
use super::{Awaited, Data, Transfer, is_in_force};
use crate::action::DataPath;
use crate::codec::Codec;
use crate::reply::{Class, Reply};

impl Transfer {
    /// Sends EPSV or PASV while another request runs, and the command too if it changes nothing on the server; or both, where the way is known to work.
    pub(in super::super) fn begin_early(link: &mut Link, movement: Movement, codec: Codec) -> Self {
        let mut transfer = Self { early: true, waits: true, ..Self::new(link, movement, codec) };
        transfer.approach(link);
        transfer
    }

    /// Is there nothing to set first, and nothing left to find out?
    pub(in super::super) fn may_begin_early(link: &Link, codec: Codec) -> bool {
        let way = match Way::first(link) {
            _ if codec.keeps_connection() => link.kept,
            Way::Active => link.active.is_ready(),
            _ => link.passive_proven,
        };
        is_in_force(link, codec) && !link.rest_lingers && way
    }

    /// May the commands of another request go out behind its own? Not while it might still have to send one itself, if only an ABOR. A download can
    /// be ended by closing the data connection.
    pub(in super::super) fn may_be_followed(&self, link: &Link) -> bool {
        let asked = self.awaited.back() == Some(&Awaited::Movement) || self.last.is_some();
        asked
            && self.ending.is_none()
            && match self.movement {
                Movement::Retrieve { .. } if self.way == Way::Active => {
                    link.gains_by_active() && !link.rest_lingers && self.is_connected()
                }
                Movement::Retrieve { .. } => link.passive_proven && !link.rest_lingers,
                Movement::Store { .. } => matches!(self.data, Data::Ended(Ok(_))),
                Movement::List { .. } => false,
            }
    }

    /// Has the data connection come to be?
    fn is_connected(&self) -> bool {
        matches!(self.data, Data::Open(_) | Data::Moving { .. } | Data::Ended(_))
    }

    /// Has it been begun early, and is all said that is to be? So is a download over the data connection that stays open.
    pub(in super::super) fn needs_no_more(&self) -> bool {
        self.early && self.way == Way::Kept && !self.movement.is_upload()
    }

    /// It has been begun early, and its turn has come.
    pub(in super::super) fn take_turn(&mut self, link: &mut Link) {
        self.waits = false;
        link.progress = 0;
    }

    /// The way of a transfer that was given up: connects there, to close that connection at once.
    pub(super) fn hang_up(&mut self, link: &mut Link, reply: &Reply) {
        let address =
            (reply.code().class() == Class::Completion).then(|| self.way.address(&link.config, reply)).flatten();
        if let Some(address) = address {
            let op = link.next_op();
            self.open(link, op, DataPath::Connect(address));
        }
    }
}
