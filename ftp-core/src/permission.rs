//! [`Permissions`]: what an account may do, and what each thing that a session asks of its host needs.

use core::ops::BitOr;

/// A set of rights. Every storage call and transfer names the rights it needs (see
/// [`StorageCall::needs`](crate::action::StorageCall::needs) and [`Work::needs`](crate::action::Work::needs)); the host
/// compares them with what the account has, in one place.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Permissions(u16);

impl Permissions {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// Fetch the content of files.
    pub const READ: Self = Self(1);
    /// See names and facts.
    pub const LIST: Self = Self(1 << 1);
    /// Make files that were not there.
    pub const CREATE: Self = Self(1 << 2);
    /// Replace the content of files.
    pub const OVERWRITE: Self = Self(1 << 3);
    /// Add to the end of files.
    pub const APPEND: Self = Self(1 << 4);
    /// Remove files.
    pub const DELETE: Self = Self(1 << 5);
    /// Rename and move.
    pub const RENAME: Self = Self(1 << 6);
    /// Make directories.
    pub const MAKE_DIR: Self = Self(1 << 7);
    /// Remove directories.
    pub const REMOVE_DIR: Self = Self(1 << 8);
    /// Change times and permission bits of what is there.
    pub const MODIFY: Self = Self(1 << 9);
    /// Make symbolic links.
    pub const LINK: Self = Self(1 << 10);
    /// Have data connections go to, and come from, a third party: what RFC 959 5.2 calls a transfer between two servers, and
    /// RFC 2577 3 warns of.
    pub const FXP: Self = Self(1 << 11);
    /// Look and fetch, change nothing.
    pub const READ_ONLY: Self = Self(Self::READ.0 | Self::LIST.0);
    /// Everything that a user does with files. [`Permissions::FXP`] is not among it: that one is never given by the way.
    pub const ALL: Self = Self((1 << 11) - 1);

    /// The rights by the names that account files use, in bit order.
    pub const NAMES: [(&'static str, Permissions); 12] = [
        ("read", Self::READ),
        ("list", Self::LIST),
        ("create", Self::CREATE),
        ("overwrite", Self::OVERWRITE),
        ("append", Self::APPEND),
        ("delete", Self::DELETE),
        ("rename", Self::RENAME),
        ("make-dir", Self::MAKE_DIR),
        ("remove-dir", Self::REMOVE_DIR),
        ("modify", Self::MODIFY),
        ("link", Self::LINK),
        ("fxp", Self::FXP),
    ];

    /// All rights of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Does this set hold every right of `needed`?
    pub const fn allows(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// The rights by name, in bit order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(_, right)| self.allows(*right)).map(|(name, _)| name)
    }

    /// The right that an account file calls `name`, or the rights that `all` and `read-only` stand for.
    pub fn by_name(name: &str) -> Option<Self> {
        let sets = [("all", Self::ALL), ("read-only", Self::READ_ONLY)];
        sets.into_iter().chain(Self::NAMES).find(|(known, _)| *known == name).map(|(_, right)| right)
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self {
        self.and(rhs)
    }
}

impl core::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_that_is_given_twice_is_given() {
        assert_eq!(Permissions::READ_ONLY.and(Permissions::READ), Permissions::READ_ONLY);
        assert_eq!(Permissions::ALL | Permissions::ALL, Permissions::ALL);
    }
}
