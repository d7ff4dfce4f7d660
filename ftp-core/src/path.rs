//! [`VirtualPath`]: where something is, as the peer sees it.
//!
//! Paths are bytes. They are normalised here, once; the host resolves them beneath its root by directory handles and
//! never looks at `..` again.

use alloc::vec::Vec;
use core::fmt;

/// The longest path accepted, in bytes.
pub const MAX_PATH: usize = 4096;

/// An absolute, normalised path: it begins with `/`, has no empty, `.` or `..` component, no trailing `/` (the root
/// aside) and no NUL, CR or LF. Everything else survives as it came: UTF-8 is the rule (RFC 2640 2.2), other bytes are
/// kept unharmed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualPath(Vec<u8>);

/// Why bytes are no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Nothing was given.
    Empty,
    /// It holds NUL, CR or LF, which neither file systems nor replies and logs can carry safely.
    ForbiddenByte,
    /// It is longer than [`MAX_PATH`] bytes.
    TooLong,
}

impl VirtualPath {
    /// `/`.
    pub fn root() -> Self {
        Self(Vec::from(*b"/"))
    }

    /// The path that `argument` names when this path is the working directory (RFC 959 4.1.1). `..` at the root stays at
    /// the root, as it does in every Unix directory tree.
    ///
    /// # Errors
    /// [`PathError`], when `argument` cannot be a path.
    pub fn resolve(&self, argument: &[u8]) -> Result<Self, PathError> {
        if argument.is_empty() {
            return Err(PathError::Empty);
        }
        if argument.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(PathError::ForbiddenByte);
        }
        if argument.len() > MAX_PATH {
            return Err(PathError::TooLong);
        }
        let mut path = if argument[0] == b'/' { Self::root() } else { self.clone() };
        for component in argument.split(|&b| b == b'/') {
            match component {
                b"" | b"." => {}
                b".." => path.pop(),
                name => path.push(name),
            }
        }
        if path.0.len() > MAX_PATH {
            return Err(PathError::TooLong);
        }
        Ok(path)
    }

    /// Reads an absolute path; the same as resolving it from the root.
    ///
    /// # Errors
    /// [`PathError`], when `bytes` cannot be a path.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        Self::root().resolve(bytes)
    }

    /// The directory that holds this; the root holds itself.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut parent = self.clone();
        parent.pop();
        parent
    }

    /// The last component; empty at the root.
    pub fn name(&self) -> &[u8] {
        match self.0.iter().rposition(|&b| b == b'/') {
            Some(slash) => &self.0[slash + 1..],
            None => &self.0,
        }
    }

    /// The components from the root downwards; none for the root itself.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&b| b == b'/').filter(|name| !name.is_empty())
    }

    /// Is this `/`?
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The whole path, with its leading `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path below the root, without the leading `/`: what a host hands to calls relative to its root directory.
    pub fn relative(&self) -> &[u8] {
        &self.0[1..]
    }

    fn pop(&mut self) {
        let slash = self.0.iter().rposition(|&b| b == b'/').unwrap_or(0);
        self.0.truncate(slash.max(1));
    }

    fn push(&mut self, name: &[u8]) {
        if !self.is_root() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }
}

impl fmt::Debug for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Shows the path for a person: UTF-8 where it is UTF-8, control characters escaped so that a name cannot drive a
/// terminal or forge a log line.
impl fmt::Display for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;
    use proptest::prelude::*;

    /// What a path is made of, and what it must not be.
    const PIECES: [&[u8]; 12] = [b"/", b"//", b".", b"..", b"../", b"a", b"b ", b"...", b"\xff", b"\n", b"\0", b"\\"];

    fn argument() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop::sample::select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat())
    }

    /// A path as the names from the root downwards.
    fn model(working: &[Vec<u8>], argument: &[u8]) -> Vec<Vec<u8>> {
        let mut names = if argument.starts_with(b"/") { Vec::new() } else { working.to_vec() };
        for name in argument.split(|&byte| byte == b'/') {
            if name == b".." {
                names.pop();
            } else if !name.is_empty() && name != b"." {
                names.push(name.to_vec());
            }
        }
        names
    }

    proptest! {
        /// Whatever a client changes to, one step after the other, it is where a list of names says, and never above the root.
        #[test]
        fn a_path_is_where_its_names_lead(arguments in proptest::collection::vec(argument(), 1..8)) {
            let (mut path, mut names) = (VirtualPath::root(), Vec::new());
            for argument in &arguments {
                let bad = argument.is_empty() || argument.iter().any(|byte| b"\0\r\n".contains(byte));
                let resolved = path.resolve(argument);
                prop_assert_eq!(resolved.is_err(), bad);
                let Ok(next) = resolved else { continue };
                (path, names) = (next, model(&names, argument));
                prop_assert_eq!(path.components().map(<[u8]>::to_vec).collect::<Vec<_>>(), names.clone());
                prop_assert_eq!(path.as_bytes(), &[&b"/"[..], &names.join(&b'/')].concat());
                prop_assert_eq!(path.name(), names.last().map_or(&b""[..], Vec::as_slice));
                prop_assert_eq!(path.is_root(), names.is_empty());
                prop_assert_eq!(path.parent(), path.resolve(b"..").unwrap());
                prop_assert_eq!(VirtualPath::parse(path.as_bytes()), Ok(path.clone()), "it is its own name");
            }
        }
    }

    #[test]
    fn an_argument_and_what_it_leads_to_have_4096_bytes_at_most() {
        let root = VirtualPath::root();
        let longest = [b"/".to_vec(), vec![b'a'; MAX_PATH - 1]].concat();
        assert_eq!(root.resolve(&longest).map(|path| path.as_bytes().len()), Ok(MAX_PATH));
        assert_eq!(root.resolve(&longest[1..]).map(|path| path.as_bytes().len()), Ok(MAX_PATH));
        assert_eq!(root.resolve(&[&longest[..], b"a"].concat()), Err(PathError::TooLong));
        assert_eq!(root.resolve(&vec![b'a'; MAX_PATH]), Err(PathError::TooLong), "with the slash in front");
        // Of the argument it is the length as it came, whatever little it says.
        assert_eq!(root.resolve(&b"./".repeat(MAX_PATH / 2)), Ok(root.clone()));
        assert_eq!(root.resolve(&b"./".repeat(MAX_PATH / 2 + 1)), Err(PathError::TooLong));
        assert_eq!(root.resolve(&longest).unwrap().resolve(b"b"), Err(PathError::TooLong));
    }

    #[test]
    fn a_path_that_is_shown_does_no_harm_to_a_terminal() {
        let path = VirtualPath::root().resolve("a\x1b[2J\u{e9}/".as_bytes()).unwrap();
        assert_eq!(path.to_string(), "/a\\u{1b}[2J\u{e9}");
        assert_eq!(VirtualPath::root().resolve(b"\xff").unwrap().to_string(), "/\\xff");
        assert_eq!(path.relative(), "a\x1b[2J\u{e9}".as_bytes());
    }
}
