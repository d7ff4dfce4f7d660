//! Numbers as listings show them: written straight into the buffer, and read from digits alone (no sign, no space).

use alloc::vec::Vec;
use nom::Parser;
use nom::bytes::complete::take_while_m_n;
use nom::combinator::map_opt;
use nom::error::Error;

/// Appends `number` in `base` (at most 16), at least `width` characters wide, filled in front with `fill`.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64, base: u64, width: usize, fill: u8) {
    // The longest number is 64 bits of an octal mode: 22 digits.
    let mut digits = [0; 22];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number % base) as usize];
        number /= base;
        if number == 0 {
            break;
        }
    }
    let digits = &digits[at..];
    out.resize(out.len() + width.saturating_sub(digits.len()), fill);
    out.extend_from_slice(digits);
}

/// Appends `number` in decimal.
pub(super) fn push_decimal(out: &mut Vec<u8>, number: u64) {
    push_number(out, number, 10, 0, b' ');
}

/// The number that `digits`, all of them, show in `base`; `None` where one is no digit, or none is there, or the number
/// has no room.
pub(super) fn parse_number(digits: &[u8], base: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        let digit = char::from(byte).to_digit(base)?;
        number.checked_mul(u64::from(base))?.checked_add(u64::from(digit))
    })
}

/// A decimal number of `least` to `most` digits, of which there are at most four.
pub(super) fn number<'a>(least: usize, most: usize) -> impl Parser<&'a [u8], Output = u16, Error = Error<&'a [u8]>> {
    map_opt(take_while_m_n(least, most, |byte: u8| byte.is_ascii_digit()), |digits| {
        parse_number(digits, 10).and_then(|number| u16::try_from(number).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [&b""[..], b"+1", b"-1", b" 1", b"1 ", b"18446744073709551616"] {
            assert_eq!(parse_number(text, 10), None);
        }
        assert_eq!(parse_number(b"18446744073709551615", 10), Some(u64::MAX));
        assert_eq!(parse_number(b"8", 8), None);
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_format_does(number: u64, width in 0..30_usize) {
            let mut out = Vec::new();
            push_number(&mut out, number, 10, width, b' ');
            push_number(&mut out, number, 8, 0, b'0');
            push_number(&mut out, number, 16, width, b'0');
            prop_assert_eq!(out, format!("{number:width$}{number:o}{number:0width$x}").into_bytes());
        }

        #[test]
        fn numbers_are_read_back(number: u64, base in prop_oneof![Just(8), Just(10), Just(16)]) {
            let mut out = Vec::new();
            push_number(&mut out, number, u64::from(base), 0, b' ');
            prop_assert_eq!(parse_number(&out, base), Some(number));
        }
    }
}
