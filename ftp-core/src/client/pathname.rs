//! Path names in replies (RFC 959, appendix II), and which of them may be sent.

use alloc::vec::Vec;

/// The path in the text of a 257 reply: in double quotes, which are doubled inside it. Servers also write it in single quotes or bare; a
/// bare one is only recognised by its slash.
pub(super) fn quoted_path(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(start) = text.iter().position(|&byte| byte == b'"') {
        return unquote(text.get(start + 1..)?, b'"');
    }
    let text = text.trim_ascii();
    match text.first()? {
        b'\'' => unquote(text.get(1..)?, b'\''),
        b'/' => Some(text.split(|&byte| byte == b' ').next()?.to_vec()),
        _ => None,
    }
}

/// Reads up to the closing quote; a quote that is doubled stands for itself.
fn unquote(text: &[u8], quote: u8) -> Option<Vec<u8>> {
    let mut path = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == quote && bytes.next_if_eq(&quote).is_none() {
            return (!path.is_empty()).then_some(path);
        }
        path.push(byte);
    }
    None
}

/// Can this be the argument of a command? LF would end the command, and NUL belongs to the Telnet layer; CR can be carried
/// (RFC 2640 3.1).
pub(super) fn is_sendable(argument: &[u8]) -> bool {
    !argument.is_empty() && !argument.iter().any(|byte| matches!(byte, b'\n' | 0))
}

/// Can this be a name in a directory? A listing's name that is a path, or no name at all, would lead a client astray: one with a slash
/// everywhere, and one that leads out of its directory where a backslash parts names and a letter names a drive. A backslash alone is an
/// ordinary letter to most systems, and stays.
pub(super) fn is_plain_name(name: &[u8]) -> bool {
    let drive = matches!(name, [letter, b':'] | [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    let mut parts = name.split(|&byte| byte == b'\\');
    let climbs = parts.any(|part| matches!(part, b"..")) || name.starts_with(b"\\");
    !matches!(name, b"" | b".") && !drive && !climbs && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_astray_are_none() {
        for name in [
            &b""[..],
            b".",
            b"..",
            b"a/b",
            b"/",
            b"a\0",
            b"..\\a",
            b"a\\..\\..\\b",
            b"\\a",
            b"\\\\host\\a",
            b"C:",
            b"c:\\a",
        ] {
            assert!(!is_plain_name(name), "{}", name.escape_ascii());
        }
        for name in [&b"a"[..], b"...", b"..a", b"a..", b"a\\x2db", b"a:b", b"12:30", b"~", b"-rf", b" "] {
            assert!(is_plain_name(name), "{}", name.escape_ascii());
        }
    }
}
