//! Patterns in URLs: `*`, `?`, `[…]` and `{…,…}` as the shell has them, one directory at a time. What is percent-encoded stands
//! for itself.

use super::path::join;
use super::refusal::failure;
use super::session::Session;
use super::tree::list;
use super::url::FtpUrl;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use ftp_core::client::ClientError;
use ftp_core::listing::{Entry, EntryKind};
use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// One component of a path that may be a pattern.
#[derive(Clone, Debug)]
struct Pattern(GlobMatcher);

impl Pattern {
    /// Reads it; `\` before a sign makes it stand for itself.
    ///
    /// # Errors
    /// What is wrong with it.
    fn new(text: &str) -> Result<Self, globset::Error> {
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build()?;
        Ok(Self(glob.compile_matcher()))
    }

    /// Is this a name that it means? As in the shell, a name that begins with a dot is only meant by a pattern that does.
    fn matches(&self, name: &[u8]) -> bool {
        let hidden = name.starts_with(b".") && !self.0.glob().glob().starts_with('.');
        !hidden && self.0.is_match(OsStr::from_bytes(name))
    }
}

/// What a pattern leads to: the path and, where it was listed, what is there.
pub(crate) type Found = (Vec<u8>, Option<Entry>);

/// What the URL means: its path itself or, where that is a pattern, everything that fits.
///
/// # Errors
/// [`Failure`], if nothing does.
pub(crate) fn expand(session: &mut Session, url: &FtpUrl) -> Result<Vec<Found>, Failure> {
    let Some(pattern) = &url.pattern else { return Ok(vec![(url.path.clone(), None)]) };
    let what = || format!("cannot find {}", shown(pattern.as_bytes()));
    let (start, rest) = match pattern.strip_prefix('/') {
        Some(rest) => (b"/".to_vec(), rest),
        None => (Vec::new(), pattern.as_str()),
    };
    let mut found: Vec<Found> = vec![(start, None)];
    let components: Vec<&str> = rest.split('/').filter(|component| !component.is_empty()).collect();
    for (at, component) in components.iter().enumerate() {
        let last = at + 1 == components.len();
        let mut next = Vec::new();
        for (dir, _) in found {
            if !is_pattern(component) {
                next.push((join(&dir, &unescaped(component)), None));
                continue;
            }
            let matcher = Pattern::new(component).map_err(|error| Failure::new(Exit::Usage, what(), error.kind()))?;
            match list(session, &dir) {
                Ok(entries) => {
                    let fits =
                        |entry: &Entry| matcher.matches(&entry.name) && (last || entry.kind == EntryKind::Directory);
                    let named = entries.into_iter().filter(fits);
                    next.extend(named.map(|entry| (join(&dir, &entry.name), Some(entry))));
                }
                // A directory on the way that is not there has nothing in it.
                Err(ClientError::Refused(_)) => {}
                Err(error) => return Err(failure(what(), &error)),
            }
        }
        found = next;
    }
    if found.is_empty() {
        return Err(Failure::new(Exit::NotFound, what(), "nothing fits the pattern")
            .with_remedy("%2A, %3F and %5B stand for the signs *, ? and [ themselves")
            .or_at_prompt("`ls` shows what is there"));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Does it hold a sign that would match others?
pub(super) fn is_pattern(component: &str) -> bool {
    let mut signs = component.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '*' | '?' | '[' | '{' => return true,
            _ => {}
        }
    }
    false
}

fn unescaped(component: &str) -> Vec<u8> {
    let mut bytes = component.bytes();
    std::iter::from_fn(|| match bytes.next()? {
        b'\\' => bytes.next(),
        byte => Some(byte),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names_as_the_shell_has_them() -> Result<(), globset::Error> {
        for (pattern, name, fits) in [
            ("*.txt", "a.txt", true),
            ("*.txt", ".txt", false),
            (".*", ".txt", true),
            ("?", "ab", false),
            ("[ab]*", "bell", true),
            ("{a,b}.c", "b.c", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern)?.matches(name.as_bytes()), fits, "{pattern} {name}");
        }
        assert!(Pattern::new("[a").is_err());
        assert!(Pattern::new("*")?.matches(b"\xff"));
        Ok(())
    }

    #[test]
    fn what_is_escaped_is_no_pattern() {
        assert!(!is_pattern(r"a\*b") && is_pattern("a?"));
        assert_eq!(unescaped(r"a\*\\"), br"a*\");
    }
}
