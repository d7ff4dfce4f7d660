//! Paths on a server, as commands take them: bytes with slashes. How a server reads them is its own affair; these only
//! put them together and take them apart.

/// `name` in the directory `dir`; the empty path is the directory that the login leads to.
pub(crate) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    match dir {
        b"" => name.to_vec(),
        dir if name.is_empty() => dir.to_vec(),
        [.., b'/'] => [dir, name].concat(),
        dir => [dir, b"/", name].concat(),
    }
}

/// The directory that holds `path`, and the name in it; slashes at the end do not count.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let path = trimmed(path);
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => path.split_at(1),
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}

/// `path` without slashes at its end, the root's own aside.
pub(crate) fn trimmed(path: &[u8]) -> &[u8] {
    match path {
        [rest @ .., b'/'] if !rest.is_empty() => trimmed(rest),
        path => path,
    }
}

/// What of `path` lies below `dir`.
pub(crate) fn below<'p>(dir: &[u8], path: &'p [u8]) -> &'p [u8] {
    let rest = path.strip_prefix(trimmed(dir)).unwrap_or(path);
    if dir.is_empty() { rest } else { rest.strip_prefix(b"/").unwrap_or(rest) }
}

/// `path` for a command that takes none for the directory where one is.
pub(crate) fn some(path: &[u8]) -> Option<Vec<u8>> {
    (!path.is_empty()).then(|| path.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_together_and_apart() {
        for (dir, name, path) in
            [("", "a", "a"), ("d", "a", "d/a"), ("d/", "a", "d/a"), ("/", "a", "/a"), ("/d", "a", "/d/a")]
        {
            assert_eq!(join(dir.as_bytes(), name.as_bytes()), path.as_bytes());
            let (parent, last) = split(path.as_bytes());
            assert_eq!((trimmed(parent), last), (trimmed(dir.as_bytes()), name.as_bytes()));
        }
        assert_eq!(split(b"d/e/"), (&b"d"[..], &b"e"[..]));
        assert_eq!(split(b"/"), (&b"/"[..], &b""[..]));
        assert_eq!(split(b""), (&b""[..], &b""[..]));
        assert_eq!(join(b"d", b""), b"d");
    }

    #[test]
    fn what_lies_below_is_relative() {
        for (dir, path, rest) in
            [("", "a/b", "a/b"), ("d", "d/a", "a"), ("d/", "d/a", "a"), ("/", "/a", "a"), ("d", "d", "")]
        {
            assert_eq!(below(dir.as_bytes(), path.as_bytes()), rest.as_bytes(), "{dir} {path}");
        }
    }
}
