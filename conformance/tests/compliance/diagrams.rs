//! The state diagrams, as RFC 959 6 and RFC 7151 3.2.3 have them, made from the registry and the table of replies.

use ftp_core::command::{State, TRANSITIONS, Verb};
use ftp_core::reply::table::row;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Writes them.
pub(crate) fn write() -> String {
    let mut text = "\n## State diagrams\n\n### A session\n\nA command that a state does not take is answered 503, or 530 before the \
                    login; while a transfer runs, it waits.\n\n```mermaid\nstateDiagram-v2\n    [*] --> Stranger: 220\n"
        .to_owned();
    for transition in TRANSITIONS {
        let verbs: Vec<_> = transition.verbs.iter().map(|verb| verb.name()).collect();
        let _ = writeln!(
            text,
            "    {:?} --> {:?}: {} {}",
            transition.from,
            transition.to,
            verbs.join(", "),
            transition.replies
        );
    }
    for state in State::ALL {
        if state != State::Transferring {
            let _ = writeln!(text, "    {state:?} --> [*]: QUIT 221");
        }
    }
    text += "```\n\n### A command\n\nB is the beginning, W waits for a reply, S is success, F failure, E an error of the server; N wants the \
             next command of its sequence. Each command is of one of these kinds, by the first digits of the replies that its row \
             permits.\n";
    let mut kinds = BTreeMap::<Vec<u16>, Vec<&str>>::new();
    for &verb in Verb::ALL {
        let mut digits: Vec<u16> = row(verb).codes().map(|code| code / 100).filter(|digit| *digit < 4).collect();
        digits.sort_unstable();
        digits.dedup();
        kinds.entry(digits).or_default().push(verb.name());
    }
    for (digits, verbs) in kinds {
        let _ = write!(text, "\n{}\n\n```mermaid\nflowchart LR\n    B -- command --> W\n", verbs.join(", "));
        text += if digits.contains(&1) { "    W -- 1yz --> W\n" } else { "    W -- 1yz --> E\n" };
        text += if digits.contains(&2) { "    W -- 2yz --> S\n" } else { "    W -- 2yz --> E\n" };
        text += if digits.contains(&3) { "    W -- 3yz --> N\n" } else { "    W -- 3yz --> E\n" };
        text += "    W -- 4yz, 5yz --> F\n```\n";
    }
    text
}
