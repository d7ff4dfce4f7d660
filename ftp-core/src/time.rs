//! The two clocks of a session: [`Time`], which deadlines are measured in, and [`WallTime`], which files are dated in.
//!
//! Neither reads a clock. The host hands both in.

use alloc::vec::Vec;
use core::ops::Add;
use core::time::Duration;

/// A point on the host's monotonic clock: the time since an epoch that the host chose and keeps for the session's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The host's epoch.
    pub const ZERO: Time = Time(Duration::ZERO);

    /// The point that lies `since_epoch` after the host's epoch.
    pub const fn new(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The time since the host's epoch.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this point; zero if `earlier` is later.
    pub const fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Saturates at the end of time rather than overflow.
    fn add(self, rhs: Duration) -> Time {
        Time(self.0.saturating_add(rhs))
    }
}

/// A moment in UTC with nanoseconds, as RFC 3659 2.3 dates files ("all times are UTC").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    pub seconds: i64,
    /// Nanoseconds past `seconds`, below 1,000,000,000.
    pub nanos: u32,
}

/// A [`WallTime`] as a calendar (proleptic Gregorian, UTC) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; may be negative.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; a leap second (60) is read as the second after.
    pub second: u8,
}

const SECONDS_PER_DAY: i64 = 86_400;
/// Days in the 400 years after which the Gregorian calendar repeats itself.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

impl Civil {
    /// The days of a month, 1 to 12; 0 for any other number.
    fn days_in(year: i64, month: u8) -> u8 {
        match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 0,
        }
    }

    /// Is there such a date and time? The leap second is allowed for.
    fn exists(&self) -> bool {
        (1..=Self::days_in(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second <= 60
    }
}

impl WallTime {
    /// The moment that a calendar shows as `civil`; `None` if there is no such date or time, or none that fits.
    pub fn from_civil(civil: Civil) -> Option<Self> {
        if !civil.exists() {
            return None;
        }
        // Years are counted from March, so that the leap day is the last of its year.
        let (month, borrow) = if civil.month > 2 { (civil.month - 3, 0) } else { (civil.month + 9, 1) };
        let year = civil.year.checked_sub(borrow)?;
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * i64::from(month) + 2) / 5 + i64::from(civil.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = year.div_euclid(400).checked_mul(DAYS_PER_ERA)?.checked_add(day_of_era - DAYS_TO_EPOCH)?;
        let second_of_day = i64::from(civil.hour) * 3600 + i64::from(civil.minute) * 60 + i64::from(civil.second);
        let seconds = days.checked_mul(SECONDS_PER_DAY)?.checked_add(second_of_day)?;
        Some(Self { seconds, nanos: 0 })
    }

    /// What a calendar shows at this moment; the fraction of the second is left out.
    pub fn civil(self) -> Civil {
        let days = self.seconds.div_euclid(SECONDS_PER_DAY) + DAYS_TO_EPOCH;
        let second_of_day = self.seconds.rem_euclid(SECONDS_PER_DAY).cast_unsigned();
        let day_of_era = days.rem_euclid(DAYS_PER_ERA).cast_unsigned();
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Civil {
            year: days.div_euclid(DAYS_PER_ERA) * 400 + year_of_era.cast_signed() + carry,
            month: month as u8,
            day: day as u8,
            hour: (second_of_day / 3600) as u8,
            minute: (second_of_day / 60 % 60) as u8,
            second: (second_of_day % 60) as u8,
        }
    }

    /// Reads `YYYYMMDDHHMMSS[.sss]` (RFC 3659 2.3); digits past the nanoseconds are cut off.
    ///
    /// ```text
    /// time-val = 14DIGIT [ "." 1*DIGIT ]
    /// ```
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (stamp, fraction) = text.split_at_checked(14)?;
        let nanos = match fraction {
            [] => 0,
            [b'.', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                let padded = digits.iter().copied().chain(core::iter::repeat(b'0')).take(9);
                padded.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'))
            }
            _ => return None,
        };
        let year = 100 * u16::from(two_digits(stamp, 0)?) + u16::from(two_digits(stamp, 2)?);
        if year < EARLIEST_YEAR {
            return None;
        }
        let whole = Self::from_civil(Civil {
            year: year.into(),
            month: two_digits(stamp, 4)?,
            day: two_digits(stamp, 6)?,
            hour: two_digits(stamp, 8)?,
            minute: two_digits(stamp, 10)?,
            second: two_digits(stamp, 12)?,
        })?;
        Some(Self { nanos, ..whole })
    }

    /// `YYYYMMDDHHMMSS` (RFC 3659 2.3), rounded down to whole seconds, as servers show it; `None` outside of the years
    /// 1000 to 9999, which cannot be expressed.
    pub fn time_val(self) -> Option<[u8; 14]> {
        let civil = self.civil();
        let year = u16::try_from(civil.year).ok().filter(|year| (EARLIEST_YEAR..=LATEST_YEAR).contains(year))?;
        let (century, year) = ((year / 100) as u8, (year % 100) as u8);
        let pairs = [century, year, civil.month, civil.day, civil.hour, civil.minute, civil.second];
        let mut text = [0; 14];
        for (place, pair) in text.chunks_exact_mut(2).zip(pairs) {
            place.copy_from_slice(&[b'0' + pair / 10, b'0' + pair % 10]);
        }
        Some(text)
    }

    /// Appends `YYYYMMDDHHMMSS`, as [`WallTime::time_val`] shows it; what cannot be expressed becomes the nearest that can.
    pub fn write(self, out: &mut Vec<u8>) {
        let nearest = if self < Self::default() { *b"10000101000000" } else { *b"99991231235959" };
        out.extend_from_slice(&self.time_val().unwrap_or(nearest));
    }
}

impl WallTime {
    /// Appends the time with its fraction, if it has one: what [`WallTime::parse`] reads as the same.
    pub fn write_exact(self, out: &mut Vec<u8>) {
        self.write(out);
        if self.nanos > 0 {
            let fraction = alloc::format!(".{:09}", self.nanos);
            out.extend_from_slice(fraction.trim_end_matches('0').as_bytes());
        }
    }
}

/// The years that a time-val can hold (RFC 3659 2.3).
const EARLIEST_YEAR: u16 = 1000;
const LATEST_YEAR: u16 = 9999;

/// The number that the two digits at `at` show.
fn two_digits(text: &[u8], at: usize) -> Option<u8> {
    match text.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(time: WallTime) -> Vec<u8> {
        let mut out = Vec::new();
        time.write(&mut out);
        out
    }

    #[test]
    fn known_dates() {
        for (text, seconds) in [
            (b"19700101000000", 0),
            (b"19691231235959", -1),
            (b"20000229000000", 951_782_400),
            (b"19990112030508", 916_110_308),
            (b"20380119031408", 2_147_483_648),
            (b"10000101000000", -30_610_224_000),
            (b"99991231235959", 253_402_300_799),
        ] {
            let time = WallTime { seconds, nanos: 0 };
            assert_eq!(WallTime::parse(text), Some(time));
            assert_eq!(written(time), text);
        }
    }

    #[test]
    fn fractions_are_read_and_not_written() {
        let time = WallTime::parse(b"19700101000001.25").unwrap();
        assert_eq!(time, WallTime { seconds: 1, nanos: 250_000_000 });
        assert_eq!(written(time), b"19700101000001");
        assert_eq!(WallTime::parse(b"19700101000001.1234567899").unwrap().nanos, 123_456_789);
        assert_eq!(written(WallTime { seconds: -1, nanos: 999_999_999 }), b"19691231235959");
        let exact = |nanos| {
            let mut out = Vec::new();
            WallTime { seconds: 1, nanos }.write_exact(&mut out);
            out
        };
        assert_eq!((exact(0), exact(50_000_000)), (b"19700101000001".to_vec(), b"19700101000001.05".to_vec()));
    }

    #[test]
    fn a_leap_second_is_the_second_after() {
        assert_eq!(WallTime::parse(b"19981231235960"), WallTime::parse(b"19990101000000"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            &b""[..],
            b"1999010203040",
            b"199901020304056",
            b"19990102030405.",
            b"19990102030405.x",
            b"1999010203040x",
            b"19990002030405",
            b"19991302030405",
            b"19990229000000",
            b"19000229000000",
            b"19990132000000",
            b"19990100000000",
            b"19990102240000",
            b"19990102006000",
            b"19990102000061",
            b"09990102000000",
            b"+9990102000000",
        ] {
            assert_eq!(WallTime::parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_cannot_be_expressed_becomes_the_nearest() {
        assert_eq!(written(WallTime { seconds: i64::MIN, nanos: 0 }), b"10000101000000");
        assert_eq!(written(WallTime { seconds: i64::MAX, nanos: 0 }), b"99991231235959");
        assert_eq!(WallTime { seconds: 253_402_300_800, nanos: 0 }.time_val(), None);
    }

    #[test]
    fn a_calendar_date_that_does_not_fit_is_refused() {
        for year in [i64::MIN, i64::MAX, i64::MAX / 400] {
            let civil = Civil { year, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
            assert_eq!(WallTime::from_civil(civil), None);
        }
    }

    proptest! {
        #[test]
        fn every_second_has_its_date(seconds in (i64::MIN + SECONDS_PER_DAY)..i64::MAX) {
            let time = WallTime { seconds, nanos: 0 };
            prop_assert!(time.civil().exists());
            prop_assert_eq!(WallTime::from_civil(time.civil()), Some(time));
        }

        #[test]
        fn a_day_later_is_the_next_date(days in -800_000_i64..800_000) {
            let date = |days: i64| WallTime { seconds: days * SECONDS_PER_DAY, nanos: 0 }.civil();
            let (today, tomorrow) = (date(days), date(days + 1));
            let next = if today.day < Civil::days_in(today.year, today.month) {
                Civil { day: today.day + 1, ..today }
            } else if today.month < 12 {
                Civil { day: 1, month: today.month + 1, ..today }
            } else {
                Civil { day: 1, month: 1, year: today.year + 1, ..today }
            };
            prop_assert_eq!(tomorrow, next);
        }

        #[test]
        fn parse_reads_what_write_wrote(seconds in -30_610_224_000_i64..=253_402_300_799, nanos in 0..1_000_000_000_u32) {
            let time = WallTime { seconds, nanos };
            prop_assert_eq!(WallTime::parse(&written(time)), Some(WallTime { nanos: 0, ..time }));
        }

        #[test]
        fn parse_bears_anything(text in proptest::collection::vec(any::<u8>(), 0..24), digits in "[0-9]{14}(\\.[0-9]{0,12})?") {
            let _ = WallTime::parse(&text);
            if let Some(time) = WallTime::parse(digits.as_bytes()) {
                prop_assert!(time.nanos < 1_000_000_000);
            }
        }
    }
}
