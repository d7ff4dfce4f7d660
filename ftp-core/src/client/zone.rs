//! The time zone of a server's LIST, which no line of it tells: one MDTM, which is UTC (RFC 3659 2.3), shows how far the clock of the listing is
//! off. MLSD needs nothing of this.

use crate::listing::{Entry, EntryKind};
use crate::time::WallTime;

/// Zones lie a multiple of this many seconds apart, and no farther from UTC than that many.
const STEP: i64 = 15 * 60;
const FARTHEST: i64 = 14 * 60 * 60;

const DAY: i64 = 24 * 60 * 60;

/// A file whose time is told to the minute. Lines that tell only the day are read as midnight.
pub(super) fn witness(entries: &[Entry]) -> Option<(&[u8], WallTime)> {
    entries.iter().find_map(|entry| {
        let modified = entry.modified.filter(|time| entry.kind == EntryKind::File && is_exact(*time))?;
        Some((&entry.name[..], modified))
    })
}

/// The seconds to add to the times of a listing that shows `listed` for what is `told` in UTC; `None` where no zone is so far off: then the
/// file has changed in between, or its year was not that.
pub(super) fn offset(listed: WallTime, told: WallTime) -> Option<i32> {
    let difference = told.seconds.checked_sub(listed.seconds)?;
    // A listing leaves out the seconds.
    let offset = difference.div_euclid(STEP) * STEP;
    let rest = difference - offset;
    if offset.abs() > FARTHEST || rest >= 60 {
        return None;
    }
    i32::try_from(offset).ok()
}

/// Sets the times of a listing to UTC.
pub(super) fn shift(entries: &mut [Entry], offset: i32) {
    for time in entries.iter_mut().filter_map(|entry| entry.modified.as_mut()).filter(|time| is_exact(**time)) {
        time.seconds = time.seconds.saturating_add(offset.into());
    }
}

fn is_exact(time: WallTime) -> bool {
    time.seconds.rem_euclid(DAY) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(stamp: &str) -> WallTime {
        WallTime::parse(stamp.as_bytes()).unwrap()
    }

    #[test]
    fn zones_are_told_from_other_differences() {
        for (listed, told, seconds) in [
            ("20261121120000", "20261121120000", Some(0)),
            ("20261121120000", "20261121120059", Some(0)),
            ("20261121120000", "20261121100030", Some(-7200)),
            ("20261121120000", "20261122003030", Some(45_000)),
            ("20261121174500", "20261121120012", Some(-20_700)),
            ("20261121140000", "20261121000030", Some(-50_400)),
            ("20261121141500", "20261121000030", None),
            ("20261121120000", "20261121120530", None),
            ("20261121120000", "20261121120101", None),
            ("20261121120000", "20261122120000", None),
            ("20261121120000", "20251121120000", None),
        ] {
            assert_eq!(offset(at(listed), at(told)), seconds, "{listed} {told}");
        }
    }

    #[test]
    fn a_line_that_tells_only_the_day_is_no_witness_and_is_not_shifted() {
        let file = |name: &str, stamp| Entry { modified: Some(at(stamp)), ..Entry::file(name, 1) };
        let mut entries = [file("day", "20261121000000"), file("minute", "20261121000200")];
        assert_eq!(witness(&entries), Some((&b"minute"[..], at("20261121000200"))));
        shift(&mut entries, -7200);
        let times = entries.map(|entry| entry.modified);
        assert_eq!(times, [Some(at("20261121000000")), Some(at("20261120220200"))]);
    }

    proptest! {
        #[test]
        fn any_two_times_can_be_compared(listed: i64, told: i64) {
            let time = |seconds| WallTime { seconds, nanos: 0 };
            let _ = offset(time(listed), time(told));
        }
    }
}
