//! [`State`]: how far a session is, as far as it decides which commands may come; and [`States`], a set of them.

use super::Verb;
use core::ops::BitOr;

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has said who he is: after the greeting and after REIN.
    Stranger,
    /// USER was given, PASS is wanted (331).
    Named,
    /// The password was right, ACCT is wanted too (332).
    AccountWanted,
    /// Logged in.
    User,
    /// Logged in, and RNFR was the last command (350): RNTO is wanted.
    Renaming,
    /// A transfer runs. A command that is not meant for this state waits for the transfer's end.
    Transferring,
}

/// A way from one state to another.
#[derive(Debug)]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// Any of these commands.
    pub verbs: &'static [Verb],
    /// The replies with which the way is gone: a code, or `1yz`.
    pub replies: &'static str,
    /// The state after.
    pub to: State,
}

const fn way(from: State, verbs: &'static [Verb], replies: &'static str, to: State) -> Transition {
    Transition { from, verbs, replies, to }
}

/// The ways between states. QUIT leads out of all of them; what is not named here leaves a session where it is, save that any
/// command but RNTO ends [`State::Renaming`].
pub const TRANSITIONS: &[Transition] = &[
    way(State::Stranger, &[Verb::User], "331", State::Named),
    way(State::Named, &[Verb::Pass], "230", State::User),
    way(State::Named, &[Verb::Pass], "332", State::AccountWanted),
    way(State::Named, &[Verb::Pass], "530", State::Stranger),
    way(State::AccountWanted, &[Verb::Acct], "230", State::User),
    way(State::AccountWanted, &[Verb::Acct], "530", State::Stranger),
    way(State::Named, &[Verb::Rein, Verb::Host], "220", State::Stranger),
    way(State::AccountWanted, &[Verb::Rein, Verb::Host], "220", State::Stranger),
    way(State::AccountWanted, &[Verb::User], "331", State::Named),
    way(State::User, &[Verb::Rein], "220", State::Stranger),
    way(State::User, &[Verb::User], "331", State::Named),
    way(State::User, &[Verb::Rnfr], "350", State::Renaming),
    way(State::Renaming, &[Verb::Rnto], "250", State::User),
    way(
        State::User,
        &[Verb::Retr, Verb::Stor, Verb::Stou, Verb::Appe, Verb::List, Verb::Nlst, Verb::Mlsd],
        "1yz",
        State::Transferring,
    ),
    way(State::Transferring, &[Verb::Abor], "426, 226", State::User),
];

impl State {
    /// Every state, in the order in which a session may pass through them.
    pub const ALL: [Self; 6] =
        [Self::Stranger, Self::Named, Self::AccountWanted, Self::User, Self::Renaming, Self::Transferring];
}

/// A set of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States(u8);

impl States {
    /// Not logged in.
    pub const BEFORE: Self = Self::of(&[State::Stranger, State::Named, State::AccountWanted]);
    /// Logged in.
    pub const AFTER: Self = Self::of(&[State::User, State::Renaming]);
    /// Whether logged in or not.
    pub const ALWAYS: Self = Self(Self::BEFORE.0 | Self::AFTER.0);
    /// While a transfer runs.
    pub const TRANSFERRING: Self = Self::of(&[State::Transferring]);

    /// These states and no others.
    pub const fn of(states: &[State]) -> Self {
        let mut set = 0;
        let mut rest = states;
        while let [state, after @ ..] = rest {
            set |= 1 << *state as u8;
            rest = after;
        }
        Self(set)
    }

    /// All states of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Is this state among them?
    pub const fn has(self, state: State) -> bool {
        self.0 & 1 << state as u8 != 0
    }

    /// Is one of these states in the other set too?
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for States {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self {
        self.and(rhs)
    }
}
