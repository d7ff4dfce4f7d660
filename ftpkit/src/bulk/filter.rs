//! [`Filter`]: which files are meant, by the patterns of `--include` and `--exclude`.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Which files are meant. A pattern with a slash in it speaks of the whole path below the root, any other of the name alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    include: Option<Patterns>,
    exclude: Patterns,
}

#[derive(Clone, Debug, Default)]
struct Patterns {
    names: GlobSet,
    paths: GlobSet,
}

impl Filter {
    /// Of these patterns.
    ///
    /// # Errors
    /// What is wrong with one.
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, globset::Error> {
        let include = if include.is_empty() { None } else { Some(Patterns::new(include)?) };
        Ok(Self { include, exclude: Patterns::new(exclude)? })
    }

    /// Is this file meant? One must include it, if there are any that include, and none exclude it.
    pub(crate) fn takes_file(&self, path: &[u8]) -> bool {
        self.include.as_ref().is_none_or(|include| include.match_any(path)) && !self.exclude.match_any(path)
    }

    /// Is anything below this directory meant?
    pub(crate) fn takes_directory(&self, path: &[u8]) -> bool {
        !self.exclude.match_any(path)
    }
}

impl Patterns {
    fn new(patterns: &[String]) -> Result<Self, globset::Error> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            // `dir/` means the directory; below it nothing is looked at.
            let pattern = pattern.trim_end_matches('/');
            let builder = if pattern.contains('/') { &mut paths } else { &mut names };
            builder.add(glob(pattern.trim_start_matches('/'))?);
        }
        Ok(Self { names: names.build()?, paths: paths.build()? })
    }

    fn match_any(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        self.names.is_match(OsStr::from_bytes(name)) || self.paths.is_match(OsStr::from_bytes(path))
    }
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

/// Reads one pattern of the command line.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    glob(text).map(|_| text.to_owned()).map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let owned = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>();
        Filter::new(&owned(include), &owned(exclude)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn names_and_paths() {
        let all = filter(&[], &[]);
        assert!(all.takes_file(b"a/.b") && all.takes_directory(b"a"));
        let texts = filter(&["*.txt", "doc/*.md"], &["tmp", "*/secret.*"]);
        assert!(texts.takes_file(b"x/y/a.txt") && texts.takes_file(b"doc/a.md") && texts.takes_directory(b"x"));
        assert!(!texts.takes_file(b"a.md") && !texts.takes_file(b"x/doc/a.md") && !texts.takes_file(b"x/secret.txt"));
        assert!(!texts.takes_directory(b"x/tmp") && !filter(&[], &["/tmp/"]).takes_directory(b"tmp"));
        assert!(filter(&[], &["a/**/z"]).takes_file(b"a/z/y") && !filter(&[], &["a/**/z"]).takes_file(b"a/b/c/z"));
    }
}
