//! Durations on the command line: `90`, `90s`, `5m`, `2h`.

use std::time::Duration;

/// Reads a duration.
///
/// # Errors
/// What is wrong, and how it is written.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds =
        number.parse::<u32>().map_err(|_| "write a whole number and s, m or h, as in 90s or 5m".to_owned())?;
    Ok(Duration::from_secs(u64::from(seconds) * unit))
}

/// Reads a duration that is not zero.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("must be longer than nothing, as in 30s".to_owned()),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_count() {
        assert_eq!(parse("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("90s"), parse("90"));
        assert_eq!(parse("5m"), parse("300"));
        assert_eq!(parse("2h"), parse("7200"));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "s", "-1s", "1.5m", "5 m", "5d", "99999999999"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse_positive("0").is_err());
    }
}
