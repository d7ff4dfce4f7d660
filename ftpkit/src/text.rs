//! Foreign bytes for a terminal: names and replies come from the other machine, and must not drive this one's screen.

use std::fmt::Write;

/// `bytes` as text: UTF-8 where it is UTF-8, control characters and other bytes escaped.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || is_bidi_control(c) { out.extend(c.escape_default()) } else { out.push(c) }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Characters that turn the direction of what follows, so that `exe.txt` looks like another name.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_could_drive_a_terminal_is_escaped() {
        assert_eq!(shown("näme\u{1b}[2J\r\n".as_bytes()), r"näme\u{1b}[2J\r\n");
        assert_eq!(shown(b"\xff\x9b1m"), r"\xff\x9b1m");
        assert_eq!(shown("a\u{202e}txt.exe\u{9b}".as_bytes()), r"a\u{202e}txt.exe\u{9b}");
    }
}
