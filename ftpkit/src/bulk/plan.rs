//! [`Plan`]: every single thing that is to be done, in order, before the first of them is.

use super::encoded;
use super::tree::{Facts, Kind, Tree};
use crate::conflict::{Asker, Known, Policy, Verdict, in_the_way, other_names};
use crate::failure::Failure;
use crate::remote::path::{join, split};
use crate::text::shown;
use crate::transfer::OVERLAP;
use ftp_core::time::WallTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Files up to this size are small: to move one again costs no more than what comes once more of a larger one that is gone on with.
pub(super) const SMALL: u64 = OVERLAP;

/// One thing to do on the target's side. Paths lie below the roots of the two sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub(crate) enum Step {
    /// Make a directory.
    Mkdir {
        #[serde(with = "encoded")]
        path: Vec<u8>,
    },
    /// Move a file.
    Move(Move),
    /// Remove a file.
    Rm {
        #[serde(with = "encoded")]
        path: Vec<u8>,
        /// It makes room for what comes under its name.
        first: bool,
    },
    /// Remove a directory that is empty by then.
    Rmdir {
        #[serde(with = "encoded")]
        path: Vec<u8>,
        /// It makes room for what comes under its name.
        first: bool,
    },
}

/// A file to be moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    /// On the source's side.
    #[serde(with = "encoded")]
    pub(crate) from: Vec<u8>,
    /// On the target's side.
    #[serde(with = "encoded")]
    pub(crate) to: Vec<u8>,
    /// Its size.
    pub(crate) size: Option<u64>,
    /// Seconds of the time of its last change, since 1970 in UTC.
    pub(crate) modified: Option<i64>,
    /// Its permission bits.
    pub(crate) mode: Option<u32>,
    /// What is there of it is gone on with.
    pub(crate) resume: bool,
}

impl Move {
    /// The time of its last change.
    pub(crate) fn modified(&self) -> Option<WallTime> {
        self.modified.map(|seconds| WallTime { seconds, nanos: 0 })
    }

    /// A new file.
    pub(crate) fn new(from: &[u8], to: &[u8], facts: &Facts) -> Self {
        Self {
            from: from.to_vec(),
            to: to.to_vec(),
            size: facts.known.size,
            modified: facts.known.modified.map(|time| time.seconds),
            mode: facts.mode,
            resume: false,
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In the order in which they are done; those of one kind beside each other may be done at once.
    pub(crate) steps: Vec<Step>,
    /// What is left out although it was meant, and why.
    pub(crate) left: Vec<(Vec<u8>, &'static str)>,
}

/// How a plan is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// What to do with files that are there.
    pub(crate) policy: Policy,
    /// Remove what the source has not.
    pub(crate) delete: bool,
}

/// Something of the source, and what its name is on the target's side.
pub(crate) struct Wanted {
    /// On the source's side.
    pub(crate) from: Vec<u8>,
    /// On the target's side.
    pub(crate) to: Vec<u8>,
    /// What it is.
    pub(crate) facts: Facts,
}

/// Makes the target what the source is: the plan for two trees whose paths are alike.
///
/// # Errors
/// [`Failure`], if something is in the way and the rules end there.
pub(crate) fn mirror(source: &Tree, target: &Tree, rules: Rules, asker: &mut dyn Asker) -> Result<Plan, Failure> {
    let wanted = source.iter().map(|(path, facts)| Wanted { from: path.clone(), to: path.clone(), facts: *facts });
    let mut plan = plan(wanted, target, rules, asker)?;
    if rules.delete {
        // What is in the way of something has been planned for already.
        let cleared: BTreeSet<Vec<u8>> =
            plan.steps.iter().filter(|step| step.is_first()).map(|step| step.path().to_vec()).collect();
        // From the back, so that a directory comes after what is in it.
        for (path, facts) in target.iter().rev() {
            if source.contains_key(path) || cleared.contains(path) {
                continue;
            }
            let path = path.clone();
            plan.steps.push(match facts.kind {
                Kind::Directory => Step::Rmdir { path, first: false },
                Kind::File | Kind::Other => Step::Rm { path, first: false },
            });
        }
    }
    Ok(plan)
}

/// The plan for what is wanted, where the target has what it has.
///
/// # Errors
/// [`Failure`], if something is in the way and the rules end there.
pub(crate) fn plan(
    wanted: impl IntoIterator<Item = Wanted>,
    target: &Tree,
    rules: Rules,
    asker: &mut dyn Asker,
) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let (mut directories, mut moves) = (Vec::new(), Vec::new());
    let mut conflicts: Vec<Vec<u8>> = Vec::new();
    for Wanted { from, to, facts } in wanted {
        let there = target.get(&to);
        if facts.kind == Kind::Other {
            plan.left.push((to, "it is a link or a device"));
            continue;
        }
        match (facts.kind, there.map(|there| there.kind)) {
            (Kind::Directory, Some(Kind::Directory)) | (Kind::File, Some(Kind::File)) | (_, None) => {}
            // One is a directory and the other is not.
            _ if rules.delete => plan.clear(&to, target),
            _ => {
                conflicts.push(to);
                continue;
            }
        }
        match facts.kind {
            Kind::Directory if there.is_none_or(|there| there.kind != Kind::Directory) => {
                directories.push(Step::Mkdir { path: to });
            }
            Kind::Directory | Kind::Other => {}
            Kind::File => {
                let mut new = Move::new(&from, &to, &facts);
                let known = there.filter(|there| there.kind == Kind::File).map(|there| there.known);
                let verdict = match known {
                    Some(known) => rules.policy.verdict(&shown(&to), facts.known, known, asker)?,
                    None => Verdict::Replace,
                };
                match verdict {
                    Verdict::Replace => moves.push(new),
                    Verdict::Resume => moves.push(Move { resume: true, ..new }),
                    Verdict::Rename => {
                        new.to = other_name(&to, target);
                        moves.push(new);
                    }
                    Verdict::Keep(why) => plan.left.push((to, why)),
                    Verdict::Conflict => conflicts.push(to),
                }
            }
        }
    }
    if let Some(first) = conflicts.first() {
        return Err(in_the_way(&shown(first), conflicts.len() - 1));
    }
    plan.steps.extend(directories);
    plan.steps.extend(moves.into_iter().map(Step::Move));
    Ok(plan)
}

/// A name beside `path` that nothing has: `a.1.txt` for `a.txt`.
fn other_name(path: &[u8], target: &Tree) -> Vec<u8> {
    let (dir, name) = split(path);
    let mut names = other_names(name).map(|name| join(dir, &name));
    // There are more numbers than files.
    names.find(|name| !target.contains_key(name)).unwrap_or_default()
}

impl Plan {
    /// Does it cost next to nothing to do this step again: a small file, or no file at all?
    pub(crate) fn is_cheap(&self, step: usize) -> bool {
        match self.steps.get(step) {
            Some(Step::Move(order)) => order.size.is_some_and(|size| size <= SMALL),
            _ => true,
        }
    }

    /// Plans to remove what is at `path` and below it.
    fn clear(&mut self, path: &[u8], target: &Tree) {
        let below = [path, b"/"].concat();
        let inside = target.range(below.clone()..).take_while(|(other, _)| other.starts_with(&below));
        let there: Vec<_> = target.get_key_value(path).into_iter().chain(inside).collect();
        for (path, facts) in there.into_iter().rev() {
            let path = path.clone();
            self.steps.push(match facts.kind {
                Kind::Directory => Step::Rmdir { path, first: true },
                Kind::File | Kind::Other => Step::Rm { path, first: true },
            });
        }
    }

    /// Files that are to be moved, and their bytes as far as they are known.
    pub(crate) fn total(&self) -> (u64, u64) {
        self.total_of(&|_| true)
    }

    /// The same of those steps that `todo` names by their numbers.
    pub(crate) fn total_of(&self, todo: &impl Fn(usize) -> bool) -> (u64, u64) {
        let steps = self.steps.iter().enumerate().filter(|(number, _)| todo(*number));
        steps.fold((0, 0), |(files, bytes), (_, step)| match step {
            Step::Move(Move { size, .. }) => (files + 1, bytes + size.unwrap_or(0)),
            _ => (files, bytes),
        })
    }
}

impl Step {
    /// The file that it moves, if it does.
    pub(crate) fn order(&self) -> Option<&Move> {
        match self {
            Self::Move(order) => Some(order),
            Self::Mkdir { .. } | Self::Rm { .. } | Self::Rmdir { .. } => None,
        }
    }

    /// What it concerns, below the target's root.
    pub(crate) fn path(&self) -> &[u8] {
        match self {
            Self::Mkdir { path } | Self::Rm { path, .. } | Self::Rmdir { path, .. } => path,
            Self::Move(Move { to, .. }) => to,
        }
    }

    /// Does it make room for another?
    pub(crate) fn is_first(&self) -> bool {
        matches!(self, Self::Rm { first: true, .. } | Self::Rmdir { first: true, .. })
    }
}

impl Known {
    /// Of a file whose size alone is known.
    #[cfg(test)]
    pub(crate) fn of_size(size: u64) -> Self {
        Self { size: Some(size), modified: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conflict::Nobody;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    fn tree(entries: &[(&str, u64)]) -> Tree {
        let facts = |path: &str, size| {
            let kind = if path.ends_with('/') { Kind::Directory } else { Kind::File };
            (path.trim_end_matches('/').as_bytes().to_vec(), Facts { kind, known: Known::of_size(size), mode: None })
        };
        entries.iter().map(|&(path, size)| facts(path, size)).collect()
    }

    fn lines(plan: &Plan) -> Vec<String> {
        plan.steps.iter().map(|step| serde_json::to_string(step).unwrap_or_default()).collect()
    }

    #[test]
    fn directories_come_first_and_removals_last_and_backwards() {
        let source = tree(&[("d/", 0), ("d/new", 3), ("same", 1), ("size", 2)]);
        let target = tree(&[("old/", 0), ("old/x", 1), ("same", 1), ("size", 1)]);
        let rules = Rules { policy: Policy::Update, delete: true };
        let plan = mirror(&source, &target, rules, &mut Nobody).unwrap_or_default();
        insta::assert_snapshot!(lines(&plan).join("\n"));
        assert_eq!(plan.left, [(b"same".to_vec(), "it is the same")]);
        assert_eq!(plan.total(), (2, 5));
    }

    #[test]
    fn a_file_in_the_way_of_a_directory_goes_only_if_deleting_is_asked_for() {
        let (source, target) = (tree(&[("a/", 0), ("a/b", 1), ("c", 1)]), tree(&[("a", 5), ("c/", 0), ("c/d", 1)]));
        let mut rules = Rules { policy: Policy::Update, delete: false };
        let failure = mirror(&source, &target, rules, &mut Nobody).map(|_| ()).map_err(|failure| failure.to_string());
        assert_eq!(failure, Err("cannot write a and 1 more: it exists already".into()));
        rules.delete = true;
        let plan = mirror(&source, &target, rules, &mut Nobody).unwrap_or_default();
        insta::assert_snapshot!(lines(&plan).join("\n"));
    }

    #[test]
    fn another_name_is_one_that_nothing_has() {
        let target = tree(&[("d/a.tar", 1), ("d/a.1.tar", 1), (".rc", 1)]);
        assert_eq!(other_name(b"d/a.tar", &target), b"d/a.2.tar");
        assert_eq!(other_name(b".rc", &target), b".rc.1");
    }

    #[test]
    fn a_plan_is_read_back_as_it_was_written() {
        let new = Move {
            from: b"a\xff b".to_vec(),
            to: b"%".to_vec(),
            size: None,
            modified: Some(-5),
            mode: Some(0o640),
            resume: true,
        };
        for step in
            [Step::Move(new), Step::Mkdir { path: b"d/e".to_vec() }, Step::Rm { path: b"x".to_vec(), first: true }]
        {
            let line = serde_json::to_string(&step).unwrap_or_default();
            assert_eq!(serde_json::from_str::<Step>(&line).ok(), Some(step), "{line}");
        }
    }

    fn side() -> impl Strategy<Value = Tree> {
        let path = prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..4);
        btree_map(path, (any::<bool>(), 0_u64..3), 0..12).prop_map(|entries| {
            let mut tree = Tree::new();
            for (path, (directory, size)) in entries {
                // What something lies in is a directory.
                for depth in 1..path.len() {
                    let facts = Facts { kind: Kind::Directory, known: Known::default(), mode: None };
                    tree.insert(path[..depth].join("/").into_bytes(), facts);
                }
                let kind = if directory { Kind::Directory } else { Kind::File };
                tree.entry(path.join("/").into_bytes()).or_insert(Facts {
                    kind,
                    known: Known::of_size(size),
                    mode: None,
                });
            }
            tree
        })
    }

    /// Does the steps, as a file system would: `None`, if one is impossible.
    fn carried_out(plan: &Plan, source: &Tree, mut target: Tree) -> Option<Tree> {
        let is_directory = |tree: &Tree, path: &[u8]| {
            path.is_empty() || tree.get(path).is_some_and(|facts| facts.kind == Kind::Directory)
        };
        for step in &plan.steps {
            let path = step.path().to_vec();
            let below = [path.as_slice(), b"/"].concat();
            match step {
                Step::Mkdir { .. } => {
                    let fits = is_directory(&target, split(&path).0) && !target.contains_key(&path);
                    fits.then(|| target.insert(path.clone(), *source.get(&path)?))?;
                }
                Step::Move(Move { from, .. }) => {
                    let fits = is_directory(&target, split(&path).0) && !is_directory(&target, &path);
                    fits.then(|| target.insert(path, source[from]))?;
                }
                Step::Rm { .. } => drop(target.remove(&path).filter(|facts| facts.kind != Kind::Directory)?),
                Step::Rmdir { .. } => {
                    let empty = !target.keys().any(|other| other.starts_with(&below));
                    empty.then(|| target.remove(&path)).flatten().filter(|facts| facts.kind == Kind::Directory)?;
                }
            }
        }
        Some(target)
    }

    proptest! {
        /// A mirror that deletes makes the target what the source is, by steps that are possible in their order; after it there is nothing
        /// to do.
        #[test]
        fn a_mirror_makes_both_sides_alike(source in side(), target in side()) {
            let rules = Rules { policy: Policy::Update, delete: true };
            let plan = mirror(&source, &target, rules, &mut Nobody).unwrap_or_default();
            let after = carried_out(&plan, &source, target);
            let kinds = |tree: &Tree| tree.iter().map(|(path, facts)| (path.clone(), facts.kind, if facts.kind == Kind::File { facts.known.size } else { None })).collect::<Vec<_>>();
            prop_assert_eq!(after.as_ref().map(kinds), Some(kinds(&source)));
            let again = mirror(&source, &after.unwrap_or_default(), rules, &mut Nobody).unwrap_or_default();
            prop_assert_eq!(again.steps, []);
        }
    }
}
