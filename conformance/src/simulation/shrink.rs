//! [`shrink`]: a failing program made as short as it can be and still fail.

use super::coverage::Coverage;
use super::play;
use super::program::{Program, Sky, Step};

/// Programs that are tried at most.
const TRIES: u32 = 400;

/// Leaves out of a failing program what it fails without, and says what still fails.
pub fn shrink(program: &Program) -> (Program, String) {
    let mut tries = 0;
    let mut fails = |program: &Program| {
        tries += 1;
        if tries > TRIES { None } else { play(program, &mut Coverage::default()).err() }
    };
    let mut least = program.clone();
    let Some(mut error) = fails(&least) else { return (least, "it does not fail".into()) };
    loop {
        let mut smaller = false;
        for sky in [Sky::Clear, Sky::Slow] {
            let calmer = Program { sky, ..least.clone() };
            if least.sky as u8 > sky as u8
                && let Some(found) = fails(&calmer)
            {
                (least, error, smaller) = (calmer, found, true);
            }
        }
        let mut size = least.steps.len();
        while size > 0 {
            let mut at = 0;
            while at + size <= least.steps.len() {
                let mut shorter = least.clone();
                shorter.steps.drain(at..at + size);
                match fails(&shorter) {
                    Some(found) => (least, error, smaller) = (shorter, found, true),
                    None => at += size,
                }
            }
            size /= 2;
        }
        for at in 0..least.steps.len() {
            let mut simpler = least.clone();
            let changed = match &mut simpler.steps[at] {
                Step::Ask { content, .. } if content.len() > 4 => {
                    content.truncate(content.len() / 2);
                    true
                }
                Step::Ask { patience, .. } => patience.take().is_some(),
                _ => false,
            };
            if changed && let Some(found) = fails(&simpler) {
                (least, error, smaller) = (simpler, found, true);
            }
        }
        if !smaller {
            return (least, error);
        }
    }
}
