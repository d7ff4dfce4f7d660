//! Fact lines (RFC 3659 7): which facts there are and which a client wants, writing them, and reading them back.
//!
//! The space that MLST puts in front of its line on the control connection belongs to the reply, not to the line.

use super::digits::{parse_number, push_decimal, push_number};
use super::entry::is_one_line;
use super::{Entry, EntryKind};
use crate::permission::Permissions;
use crate::time::WallTime;
use alloc::vec::Vec;
use memchr::memmem;

/// Which facts MLSD and MLST show (`OPTS MLST`, RFC 3659 7.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(u8);

impl Facts {
    /// No fact at all: names alone.
    pub const NONE: Self = Self(0);
    /// `type` (RFC 3659 7.5.1).
    pub const TYPE: Self = Self(1);
    /// `size`, of files (RFC 3659 7.5.7).
    pub const SIZE: Self = Self(1 << 1);
    /// `modify` (RFC 3659 7.5.3).
    pub const MODIFY: Self = Self(1 << 2);
    /// `perm` (RFC 3659 7.5.5).
    pub const PERM: Self = Self(1 << 3);
    /// `unique` (RFC 3659 7.5.2).
    pub const UNIQUE: Self = Self(1 << 4);
    /// `UNIX.mode`: the permission bits, in octal (RFC 3659 7.5).
    pub const UNIX_MODE: Self = Self(1 << 5);
    /// All that can be shown.
    pub const ALL: Self = Self((1 << 6) - 1);
    /// What is shown until a client chooses: what RFC 3659 7.5.10 asks for, and no more.
    pub const DEFAULT: Self = Self(Self::ALL.0 & !Self::UNIX_MODE.0);

    /// The facts by name, in the order in which lines show them.
    const NAMES: [(&'static [u8], Self); 6] = [
        (b"type", Self::TYPE),
        (b"size", Self::SIZE),
        (b"modify", Self::MODIFY),
        (b"perm", Self::PERM),
        (b"unique", Self::UNIQUE),
        (b"UNIX.mode", Self::UNIX_MODE),
    ];

    /// Are all of `other` among them?
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The facts that `OPTS MLST` asks for; unknown ones are left out. `None` where the list cannot be read: it must
    /// then be answered 501 and change nothing (RFC 3659 7.9.2).
    ///
    /// ```text
    /// list = *( factname ";" ) ; without an end, the last ";" may be missing
    /// ```
    pub fn parse(list: &[u8]) -> Option<Self> {
        let list = list.strip_suffix(b";").unwrap_or(list);
        if list.is_empty() {
            return Some(Self::NONE);
        }
        list.split(|&byte| byte == b';').try_fold(Self::NONE, |facts, name| {
            let is_token = !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'=');
            let known = Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            is_token.then_some(Self(facts.0 | known.map_or(0, |(_, fact)| fact.0)))
        })
    }

    /// Appends the line of FEAT, without its space in front and its end: every fact that there is, a `*` behind each of
    /// these (RFC 3659 7.8).
    pub fn write_feature(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"MLST ");
        for (name, fact) in Self::NAMES {
            out.extend_from_slice(name);
            out.extend_from_slice(if self.contains(fact) { b"*;" } else { b";" });
        }
    }

    /// Appends the text of the 200 that answers `OPTS MLST` (RFC 3659 7.9.1).
    pub fn write_chosen(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"MLST OPTS");
        if self != Self::NONE {
            out.push(b' ');
        }
        for (name, _) in Self::NAMES.iter().filter(|(_, fact)| self.contains(*fact)) {
            out.extend_from_slice(name);
            out.push(b';');
        }
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The indicators of the perm fact for what is no directory, in alphabetical order (RFC 3659 7.5.5).
const FILE_PERMS: [(u8, Permissions); 5] = [
    (b'a', Permissions::APPEND),
    (b'd', Permissions::DELETE),
    (b'f', Permissions::RENAME),
    (b'r', Permissions::READ),
    (b'w', Permissions::OVERWRITE),
];

/// The same for directories. To enter one no right is needed.
const DIRECTORY_PERMS: [(u8, Permissions); 7] = [
    (b'c', Permissions::CREATE),
    (b'd', Permissions::REMOVE_DIR),
    (b'e', Permissions::NONE),
    (b'f', Permissions::RENAME),
    (b'l', Permissions::LIST),
    (b'm', Permissions::MAKE_DIR),
    (b'p', Permissions::DELETE),
];

fn indicators(entry: &Entry) -> &'static [(u8, Permissions)] {
    if entry.is_directory() { &DIRECTORY_PERMS } else { &FILE_PERMS }
}

/// Appends the line of MLSD and MLST for `entry`, without an end: those of `facts` that are known of it, a space, the
/// name. An entry whose name holds a line end must be left out; [`write_line`](super::write_line) does so.
///
/// ```text
/// entry = *( factname "=" value ";" ) SP pathname
/// ```
pub fn write_facts(entry: &Entry, facts: Facts, out: &mut Vec<u8>) {
    if facts.contains(Facts::TYPE) {
        out.extend_from_slice(b"type=");
        write_type(&entry.kind, out);
        out.push(b';');
    }
    if let Some(size) = entry.size.filter(|_| facts.contains(Facts::SIZE) && !entry.is_directory()) {
        out.extend_from_slice(b"size=");
        push_decimal(out, size);
        out.push(b';');
    }
    let modified = entry.modified.filter(|_| facts.contains(Facts::MODIFY));
    if let Some(modified) = modified.and_then(WallTime::time_val) {
        out.extend_from_slice(b"modify=");
        out.extend_from_slice(&modified);
        out.push(b';');
    }
    if facts.contains(Facts::PERM) {
        out.extend_from_slice(b"perm=");
        out.extend(
            indicators(entry).iter().filter(|(_, right)| entry.permissions.allows(*right)).map(|(letter, _)| letter),
        );
        out.push(b';');
    }
    if let Some((device, inode)) = entry.unique.filter(|_| facts.contains(Facts::UNIQUE)) {
        out.extend_from_slice(b"unique=");
        push_number(out, device, 16, 0, b'0');
        out.push(b'U');
        push_number(out, inode, 16, 0, b'0');
        out.push(b';');
    }
    if let Some(mode) = entry.mode.filter(|_| facts.contains(Facts::UNIX_MODE)) {
        out.extend_from_slice(b"UNIX.mode=");
        push_number(out, u64::from(mode & 0o7777), 8, 4, b'0');
        out.push(b';');
    }
    out.push(b' ');
    out.extend_from_slice(&entry.name);
}

fn write_type(kind: &EntryKind, out: &mut Vec<u8>) {
    let (value, target): (&[u8], &[u8]) = match kind {
        EntryKind::File => (b"file", b""),
        EntryKind::Directory => (b"dir", b""),
        EntryKind::Current => (b"cdir", b""),
        EntryKind::Parent => (b"pdir", b""),
        EntryKind::Symlink(target) if is_value(target) => (b"OS.unix=slink:", target),
        EntryKind::Symlink(_) => (b"OS.unix=symlink", b""),
        EntryKind::Other => (b"OS.unix=other", b""),
    };
    out.extend_from_slice(value);
    out.extend_from_slice(target);
}

/// Can `target` stand in a fact? A value ends at the semicolon and holds no space (RFC 3659 7.2).
fn is_value(target: &[u8]) -> bool {
    !target.is_empty() && is_one_line(target) && memchr::memchr2(b';', b' ', target).is_none()
}

/// Reads a line of MLSD, or of MLST without the space in front of it. `None` for a line that is none.
///
/// What the line does not say is `None`; without `type` it is a file, and without `perm` the user may do anything.
/// Facts that cannot be read are passed over, like those that are not known (RFC 3659 7.6.2).
pub fn parse_facts(line: &[u8]) -> Option<Entry> {
    let (facts, name) = match line.strip_prefix(b" ") {
        Some(name) => (&b""[..], name),
        // Some servers put targets with spaces into the type; so it is the first space behind a semicolon that ends the facts.
        None => memmem::find(line, b"; ").map(|end| (&line[..end], &line[end + 2..]))?,
    };
    if name.is_empty() {
        return None;
    }
    let mut entry = Entry::new(name, EntryKind::File);
    let mut perm = None;
    for fact in facts.split(|&byte| byte == b';') {
        let Some(equals) = memchr::memchr(b'=', fact) else { continue };
        let (key, value) = (&fact[..equals], &fact[equals + 1..]);
        let is = |known: &[u8]| key.eq_ignore_ascii_case(known);
        if is(b"type") {
            entry.kind = parse_type(value, name);
        } else if is(b"size") || is(b"sizd") {
            entry.size = parse_number(value, 10);
        } else if is(b"modify") {
            entry.modified = WallTime::parse(value);
        } else if is(b"perm") {
            perm = Some(value);
        } else if is(b"unique") {
            entry.unique = parse_unique(value);
        } else if is(b"UNIX.mode") {
            entry.mode = parse_number(value, 8).map(|mode| (mode & 0o7777) as u32);
        }
    }
    // What a letter means depends on the type, which may come after it.
    if let Some(perm) = perm {
        let said = |letter: u8| perm.iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
        let rights = indicators(&entry).iter().filter(|(letter, _)| said(*letter)).map(|(_, right)| *right);
        entry.permissions = rights.fold(Permissions::NONE, |all, right| all | right);
    }
    Some(entry)
}

/// ```text
/// type-val = "File" / "cdir" / "pdir" / "dir" / "OS." os-name "=" os-kind
/// ```
fn parse_type(value: &[u8], name: &[u8]) -> EntryKind {
    let is = |known: &[u8]| value.eq_ignore_ascii_case(known);
    if is(b"file") {
        EntryKind::File
    } else if is(b"dir") {
        EntryKind::of_directory(name)
    } else if is(b"cdir") {
        EntryKind::Current
    } else if is(b"pdir") {
        EntryKind::Parent
    } else if is(b"OS.unix=symlink") || is(b"OS.unix=slink") {
        EntryKind::Symlink(Vec::new())
    } else {
        let slink = b"OS.unix=slink:";
        match value.split_at_checked(slink.len()) {
            Some((label, target)) if label.eq_ignore_ascii_case(slink) => EntryKind::Symlink(target.into()),
            _ => EntryKind::Other,
        }
    }
}

/// `801U1f`, device and inode, as servers on Unix show it. The fact is opaque (RFC 3659 7.5.2); of another shape it is
/// not kept.
fn parse_unique(value: &[u8]) -> Option<(u64, u64)> {
    let middle = value.iter().position(|byte| byte.eq_ignore_ascii_case(&b'U'))?;
    Some((parse_number(&value[..middle], 16)?, parse_number(&value[middle + 1..], 16)?))
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{entry, mutate};
    use super::*;
    use proptest::prelude::*;

    fn written(entry: &Entry, facts: Facts) -> Vec<u8> {
        let mut out = Vec::new();
        write_facts(entry, facts, &mut out);
        out
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        (0..=Facts::ALL.0).prop_map(Facts)
    }

    /// `entry` as `facts` show it.
    fn shown(mut entry: Entry, facts: Facts) -> Entry {
        let rights = indicators(&entry).iter().map(|(_, right)| *right);
        let rights =
            rights.filter(|right| entry.permissions.allows(*right)).fold(Permissions::NONE, |all, right| all | right);
        entry.permissions = if facts.contains(Facts::PERM) { rights } else { Permissions::ALL };
        entry.size = entry.size.filter(|_| facts.contains(Facts::SIZE) && !entry.is_directory());
        entry.modified =
            entry.modified.filter(|_| facts.contains(Facts::MODIFY)).map(|time| WallTime { nanos: 0, ..time });
        entry.unique = entry.unique.filter(|_| facts.contains(Facts::UNIQUE));
        entry.mode = entry.mode.filter(|_| facts.contains(Facts::UNIX_MODE));
        entry.links = None;
        entry.kind = match entry.kind {
            _ if !facts.contains(Facts::TYPE) => EntryKind::File,
            EntryKind::Symlink(target) if !is_value(&target) => EntryKind::Symlink(Vec::new()),
            kind => kind,
        };
        entry
    }

    #[test]
    fn a_line_shows_the_chosen_facts_that_are_known() {
        let mut file = Entry::file("a b;c", 42);
        file.modified = WallTime::parse(b"19981107085215.5");
        file.unique = Some((0x801, 0x1f));
        file.mode = Some(0o644);
        let all = b"type=file;size=42;modify=19981107085215;perm=adfrw;unique=801U1f;UNIX.mode=0644; a b;c";
        assert_eq!(written(&file, Facts::ALL), all);
        assert_eq!(written(&file, Facts::SIZE), b"size=42; a b;c");
        assert_eq!(written(&file, Facts::NONE), b" a b;c");
        assert_eq!(written(&Entry::directory("d"), Facts::ALL), b"type=dir;perm=cdeflmp; d");
    }

    #[test]
    fn perm_says_what_the_user_may_do() {
        let perm = |entry: Entry, permissions| written(&Entry { permissions, ..entry }, Facts::PERM);
        assert_eq!(perm(Entry::file("f", 0), Permissions::READ_ONLY), b"perm=r; f");
        assert_eq!(perm(Entry::directory("d"), Permissions::READ_ONLY), b"perm=el; d");
        assert_eq!(perm(Entry::file("f", 0), Permissions::NONE), b"perm=; f");
    }

    #[test]
    fn a_target_that_would_end_the_value_is_not_shown() {
        let link = |target: &[u8]| written(&Entry::new("l", EntryKind::Symlink(target.into())), Facts::TYPE);
        assert_eq!(link(b"../x"), b"type=OS.unix=slink:../x; l");
        for target in [&b""[..], b"a b", b"a;size=1", b"a\r\nb"] {
            assert_eq!(link(target), b"type=OS.unix=symlink; l");
        }
    }

    #[test]
    fn a_date_that_cannot_be_expressed_is_not_shown() {
        let entry = Entry { modified: Some(WallTime { seconds: i64::MAX, nanos: 0 }), ..Entry::file("f", 1) };
        assert_eq!(written(&entry, Facts::MODIFY), b" f");
    }

    #[test]
    fn options_choose_known_facts() {
        let both = Some(Facts(Facts::TYPE.0 | Facts::UNIX_MODE.0));
        assert_eq!(Facts::parse(b"Type;UNIX.mode;"), both);
        assert_eq!(Facts::parse(b"unix.MODE;frogs;type"), both);
        assert_eq!(Facts::parse(b"type;unix.mode;type;"), both);
        assert_eq!(Facts::parse(b"lang;charset;"), Some(Facts::NONE));
        assert_eq!(Facts::parse(b""), Some(Facts::NONE));
        for wrong in [&b"unique type;"[..], b"type;;size;", b";;", b"type=file;", b" type;"] {
            assert_eq!(Facts::parse(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn feat_and_opts_tell_what_is_chosen() {
        let feature = |facts: Facts| {
            let mut out = Vec::new();
            facts.write_feature(&mut out);
            out
        };
        assert_eq!(feature(Facts::default()), b"MLST type*;size*;modify*;perm*;unique*;UNIX.mode;");
        assert_eq!(feature(Facts::SIZE), b"MLST type;size*;modify;perm;unique;UNIX.mode;");
        let mut out = Vec::new();
        Facts::NONE.write_chosen(&mut out);
        assert_eq!(out, b"MLST OPTS");
    }

    #[test]
    fn lines_of_other_servers_are_read() {
        let read = |line: &[u8]| parse_facts(line).unwrap();
        let cap = read(b"Type=file;Size=1024990;Perm=r; /tmp/cap60.pl198.tar.gz");
        assert_eq!(cap, Entry { permissions: Permissions::READ, ..Entry::file("/tmp/cap60.pl198.tar.gz", 1_024_990) });
        assert_eq!(read(b"PERM=el;TYPE=DIR; x").permissions, Permissions::LIST);
        assert_eq!(read(b"type=cdir;sizd=4096; /pub").kind, EntryKind::Current);
        assert_eq!(read(b"type=dir; .").kind, EntryKind::Current);
        assert_eq!(read(b"type=dir; ..").kind, EntryKind::Parent);
        assert_eq!(read(b"type=pdir; ..").kind, EntryKind::Parent);
        assert_eq!(read(b"type=OS.UNIX=slink:a b; l").kind, EntryKind::Symlink(b"a b".into()));
        assert_eq!(read(b"type=OS.unix=slink; l").kind, EntryKind::Symlink(Vec::new()));
        assert_eq!(read(b"type=OS.unix=symlink; l").kind, EntryKind::Symlink(Vec::new()));
        assert_eq!(read(b"type=OS.unix=chr-13/29; null").kind, EntryKind::Other);
        assert_eq!(read(b"type=file;  two; spaces").name, b" two; spaces");
        let plain = read(b"size=x;modify=never;unique=abc;X.y;=;;lang=en; f");
        assert_eq!(plain, Entry::new("f", EntryKind::File));
    }

    #[test]
    fn lines_without_facts_or_names_are_none() {
        assert_eq!(parse_facts(b" name"), Some(Entry::new("name", EntryKind::File)));
        for line in [&b""[..], b" ", b"type=file; ", b"type=file;", b"name", b"type=file;size=1"] {
            assert_eq!(parse_facts(line), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(entry in entry(), facts in any_facts()) {
            // Without its type, what the letters of a directory mean is not told.
            let facts = if entry.is_directory() { Facts(facts.0 | Facts::TYPE.0) } else { facts };
            let line = written(&entry, facts);
            prop_assert_eq!(parse_facts(&line), Some(shown(entry, facts)));
        }

        #[test]
        fn the_facts_of_a_line_hold_no_space(entry in entry(), facts in any_facts()) {
            let line = written(&entry, facts);
            let end = line.len() - entry.name.len() - 1;
            prop_assert_eq!(line.iter().position(|&byte| byte == b' '), Some(end));
        }

        #[test]
        fn a_choice_is_understood_as_told(facts in any_facts()) {
            let mut out = Vec::new();
            facts.write_chosen(&mut out);
            let list = out.strip_prefix(b"MLST OPTS").unwrap();
            prop_assert_eq!(Facts::parse(list.strip_prefix(b" ").unwrap_or(list)), Some(facts));
        }

        #[test]
        fn anything_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Facts::parse(&line);
            if let Some(entry) = parse_facts(&line) {
                prop_assert!(line.ends_with(&entry.name));
            }
        }

        #[test]
        fn a_damaged_line_can_be_read(entry in entry(), at: prop::sample::Index, byte: u8, how: u8) {
            let _ = parse_facts(&mutate(written(&entry, Facts::ALL), at, byte, how));
        }
    }
}
