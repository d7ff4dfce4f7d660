//! The question what to do with a file that is there, put to whoever sits at the terminal.

use crate::conflict::{Asker, Known, Nobody, Policy, Question};
use crate::console::Console;
use crate::entry_text::date;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use indicatif::HumanBytes;

/// Who answers: the terminal, if there is one on both ends.
pub(crate) fn asker(console: Console) -> Box<dyn Asker> {
    if console.has_somebody() { Box::new(Terminal { console, for_all: None }) } else { Box::new(Nobody) }
}

/// Asks on the terminal.
struct Terminal {
    console: Console,
    /// The answer to all further questions.
    for_all: Option<Policy>,
}

impl Asker for Terminal {
    fn ask(&mut self, question: &Question<'_>) -> Result<Policy, Failure> {
        if let Some(policy) = self.for_all {
            return Ok(policy);
        }
        let mut wrong = String::new();
        loop {
            let Question { name, source, target } = question;
            let text = format!(
                "{wrong}{name} exists: {}\n  to come: {}\n\
                 [o]verwrite, [n]ewer, [r]esume, re[N]ame, [s]kip, [c]ancel; with a ! for all: ",
                facts(target),
                facts(source)
            );
            let Some(line) = self.console.ask(&text) else { return Err(cancelled()) };
            let line = line.trim();
            let (letter, all) = line.strip_suffix('!').map_or((line, false), |letter| (letter, true));
            let Some(policy) = answer(letter)? else {
                wrong = format!("`{}` is no answer.\n", shown(line.as_bytes()));
                continue;
            };
            self.for_all = all.then_some(policy);
            return Ok(policy);
        }
    }
}

/// What a letter means; `None`: nothing.
///
/// # Errors
/// It means to end.
pub(crate) fn answer(letter: &str) -> Result<Option<Policy>, Failure> {
    Ok(Some(match letter {
        "o" => Policy::Overwrite,
        "n" => Policy::Newer,
        "r" => Policy::Resume,
        "N" => Policy::Rename,
        "s" => Policy::Skip,
        "c" => return Err(cancelled()),
        _ => return Ok(None),
    }))
}

fn cancelled() -> Failure {
    Failure::new(Exit::Interrupted, "nothing was moved", "cancelled")
}

/// Size and time, for a question.
pub(crate) fn facts(known: &Known) -> String {
    let size = known.size.map_or_else(|| "size unknown".to_owned(), |size| HumanBytes(size).to_string());
    let time = known.modified.map_or_else(|| "time unknown".to_owned(), date);
    format!("{size}, {time}")
}
