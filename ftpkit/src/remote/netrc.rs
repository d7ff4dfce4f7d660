//! The file `.netrc`: who logs in where, as ftp(1) has kept it since 4.2BSD. Tokens are divided by white space; a macro
//! (`macdef`) goes on to the next empty line and is passed over.

use ftp_core::secret::Secret;
use std::iter::Peekable;

/// Who logs in at a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The user.
    pub(super) user: Option<String>,
    /// The password.
    pub(super) password: Option<Secret>,
    /// The account (RFC 959 ACCT).
    pub(super) account: Option<Secret>,
}

/// The first entry for `host`, and for `user` where one is asked for; `default` stands for every host.
pub(super) fn find(text: &str, host: &str, user: Option<&str>) -> Option<Entry> {
    let mut tokens = Tokens { rest: text }.peekable();
    while let Some(token) = tokens.next() {
        let wanted = match token {
            "machine" => tokens.next().is_some_and(|name| name.eq_ignore_ascii_case(host)),
            "default" => true,
            _ => continue,
        };
        let entry = entry(&mut tokens);
        let fits = user.is_none() || entry.user.is_none() || entry.user.as_deref() == user;
        if wanted && fits {
            return Some(entry);
        }
    }
    None
}

fn entry<'a>(tokens: &mut Peekable<impl Iterator<Item = &'a str>>) -> Entry {
    let mut entry = Entry::default();
    while let Some(token) = tokens.next_if(|token| !matches!(*token, "machine" | "default")) {
        match token {
            "login" => entry.user = tokens.next().map(str::to_owned),
            "password" => entry.password = tokens.next().map(Secret::new),
            "account" => entry.account = tokens.next().map(Secret::new),
            _ => {}
        }
    }
    entry
}

/// The words of the file, macros left out.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let text = self.rest.trim_start();
            if text.is_empty() {
                return None;
            }
            let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
            self.rest = rest;
            match word {
                "macdef" => self.rest = rest.split_once("\n\n").map_or("", |(_, after)| after),
                // A remark goes on to the end of its line.
                _ if word.starts_with('#') => self.rest = rest.split_once('\n').map_or("", |(_, after)| after),
                _ => return Some(word),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# mine
machine example.org login ann password s3cret account a1
machine other.org
\tlogin bob
\tpassword hidden#1
macdef init
machine trap login eve password x

machine example.org login ben password two
default login anonymous password me@
";

    fn found(host: &str, user: Option<&str>) -> Option<[String; 2]> {
        let entry = find(FILE, host, user)?;
        let password = entry.password.map(|secret| String::from_utf8_lossy(secret.expose()).into_owned());
        Some([entry.user?, password?])
    }

    #[test]
    fn the_first_entry_that_fits_counts() {
        assert_eq!(found("example.org", None), Some(["ann".into(), "s3cret".into()]));
        assert_eq!(found("EXAMPLE.org", Some("ben")), Some(["ben".into(), "two".into()]));
        assert_eq!(found("other.org", None), Some(["bob".into(), "hidden#1".into()]));
        assert_eq!(found("elsewhere", None), Some(["anonymous".into(), "me@".into()]));
        assert_eq!(find(FILE, "elsewhere", Some("carl")), None);
    }

    #[test]
    fn a_macro_is_no_entry() {
        assert_eq!(found("trap", None), Some(["anonymous".into(), "me@".into()]));
    }

    #[test]
    fn no_cut_of_the_file_panics() {
        for end in 0..FILE.len() {
            let _ = find(&FILE[..end], "example.org", Some("ben"));
        }
    }
}
