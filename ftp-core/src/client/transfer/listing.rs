//! Transfers whose bytes are a listing: how they begin, the lines, and the time zone that no line tells.

use super::super::action::ClientError;
use super::super::entries::{Entries, Form, ListingTooLarge};
use super::super::link::Link;
use super::super::movement::Movement;
use super::super::task::Flow;
use super::super::zone::{offset, shift, witness};
use super::{Awaited, Data, Ending, Transfer, over};
use crate::codec::Codec;
use crate::command::Command;
use crate::listing::ListReader;
use crate::reply::{Class, Reply};
use crate::time::WallTime;
use alloc::vec::Vec;

impl Transfer {
    /// A directory's listing. MLSD is always in TYPE A (RFC 3659 7.2); LIST is where the server obeys TYPE, and a server that was told none
    /// is in TYPE A.
    pub(in super::super) fn list(link: &mut Link, path: Option<Vec<u8>>) -> Self {
        let mlsd = link.features.mlst() && !link.learnt.avoid_mlst;
        let form = if mlsd { Form::Mlsd } else { Form::List(ListReader::new(link.config.now_wall)) };
        let entries = Entries::new(form, link.config.listing_limit);
        Self::begin(link, Movement::List { path, entries }, Codec::ASCII)
    }

    /// The names in a directory.
    pub(in super::super) fn names(link: &mut Link, path: Option<Vec<u8>>) -> Self {
        let entries = Entries::new(Form::Names { below: path.clone().unwrap_or_default() }, link.config.listing_limit);
        Self::begin(link, Movement::List { path, entries }, Codec::ASCII)
    }

    /// Takes bytes of the listing.
    pub(in super::super) fn listing(&mut self, link: &mut Link, bytes: &[u8]) -> Result<(), ListingTooLarge> {
        let Movement::List { entries, .. } = &mut self.movement else {
            return Ok(());
        };
        if !matches!(self.data, Data::Moving { .. }) {
            return Ok(());
        }
        entries.take(bytes).inspect_err(|_| {
            self.give_up(link, Ending::Fail(ClientError::ListingTooLarge), true);
        })
    }

    /// The listing is complete, and so is the request, unless the times in it are local and nobody knows to what: then a witness is heard.
    pub(super) fn all_lines_in(&mut self, link: &mut Link) -> Flow {
        let Movement::List { path, entries } = &mut self.movement else { return Flow::Going };
        let local = entries.is_local();
        let found = entries.finish();
        let told = link.learnt.zone.is_some() || link.zone_unknown || !link.features.mdtm();
        let witness = if local && !told { witness(found) } else { None };
        let Some((name, listed)) = witness else { return self.listed(link) };
        let directory = path.as_ref().map_or(&b""[..], |path| path.strip_suffix(b"/").unwrap_or(path));
        let slash: &[u8] = if path.is_some() { b"/" } else { b"" };
        link.send(&Command::Mdtm(&[directory, slash, name].concat()));
        self.awaited.push_back(Awaited::Witness { listed });
        Flow::Going
    }

    /// Takes the witness's word.
    pub(super) fn heard_witness(link: &mut Link, listed: WallTime, reply: &Reply) {
        let told = reply.lines().iter().find_map(|line| WallTime::parse(line.trim_ascii()));
        let told = told.filter(|_| reply.code().class() == Class::Completion);
        link.learnt.zone = told.and_then(|told| offset(listed, told));
        link.zone_unknown = link.learnt.zone.is_none();
    }

    /// The entries are what they are.
    pub(super) fn listed(&mut self, link: &mut Link) -> Flow {
        let Movement::List { entries, .. } = &mut self.movement else { return Flow::Going };
        if let Some(zone) = link.learnt.zone.filter(|_| entries.is_local()) {
            shift(entries.finish(), zone);
        }
        let outcome = entries.outcome();
        over(link, Ok(outcome))
    }
}
