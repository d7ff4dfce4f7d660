//! The text of a transcript's lines: escapes, quoted strings, variables. What the lines mean is not known here.

use std::fmt::Write as _;

/// Text with variables in it, as the client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    Variable(String),
}

impl Template {
    /// Reads text with escapes and `$name`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(dollar) = find_plain(rest, &['$']) {
            let (name, after) = variable(&rest[dollar..])?;
            pieces.push(Piece::Bytes(unescape(&rest[..dollar])?));
            pieces.push(Piece::Variable(name.to_owned()));
            rest = after;
        }
        pieces.push(Piece::Bytes(unescape(rest)?));
        Ok(Self(pieces))
    }

    /// Appends bytes at the end.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.push(Piece::Bytes(bytes.to_vec()));
    }

    /// The bytes, with each variable's value in its place.
    ///
    /// # Errors
    /// The name of a variable that has no value.
    pub fn fill<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<Vec<u8>, &str> {
        let mut bytes = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Bytes(plain) => bytes.extend_from_slice(plain),
                Piece::Variable(name) => bytes.extend_from_slice(value(name).ok_or(name.as_str())?.as_bytes()),
            }
        }
        Ok(bytes)
    }
}

/// Where the first of these characters stands that no backslash precedes.
pub(super) fn find_plain(text: &str, wanted: &[char]) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if wanted.contains(&c) {
            return Some(at);
        }
    }
    None
}

/// Splits `$name…` into the name and what follows.
pub(super) fn variable(text: &str) -> Result<(&str, &str), String> {
    let rest = &text[1..];
    let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
    if end == 0 {
        return Err("a `$` without a name: a variable is `$` and lower-case letters, a dollar is written `\\$`".into());
    }
    Ok(rest.split_at(end))
}

/// The bytes that text with escapes stands for.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let mut after = rest[at + 1..].chars();
        match after.next() {
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('0') => bytes.push(0),
            Some('x') => {
                let digits = after.as_str().get(..2).ok_or("a `\\x` needs two hexadecimal digits")?;
                bytes.push(u8::from_str_radix(digits, 16).map_err(|_| format!("`\\x{digits}` is not hexadecimal"))?);
                after = after.as_str()[2..].chars();
            }
            Some(c) if c.is_ascii_punctuation() => bytes.push(c as u8),
            other => {
                let other = other.map_or(String::new(), String::from);
                return Err(format!("`\\{other}` is no escape: write \\r \\n \\t \\0 \\xHH, or `\\` before a sign"));
            }
        }
        rest = after.as_str();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Reads `"…"`, which must be all there is.
pub(crate) fn quoted(text: &str) -> Result<Vec<u8>, String> {
    let inner = text.strip_prefix('"').ok_or("a quoted text is missing: write \"…\"")?;
    match find_plain(inner, &['"']) {
        Some(end) if end + 1 == inner.len() => unescape(&inner[..end]),
        Some(_) => Err("something follows the closing quote: write \\\" for a quote inside".into()),
        None => Err("the closing quote is missing".into()),
    }
}

/// Bytes as a person reads them: UTF-8 as it is, everything else escaped.
pub(crate) fn show(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => text.push_str("\\r"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                c if c.is_ascii_control() => hex(&mut text, c as u8),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            hex(&mut text, *byte);
        }
    }
    text
}

fn hex(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_become_bytes() {
        assert_eq!(unescape(r#"a\r\n\t\0\xff\\\"\$ö"#).unwrap(), b"a\r\n\t\0\xff\\\"$\xc3\xb6");
        assert!(unescape(r"\q").unwrap_err().contains("no escape"));
        assert!(unescape(r"\x4").is_err());
        assert!(unescape(r"\xg0").is_err());
    }

    #[test]
    fn a_quoted_text_ends_the_line() {
        assert_eq!(quoted(r#""a\"b""#).unwrap(), b"a\"b");
        assert!(quoted(r#""a" b"#).is_err());
        assert!(quoted(r#""a"#).is_err());
        assert!(quoted("a").is_err());
    }

    #[test]
    fn variables_are_filled_in() {
        let template = Template::parse(r"PORT $hostport!\$x").unwrap();
        assert_eq!(template.fill(|name| (name == "hostport").then_some("1,2")).unwrap(), b"PORT 1,2!$x");
        assert_eq!(template.fill(|_| None), Err("hostport"));
        assert!(Template::parse("a $ b").is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(unescape(&show(&bytes)).unwrap(), bytes.clone());
            prop_assert_eq!(quoted(&format!("\"{}\"", show(&bytes).replace('"', "\\\""))).unwrap(), bytes);
        }
    }
}
