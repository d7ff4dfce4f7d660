//! [`Pattern`]: what a line of the server's must look like.

use super::text::{find_plain, show, unescape, variable};

/// A line's pattern: text, `*` for any text, `$name` for text that is kept under a name (and shown as that name in the
/// record, so that ports and the like are the same everywhere).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// Its letters stand for capitals and small ones alike.
    any_case: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(Vec<u8>),
    Any,
    Capture(String),
    Codes(Vec<Digits>),
    /// One digit, or one and more.
    Digit {
        more: bool,
    },
}

/// A reply code; `None` is any digit.
type Digits = [Option<u8>; 3];

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
        let any_case = text.starts_with("\\i");
        let mut rest = text.strip_prefix("\\i").unwrap_or(text);
        while let Some(at) = special(rest) {
            let (before, from) = rest.split_at(at);
            tokens.push(Token::Text(unescape(before)?));
            if let Some(after) = from.strip_prefix('*') {
                tokens.push(Token::Any);
                rest = after;
            } else if let Some(after) = from.strip_prefix("\\d") {
                tokens.push(Token::Digit { more: false });
                rest = after;
            } else if let Some(after) = from.strip_prefix("\\D") {
                tokens.push(Token::Digit { more: true });
                rest = after;
            } else {
                let (name, after) = variable(from)?;
                tokens.push(Token::Capture(name.to_owned()));
                rest = after;
            }
        }
        tokens.push(Token::Text(unescape(rest)?));
        Ok(Self { tokens, any_case })
    }

    /// The pattern of the lines that `...` or `... PATTERN` stands for; `None` if the text is neither.
    pub(crate) fn of_lines(text: &str) -> Result<Option<Self>, String> {
        match text.strip_prefix("...") {
            Some("") => Ok(Some(Self { tokens: vec![Token::Any], any_case: false })),
            Some(pattern) => pattern.strip_prefix(' ').map(Self::parse).transpose(),
            None => Ok(None),
        }
    }

    /// The pattern of a line of the control connection. It may begin with several codes, or with classes of them:
    /// `250|226 `, `2yz `, `4yz|5yz-`.
    pub(crate) fn reply(text: &str) -> Result<Self, String> {
        let (mark, plain) = text.strip_prefix("\\i").map_or(("", text), |plain| ("\\i", plain));
        let Some((codes, end)) = codes(plain) else { return Self::parse(text) };
        let mut pattern = Self::parse(&format!("{mark}{}", &plain[end..]))?;
        pattern.tokens.insert(0, Token::Codes(codes));
        Ok(pattern)
    }

    /// Does it want a reply's last line (true), or its first of several (false)? `None`: neither.
    pub(crate) fn ends_reply(&self) -> Option<bool> {
        match &self.tokens[..] {
            [Token::Codes(_), Token::Text(text), ..] => match text.first() {
                Some(b' ') => Some(true),
                Some(b'-') => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// What is found in `line` if the pattern fits all of it. Where it fits in several ways, the earlier `*` and `$name`
    /// take as little as they can; a `$name` takes at least one byte.
    pub fn find(&self, line: &[u8]) -> Option<Found> {
        let mut spans = Vec::new();
        if !self.fits(&self.tokens, line, 0, &mut spans) {
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

    fn fits<'p>(
        &'p self,
        tokens: &'p [Token],
        line: &[u8],
        at: usize,
        spans: &mut Vec<(&'p str, usize, usize)>,
    ) -> bool {
        let Some((first, rest)) = tokens.split_first() else { return at == line.len() };
        match first {
            Token::Text(text) => {
                let end = at + text.len();
                let same = match line.get(at..end) {
                    Some(here) if self.any_case => here.eq_ignore_ascii_case(text),
                    here => here == Some(text),
                };
                same && self.fits(rest, line, end, spans)
            }
            Token::Codes(codes) => {
                let Some(code) = line.get(at..at + 3) else { return false };
                let is = |digits: &Digits| digits.iter().zip(code).all(|(want, is)| want.unwrap_or(*is) == *is);
                code.iter().all(u8::is_ascii_digit) && codes.iter().any(is) && self.fits(rest, line, at + 3, spans)
            }
            Token::Digit { more } => {
                let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                (1..=if *more { digits } else { digits.min(1) }).any(|count| self.fits(rest, line, at + count, spans))
            }
            Token::Any => (at..=line.len()).any(|to| self.fits(rest, line, to, spans)),
            Token::Capture(name) => (at + 1..=line.len()).any(|to| {
                spans.push((name, at, to));
                let fits = self.fits(rest, line, to, spans);
                if !fits {
                    spans.pop();
                }
                fits
            }),
        }
    }
}

/// Where the first `*`, `$`, `\d` or `\D` stands.
fn special(text: &str) -> Option<usize> {
    let plain = find_plain(text, &['$', '*']);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && matches!(chars.next(), Some((_, 'd' | 'D'))) {
            return Some(plain.map_or(at, |plain| plain.min(at)));
        }
    }
    plain
}

/// The codes at the beginning, and where they end; `None` if there are none.
fn codes(text: &str) -> Option<(Vec<Digits>, usize)> {
    let end = text.find([' ', '-'])?;
    let codes = text[..end].split('|').map(|code| {
        let [first, second, third] = *code.as_bytes() else { return None };
        let digit = |byte: u8, any: u8| match byte {
            b'0'..=b'9' => Some(Some(byte)),
            _ if byte == any => Some(None),
            _ => None,
        };
        Some([digit(first, b'x')?, digit(second, b'y')?, digit(third, b'z')?])
    });
    Some((codes.collect::<Option<_>>()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_may_have_several_codes_or_any_of_a_class() {
        let fits = |pattern: &str, line: &str| Pattern::reply(pattern).unwrap().find(line.as_bytes()).is_some();
        assert!(fits("250|226 *", "226 done") && fits("250|226 *", "250 "));
        assert!(!fits("250|226 *", "220 done"));
        assert!(fits("2yz *", "257 \"/\" made") && fits("50z|4yz *", "426 x") && fits("xyz *", "999 x"));
        assert!(!fits("2yz *", "2yz x") && !fits("50z *", "550 x") && !fits("2yz *", "2"));
        assert!(fits("5*", "550 x"), "text as ever");
        assert_eq!(Pattern::reply("2yz-*").unwrap().ends_reply(), Some(false));
        assert_eq!(Pattern::reply("220 *").unwrap().ends_reply(), Some(true));
        assert_eq!(Pattern::reply(" MLST *").unwrap().ends_reply(), None);
    }

    #[test]
    fn letters_may_be_of_any_case() {
        assert!(find(r"\i211 End", "211 END").is_some() && find("211 End", "211 END").is_none());
        let reply = Pattern::reply(r"\i2yz MLST opts *").unwrap();
        assert!(reply.ends_reply() == Some(true) && reply.find(b"200 mlst OPTS type;").is_some());
    }

    #[test]
    fn digits_are_counted_or_not() {
        assert!(find(r"213 \d\d", "213 12").is_some() && find(r"213 \d\d", "213 123").is_none());
        assert!(find(r"213 \D", "213 12345").is_some() && find(r"213 \D", "213 12a").is_none());
        assert!(find(r"\D", "").is_none() && find(r"a\D*", "a1b").is_some() && find(r"\$\D", "$5").is_some());
    }

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
