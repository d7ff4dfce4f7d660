//! Entries as proptest makes them up, for the tests of the forms that show them.

use super::{Entry, EntryKind};
use crate::permission::Permissions;
use crate::time::WallTime;
use alloc::vec::Vec;
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes that a line can show: most of them those that a grammar could trip over.
fn shown() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(&b" ;=-.:/,+<>0123456789"[..]),
        any::<u8>().prop_filter("ends the line", |byte| !matches!(byte, 0 | b'\r' | b'\n')),
    ]
}

/// The name of an entry.
pub(super) fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(shown(), 1..24).prop_filter("is a directory's own", |name| name != b"." && name != b"..")
}

fn kind() -> impl Strategy<Value = EntryKind> {
    prop_oneof![
        Just(EntryKind::File),
        Just(EntryKind::Directory),
        Just(EntryKind::Current),
        Just(EntryKind::Parent),
        Just(EntryKind::Symlink(Vec::new())),
        vec(shown(), 1..24).prop_map(EntryKind::Symlink),
        Just(EntryKind::Other),
    ]
}

fn permissions() -> impl Strategy<Value = Permissions> {
    prop::sample::subsequence(&Permissions::NAMES[..], 0..=Permissions::NAMES.len())
        .prop_map(|rights| rights.into_iter().fold(Permissions::NONE, |all, (_, right)| all | right))
}

/// A moment of the years 1000 to 9999.
pub(super) fn moment() -> impl Strategy<Value = WallTime> {
    let seconds = prop_oneof![-30_610_224_000_i64..=253_402_300_799, 0..2_000_000_000_i64];
    (seconds, 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| WallTime { seconds, nanos })
}

/// Any entry that a listing can show.
pub(super) fn entry() -> impl Strategy<Value = Entry> {
    (
        name(),
        kind(),
        any::<Option<u64>>(),
        prop::option::of(moment()),
        prop::option::of(0..=0o7777_u32),
        any::<Option<u64>>(),
        any::<Option<(u64, u64)>>(),
        permissions(),
    )
        .prop_map(|(name, kind, size, modified, mode, links, unique, permissions)| Entry {
            name,
            kind,
            size,
            modified,
            mode,
            links,
            unique,
            permissions,
        })
}

/// `line`, which is not empty, with one byte taken out, replaced or put in.
pub(super) fn mutate(mut line: Vec<u8>, at: prop::sample::Index, byte: u8, how: u8) -> Vec<u8> {
    let at = at.index(line.len());
    let (taken, put): (usize, &[u8]) = match how % 3 {
        0 => (1, &[]),
        1 => (1, &[byte]),
        _ => (0, &[byte]),
    };
    line.splice(at..at + taken, put.iter().copied());
    line
}
