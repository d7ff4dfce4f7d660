//! Text in columns of a terminal: how wide it is, where it is cut, and where its lines break.

use crate::tone::{Styled, Tone};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a text takes.
pub(super) fn columns_of(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, in at most `room` columns; what is missing is shown by `…`.
pub(super) fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = head(text.chars(), room.saturating_sub(1));
    if room > 0 {
        out.push('…');
    }
    out
}

/// The end of a text, in at most `room` columns.
pub(super) fn tail(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let back: String = head(text.chars().rev(), room.saturating_sub(1));
    let mark = if room > 0 { "…" } else { "" };
    format!("{mark}{}", back.chars().rev().collect::<String>())
}

/// A text with blanks behind it, in `room` columns.
pub(super) fn left(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(text.width())))
}

fn head(signs: impl Iterator<Item = char>, room: usize) -> String {
    let mut taken = 0;
    signs
        .take_while(|sign| {
            taken += sign.width().unwrap_or(0);
            taken <= room
        })
        .collect()
}

/// A line in lines of at most `room` columns: broken behind a blank where there is one in the second half, anywhere otherwise.
pub(super) fn wrapped(line: &Styled, room: usize) -> Vec<Styled> {
    let room = room.max(2);
    let signs: Vec<(Tone, char)> =
        line.parts().iter().flat_map(|(tone, text)| text.chars().map(|sign| (*tone, sign))).collect();
    let mut lines = Vec::new();
    let mut rest = signs.as_slice();
    loop {
        let mut columns = 0;
        let fits = rest.iter().take_while(|(_, sign)| {
            columns += sign.width().unwrap_or(0);
            columns <= room
        });
        let mut count = fits.count();
        if count == rest.len() {
            lines.push(joined(rest));
            return lines;
        }
        if let Some(blank) = rest.iter().take(count).rposition(|(_, sign)| *sign == ' ').filter(|at| at * 2 > count) {
            count = blank + 1;
        }
        let (line, more) = rest.split_at(count);
        lines.push(joined(line));
        rest = more;
    }
}

fn joined(signs: &[(Tone, char)]) -> Styled {
    let runs = signs.chunk_by(|(one, _), (other, _)| one == other);
    runs.fold(Styled::default(), |line, run| {
        let tone = run.first().map(|(tone, _)| *tone).unwrap_or_default();
        line.and(tone, run.iter().map(|(_, sign)| *sign).collect::<String>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(line: &Styled) -> String {
        line.parts().iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn lines_break_behind_blanks_and_wide_signs_count_twice() {
        let lines = |text: &str, room| wrapped(&text.into(), room).iter().map(plain).collect::<Vec<_>>();
        assert_eq!(lines("one two three", 8), ["one two ", "three"]);
        assert_eq!(lines("a abcdefghij", 8), ["a abcdef", "ghij"]);
        assert_eq!(lines("日本語", 4), ["日本", "語"]);
        assert_eq!(lines("", 4), [""]);
        assert_eq!((cut("abcdef", 4).as_str(), tail("abcdef", 4).as_str()), ("abc…", "…def"));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a-z 日é]{0,60}", room in 2_usize..30) {
            let lines = wrapped(&text.as_str().into(), room);
            prop_assert_eq!(lines.iter().map(plain).collect::<String>(), text.clone());
            prop_assert!(lines.iter().all(|line| columns_of(&plain(line)) <= room));
            prop_assert!(columns_of(&cut(&text, room)) <= room && columns_of(&tail(&text, room)) <= room);
        }
    }
}
