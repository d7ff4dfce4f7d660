//! [`Coverage`]: which reply was seen to which command in which state, and which were not, with the reason why.

use ftp_core::command::{State, Verb};
use ftp_core::reply::table;
use std::fmt::Write;

const CODES: usize = 600;
const STATES: usize = State::ALL.len();
const VERBS: usize = Verb::ALL.len() + 1;

/// Counts of replies, by command, state and code.
#[derive(Clone)]
pub struct Coverage {
    seen: Vec<u64>,
}

/// Codes that our server never sends, whatever the table permits, and why.
const NEVER: &[(u16, &str)] = &[
    (110, "restart markers are sent by a host that has them, in the data"),
    (120, "the greeting is never late"),
    (125, "the data connection of this host is never there before 150"),
    (202, "nothing is superfluous that is served, ACCT aside"),
    (212, "STAT of a directory is 212, of a file 213"),
    (225, "ABOR closes the data connection too: 226"),
    (232, "no security data tells who somebody is"),
    (334, "no security mechanism wants an exchange"),
    (336, "no challenge is sent"),
    (421, "it comes unasked, and is counted as such"),
    (431, "a resource that is missing is said otherwise"),
    (532, "no account is asked for when storing"),
    (533, "commands in plaintext are refused otherwise"),
    (535, "there is no security check that fails"),
    (537, "no security mechanism protects commands"),
    (551, "pages are not typed"),
    (555, "a wrong type is refused before"),
    (631, "no command is protected"),
    (632, "no command is protected"),
    (633, "no command is protected"),
];

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

    /// A line for each command: the codes seen, by state.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for verb in Verb::ALL.iter().copied().map(Some).chain([None]) {
            for state in State::ALL {
                let codes: Vec<String> = (100..700)
                    .filter(|&code| self.of(verb, state, code) > 0)
                    .map(|code| format!("{code}×{}", self.of(verb, state, code)))
                    .collect();
                if !codes.is_empty() {
                    let name = verb.map_or("(none)", Verb::name);
                    // Writing to a String cannot fail.
                    let _ = writeln!(text, "{name:<8} {:<14} {}", format!("{state:?}"), codes.join(" "));
                }
            }
        }
        text
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

    /// Commands that are served, with the replies of the table that were seen in no state; those that our server never sends
    /// are left out.
    pub fn holes(&self) -> Vec<(Verb, Vec<u16>)> {
        let unseen = |verb, code| State::ALL.iter().all(|&state| self.of(Some(verb), state, code) == 0);
        let sent = |code| NEVER.iter().all(|&(never, _)| never != code);
        let codes = |verb| {
            let mut codes: Vec<u16> =
                table::row(verb).codes().filter(|&code| sent(code) && unseen(verb, code)).collect();
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        let served = Verb::ALL.iter().filter(|verb| verb.row().served);
        served.map(|&verb| (verb, codes(verb))).filter(|(_, codes)| !codes.is_empty()).collect()
    }
}
