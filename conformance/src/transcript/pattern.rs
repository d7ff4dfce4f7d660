//! [`Pattern`]: what a line of the server's must look like.

use super::text::{find_plain, show, unescape, variable};

/// A line's pattern: text, `*` for any text, `$name` for text that is kept under a name (and shown as that name in the
/// record, so that ports and the like are the same everywhere).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(Vec<u8>),
    Any,
    Capture(String),
}

/// What a pattern found in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The line as the record shows it: `$name` in place of what was captured.
    pub shown: String,
    /// Name and value of each variable.
    pub captures: Vec<(String, String)>,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(at) = find_plain(rest, &['$', '*']) {
            tokens.push(Token::Text(unescape(&rest[..at])?));
            if let Some(after) = rest[at..].strip_prefix('*') {
                tokens.push(Token::Any);
                rest = after;
            } else {
                let (name, after) = variable(&rest[at..])?;
                tokens.push(Token::Capture(name.to_owned()));
                rest = after;
            }
        }
        tokens.push(Token::Text(unescape(rest)?));
        Ok(Self(tokens))
    }

    /// What is found in `line` if the pattern fits all of it. Where it fits in several ways, the earlier `*` and `$name`
    /// take as little as they can; a `$name` takes at least one byte.
    pub fn find(&self, line: &[u8]) -> Option<Found> {
        let mut spans = Vec::new();
        if !fits(&self.0, line, 0, &mut spans) {
            return None;
        }
        let mut found = Found::default();
        let mut shown_to = 0;
        for (name, from, to) in spans {
            found.shown.push_str(&show(&line[shown_to..from]));
            found.shown.push('$');
            found.shown.push_str(name);
            found.captures.push((name.to_owned(), String::from_utf8_lossy(&line[from..to]).into_owned()));
            shown_to = to;
        }
        found.shown.push_str(&show(&line[shown_to..]));
        Some(found)
    }
}

fn fits<'p>(tokens: &'p [Token], line: &[u8], at: usize, spans: &mut Vec<(&'p str, usize, usize)>) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return at == line.len() };
    match first {
        Token::Text(text) => line[at..].starts_with(text) && fits(rest, line, at + text.len(), spans),
        Token::Any => (at..=line.len()).any(|to| fits(rest, line, to, spans)),
        Token::Capture(name) => (at + 1..=line.len()).any(|to| {
            spans.push((name, at, to));
            let fits = fits(rest, line, to, spans);
            if !fits {
                spans.pop();
            }
            fits
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, line: &str) -> Option<Found> {
        Pattern::parse(pattern).unwrap().find(line.as_bytes())
    }

    #[test]
    fn a_star_is_any_text() {
        assert!(find("220 *", "220 Ready").is_some());
        assert!(find("220 *", "221 Ready").is_none());
        assert!(find("220 *y", "220 Ready").is_some());
        assert!(find("220 *d", "220 Ready").is_none());
        assert!(find(r"\*", "x").is_none());
    }

    #[test]
    fn a_capture_is_kept_and_hidden() {
        let found = find("229 *(|||$port|)*", "229 Extended (|||40123|).").unwrap();
        assert_eq!(found.shown, "229 Extended (|||$port|).");
        assert_eq!(found.captures, [("port".to_owned(), "40123".to_owned())]);
        assert!(find("227 ($a)", "227 ()").is_none());
    }
}
