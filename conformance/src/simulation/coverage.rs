//! [`Coverage`]: which reply was seen to which command in which state, and which were not, with the reason why ([`reason`]).

use ftp_core::command::{State, Verb};
use ftp_core::reply::{table, unsent};
use std::fmt::Write;

const CODES: usize = 600;
const STATES: usize = State::ALL.len();
const VERBS: usize = Verb::ALL.len() + 1;

/// Counts of replies, by command, state and code.
#[derive(Clone)]
pub struct Coverage {
    seen: Vec<u64>,
}

/// Why a reply that the server does send is not seen here: to these commands (to any, where none is named), these codes.
const ELSEWHERE: &[(&[Verb], &[u16], &str)] = &[
    (&[], &[421], "It comes unasked, and is counted as such."),
    (&[Verb::User], &[232], "Nobody has a certificate in the simulation; transcripts with `@certificate` show it."),
    (&[], &[502], "Nothing is switched off in the simulation; transcripts with `@set disabled` show it."),
];

/// Why this reply to this command is not seen, if there is a reason: our server never sends it, or not here.
pub fn reason(verb: Verb, code: u16) -> Option<&'static str> {
    let is_it = |&&(verbs, codes, _): &&(&[Verb], &[u16], &str)| {
        (verbs.is_empty() || verbs.contains(&verb)) && codes.contains(&code)
    };
    unsent::reason(verb, code).or_else(|| ELSEWHERE.iter().find(is_it).map(|&(_, _, why)| why))
}

impl Default for Coverage {
    fn default() -> Self {
        Self { seen: vec![0; VERBS * STATES * CODES] }
    }
}

fn place(verb: Option<Verb>, state: State, code: u16) -> Option<usize> {
    let verb = verb.map_or(VERBS - 1, |verb| verb as usize);
    let code = usize::from(code.checked_sub(100)?);
    (code < CODES).then_some((verb * STATES + state as usize) * CODES + code)
}

impl Coverage {
    pub(super) fn count(&mut self, verb: Option<Verb>, state: State, code: u16) {
        if let Some(seen) = place(verb, state, code).and_then(|place| self.seen.get_mut(place)) {
            *seen += 1;
        }
    }

    /// Adds what another has seen.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.seen.iter_mut().zip(&other.seen) {
            *mine += theirs;
        }
    }

    fn of(&self, verb: Option<Verb>, state: State, code: u16) -> u64 {
        place(verb, state, code).and_then(|place| self.seen.get(place)).copied().unwrap_or(0)
    }

    /// How many cells of command, state and reply were seen.
    pub fn cells(&self) -> usize {
        self.seen.iter().filter(|&&count| count > 0).count()
    }

    /// A table in Markdown: a row for each command, and in each state the codes of the replies that were seen.
    pub fn table(&self) -> String {
        let mut text = String::from("| |");
        // Writing to a String cannot fail.
        for state in State::ALL {
            let _ = write!(text, " {state:?} |");
        }
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(STATES));
        text.push('\n');
        for verb in Verb::ALL.iter().copied().map(Some).chain([None]) {
            let _ = write!(text, "| {} |", verb.map_or("none", Verb::name));
            for state in State::ALL {
                let codes: Vec<String> =
                    (100..700).filter(|&code| self.of(verb, state, code) > 0).map(|code| code.to_string()).collect();
                let _ = write!(text, " {} |", codes.join(" "));
            }
            text.push('\n');
        }
        text
    }

    /// Replies seen in all.
    pub fn replies(&self) -> u64 {
        self.seen.iter().sum()
    }

    /// Commands, with the states in which they can come and no reply to them was seen.
    pub fn silent(&self) -> Vec<(Verb, Vec<State>)> {
        let unseen = |verb, state| (100..700).all(|code| self.of(Some(verb), state, code) == 0);
        let can_come = |verb: Verb, state| state != State::Transferring || verb.row().states.has(state);
        let states =
            |verb| State::ALL.into_iter().filter(|&state| can_come(verb, state) && unseen(verb, state)).collect();
        Verb::ALL
            .iter()
            .map(|&verb| (verb, states(verb)))
            .filter(|(_, states): &(_, Vec<_>)| !states.is_empty())
            .collect()
    }

    /// Commands that are known, with the replies of the table that were seen in no state and that nothing explains.
    pub fn holes(&self) -> Vec<(Verb, Vec<u16>)> {
        let unseen = |verb, code| State::ALL.iter().all(|&state| self.of(Some(verb), state, code) == 0);
        let codes = |verb| {
            let mut codes: Vec<u16> =
                table::row(verb).codes().filter(|&code| unseen(verb, code) && reason(verb, code).is_none()).collect();
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        Verb::ALL.iter().map(|&verb| (verb, codes(verb))).filter(|(_, codes)| !codes.is_empty()).collect()
    }

    /// How many replies of the table were not seen, for a reason.
    pub fn explained(&self) -> usize {
        let unseen = |verb, code| State::ALL.iter().all(|&state| self.of(Some(verb), state, code) == 0);
        Verb::ALL.iter().map(|&verb| table::row(verb).codes().filter(|&code| unseen(verb, code)).count()).sum::<usize>()
            - self.holes().iter().map(|(_, codes)| codes.len()).sum::<usize>()
    }
}
