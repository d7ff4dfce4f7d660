//! [`Tree`]: the reference model: a tree of files as a person would describe it, and what each request does to it.

use crate::backend::world::MADE;
use crc32fast::Hasher;
use ftp_core::client::{Request, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::Structure;
use ftp_core::digest::Algorithm;
use ftp_core::listing::EntryKind;
use ftp_core::path::VirtualPath;
use ftp_core::time::WallTime;
use ftp_host::storage::{Memory, Storage};
use sha2::Digest;
use std::collections::BTreeMap;
use std::fmt;

/// Absolute paths without trailing slash, the root left out.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
}

#[derive(Clone, PartialEq, Eq)]
enum Node {
    Directory,
    File { bytes: Vec<u8>, modified: WallTime },
}

impl Node {
    /// A file that was written just now.
    fn file(bytes: Vec<u8>) -> Self {
        Self::File { bytes, modified: MADE }
    }
}

/// What a request should give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Success, whatever is said.
    Done,
    /// The server says no.
    Refused,
    Path(Vec<u8>),
    Size(u64),
    /// A time.
    Time(WallTime),
    /// The size of a file; `None`: it is a directory.
    Facts(Option<u64>),
    /// A digest.
    Digest(Vec<u8>),
    /// The names in a directory, or those of them that do not begin with a dot.
    Names(Vec<Vec<u8>>),
    /// What is retrieved, and the bytes on the wire where they are the same.
    Content(Vec<u8>),
    /// So many bytes on the wire, where the model knows them.
    Stored(Option<u64>),
    /// The control connection ends.
    Over,
    /// The model does not say.
    Anything,
}

/// What a request should give, and what should be there afterwards.
pub(super) struct Prediction {
    pub(super) expected: Expected,
    pub(super) tree: Tree,
    pub(super) directory: Vec<u8>,
    /// A file that may have any beginning of what is to be added, should the request fail.
    pub(super) grows: Option<Vec<u8>>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (path, node) in &self.nodes {
            write!(f, " {}", path.escape_ascii())?;
            match node {
                Node::Directory => f.write_str("/")?,
                Node::File { bytes, modified } => {
                    let begin = bytes[..bytes.len().min(20)].escape_ascii();
                    write!(f, "={}:{begin}@{}", bytes.len(), modified.seconds)?;
                }
            }
        }
        f.write_str(" }")
    }
}

impl Tree {
    /// What is there now.
    pub(super) fn of(storage: &Memory) -> Self {
        let mut tree = Self::default();
        tree.read(storage, &VirtualPath::root());
        tree
    }

    fn read(&mut self, storage: &Memory, directory: &VirtualPath) {
        for entry in storage.list(directory).into_iter().flatten().flatten() {
            let Ok(path) = directory.resolve(&entry.name) else { continue };
            if entry.kind == EntryKind::Directory {
                self.nodes.insert(path.as_bytes().to_vec(), Node::Directory);
                self.read(storage, &path);
            } else {
                let bytes = storage.read(&path).unwrap_or_default();
                let node = Node::File { bytes, modified: entry.modified.unwrap_or_default() };
                self.nodes.insert(path.as_bytes().to_vec(), node);
            }
        }
    }

    pub(super) fn is_dir(&self, path: &[u8]) -> bool {
        path.is_empty() || matches!(self.nodes.get(path), Some(Node::Directory))
    }

    fn file(&self, path: &[u8]) -> Option<&Vec<u8>> {
        match self.nodes.get(path) {
            Some(Node::File { bytes, .. }) => Some(bytes),
            Some(Node::Directory) | None => None,
        }
    }

    fn exists(&self, path: &[u8]) -> bool {
        path.is_empty() || self.nodes.contains_key(path)
    }

    /// Can something of this name be made?
    fn has_room(&self, path: &[u8]) -> bool {
        !path.is_empty() && self.is_dir(parent(path))
    }

    /// Those that LIST and NLST show without `-a`.
    fn shown_names(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let mut names = self.names(directory);
        names.retain(|name| !name.starts_with(b"."));
        names
    }

    fn names(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let below = [directory, b"/"].concat();
        let names = self.nodes.keys().filter_map(|path| path.strip_prefix(below.as_slice()));
        names.filter(|name| !name.contains(&b'/')).map(<[u8]>::to_vec).collect()
    }

    /// Does this differ from the other only in that `path` has any beginning of what the other has there?
    pub(super) fn is_partly(&self, whole: &Self, path: &[u8], before: &Self) -> bool {
        let (Some(now), Some(whole_file)) = (self.file(path), whole.file(path)) else { return false };
        let old = before.file(path).map_or(0, Vec::len);
        let mut rest = self.clone();
        rest.nodes.extend(whole.nodes.get(path).map(|node| (path.to_vec(), node.clone())));
        now.len() >= old && whole_file.starts_with(now) && rest == *whole
    }

    /// What the request should do, given the working directory and what an interrupted upload of a path has left aside.
    pub(super) fn predict(
        &self,
        directory: &[u8],
        request: &Request,
        content: &[u8],
        aside: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Prediction {
        let mut after =
            Prediction { expected: Expected::Refused, tree: self.clone(), directory: directory.to_vec(), grows: None };
        let at = |path: &[u8]| resolve(directory, path);
        let wire = |content: &[u8], codec: Codec| (codec == Codec::RAW).then_some(content.len() as u64);
        match request {
            Request::Noop | Request::Status | Request::System => after.expected = Expected::Done,
            Request::Quit => after.expected = Expected::Over,
            Request::WorkingDirectory => after.expected = Expected::Path(shown(directory)),
            Request::ChangeDirectory(path) if self.is_dir(&at(path)) => {
                after.directory = at(path);
                after.expected = Expected::Done;
            }
            // Whether it was there or not.
            Request::EnsureDirectory(path) if self.is_dir(&at(path)) => after.expected = Expected::Done,
            Request::MakeDirectory(path) | Request::EnsureDirectory(path)
                if self.has_room(&at(path)) && !self.exists(&at(path)) =>
            {
                after.tree.nodes.insert(at(path), Node::Directory);
                after.expected = Expected::Path(at(path));
            }
            Request::RemoveDirectory(path) => {
                let path = at(path);
                if !path.is_empty() && self.is_dir(&path) && self.names(&path).is_empty() {
                    after.tree.nodes.remove(&path);
                    after.expected = Expected::Done;
                }
            }
            Request::RemoveFile(path) if self.file(&at(path)).is_some() => {
                after.tree.nodes.remove(&at(path));
                after.expected = Expected::Done;
            }
            Request::Rename { from, to } => {
                let (from, to) = (at(from), at(to));
                if after.tree.rename(&from, &to) {
                    after.expected = Expected::Done;
                }
            }
            Request::Size(path) => {
                // Of a file that is not there, what an interrupted upload left can be gone on with.
                let path = at(path);
                let aside = if self.exists(&path) { None } else { aside(&path) };
                if let Some(file) = self.file(&path).or(aside.as_ref()) {
                    after.expected = Expected::Size(file.len() as u64);
                }
            }
            Request::ResumePoint(path) => {
                let path = at(path);
                let aside = if self.exists(&path) { None } else { aside(&path) };
                let held = self.file(&path).or(aside.as_ref()).map_or(0, Vec::len);
                after.expected = Expected::Size(held as u64);
            }
            Request::Modified(path) => {
                if let Some(Node::File { modified, .. }) = self.nodes.get(&at(path)) {
                    after.expected = Expected::Time(*modified);
                }
            }
            Request::SetModified { path, time } => match after.tree.nodes.get_mut(&at(path)) {
                Some(Node::File { modified, .. }) => {
                    *modified = *time;
                    after.expected = Expected::Done;
                }
                Some(Node::Directory) => after.expected = Expected::Anything,
                None => {}
            },
            Request::SetMode { path, .. } if self.exists(&at(path)) => {
                after.expected = if self.is_dir(&at(path)) { Expected::Anything } else { Expected::Done };
            }
            Request::Facts(path) if self.exists(&at(path)) => {
                after.expected = Expected::Facts(self.file(&at(path)).map(|file| file.len() as u64));
            }
            Request::Digest { path, algorithm } => {
                if let Some(file) = self.file(&at(path)) {
                    after.expected = Expected::Digest(digest(algorithm.unwrap_or(Algorithm::Sha256), file));
                }
            }
            // What looks like an option may be taken for one; a file may be listed.
            Request::Names(Some(path)) | Request::ListByStatus(path)
                if path.starts_with(b"-") || self.file(&at(path)).is_some() =>
            {
                after.expected = Expected::Anything;
            }
            Request::Names(path) => {
                let path = path.as_ref().map_or(directory.to_vec(), |path| at(path));
                if self.is_dir(&path) {
                    after.expected = Expected::Names(self.shown_names(&path));
                }
            }
            Request::ListByStatus(path) if self.is_dir(&at(path)) => {
                after.expected = Expected::Names(self.shown_names(&at(path)));
            }
            Request::Available(_) | Request::Allocate(_) | Request::Language(_) | Request::Identify { .. } => {
                after.expected = Expected::Anything;
            }
            Request::List(path) => {
                let path = path.as_ref().map_or(directory.to_vec(), |path| at(path));
                if self.is_dir(&path) {
                    after.expected = Expected::Names(self.names(&path));
                }
            }
            Request::Retrieve { path, offset, codec } => {
                if let Some(rest) = self.file(&at(path)).and_then(|file| file.get(usize::try_from(*offset).ok()?..))
                    && (*offset == 0 || codec.has_offsets() || codec.has_markers())
                {
                    after.expected = Expected::Content(converted(rest, *codec));
                }
            }
            Request::Store { path, how: Upload::Unique, codec } => {
                let path = if path.is_empty() { at(b"unique") } else { at(path) };
                let base = if self.is_dir(&path) { [path.as_slice(), b"/upload"].concat() } else { path };
                if self.is_dir(parent(&base)) {
                    let names =
                        (0..).map(|n| if n == 0 { base.clone() } else { [&base, format!(".{n}").as_bytes()].concat() });
                    let free = names.into_iter().find(|name| !self.exists(name) && aside(name).is_none());
                    let file = Node::file(converted(content, *codec));
                    after.tree.nodes.extend(free.map(|name| (name, file)));
                    after.expected = Expected::Stored(wire(content, *codec));
                }
            }
            Request::Store { path, how, codec } => {
                let path = at(path);
                if self.has_room(&path) && !self.is_dir(&path) {
                    let (old, aside) = (self.file(&path), aside(&path));
                    let kept = match *how {
                        Upload::Append => Some(old.cloned().or(aside).unwrap_or_default()),
                        Upload::ResumeAt(offset) if offset > 0 => {
                            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                            let begun = aside.as_ref().filter(|aside| aside.len() >= offset).or(old);
                            let none = Vec::new();
                            let may = codec.has_offsets() || codec.has_markers();
                            begun.unwrap_or(&none).get(..offset).map(<[u8]>::to_vec).filter(|_| may)
                        }
                        _ => Some(Vec::new()),
                    };
                    if let Some(mut file) = kept {
                        file.extend(converted(content, *codec));
                        after.grows = (*how == Upload::Append && old.is_some()).then(|| path.clone());
                        after.tree.nodes.insert(path, Node::file(file));
                        after.expected = Expected::Stored(wire(content, *codec));
                    }
                }
            }
            Request::Login { .. } | Request::Quote(_) => after.expected = Expected::Anything,
            _ => {}
        }
        after
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        let (is_dir, below) = (self.is_dir(from), [from, b"/"].concat());
        if from.is_empty() || !self.exists(from) || !self.has_room(to) || (is_dir && to.starts_with(&below)) {
            return false;
        }
        if self.exists(to) && (is_dir || self.is_dir(to)) {
            return false;
        }
        let moved: Vec<Vec<u8>> =
            self.nodes.keys().filter(|path| *path == from || path.starts_with(&below)).cloned().collect();
        for path in moved {
            if let Some(node) = self.nodes.remove(&path) {
                self.nodes.insert([to, &path[from.len()..]].concat(), node);
            }
        }
        true
    }
}

/// The path that an argument means in a directory; the root is empty.
pub(super) fn resolve(directory: &[u8], argument: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    let from = if argument.starts_with(b"/") { &b""[..] } else { directory };
    for name in from.split(|&b| b == b'/').chain(argument.split(|&b| b == b'/')) {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    names.iter().flat_map(|name| [b"/", *name].concat()).collect()
}

fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&b| b == b'/').map_or(b"", |slash| &path[..slash])
}

/// A path as a reply shows it.
fn shown(path: &[u8]) -> Vec<u8> {
    if path.is_empty() { b"/".to_vec() } else { path.to_vec() }
}

/// What comes out at the other end.
fn converted(content: &[u8], codec: Codec) -> Vec<u8> {
    // A record ends where a line does: nothing else is converted in STRU R.
    if !matches!(codec.representation, Representation::Ascii(_)) || codec.structure == Structure::Record {
        return content.to_vec();
    }
    let mut out = Vec::with_capacity(content.len());
    for &byte in content {
        if byte == b'\n' && out.last() == Some(&b'\r') {
            out.pop();
        }
        out.push(byte);
    }
    out
}

fn digest(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Crc32 => {
            let mut hasher = Hasher::new();
            hasher.update(bytes);
            hasher.finalize().to_be_bytes().to_vec()
        }
        Algorithm::Md5 => md5::Md5::digest(bytes).to_vec(),
        Algorithm::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
        Algorithm::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
        Algorithm::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_a_shell_reads_them() {
        for (directory, argument, path) in [
            (&b""[..], &b"/"[..], &b""[..]),
            (b"/a", b"b", b"/a/b"),
            (b"/a", b"/b//c/", b"/b/c"),
            (b"/a", b"../../..", b""),
            (b"/a/b", b"./../c", b"/a/c"),
        ] {
            assert_eq!(resolve(directory, argument), path);
        }
    }

    #[test]
    fn a_text_loses_the_cr_before_its_lf() {
        assert_eq!(converted(b"a\r\nb\nc\r\r\n\r", Codec::ASCII), b"a\nb\nc\r\n\r");
        assert_eq!(converted(b"a\r\n", Codec::RAW), b"a\r\n");
    }
}
