//! Transcript files, of servers and of clients.

use conformance::client::Script;
use conformance::transcript::{ParseError, Transcript};

/// The text of a transcript.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Transcript::parse("x.ftp", &text) {
        Ok(transcript) => {
            let lines = text.lines().count();
            assert!(transcript.steps.len() <= lines + 8, "a step comes from a line, or from @login");
            assert!(!transcript.heading.is_empty(), "it says what it is about");
            assert_eq!(Transcript::parse("x.ftp", &text), Ok(transcript), "it is read as it was");
        }
        Err(error) => located(&error, &text),
    }
    if let Err(error) = Script::parse("x.ftp", &text) {
        located(&error, &text);
    }
}

/// An error names a line of the file, and says what to do.
fn located(error: &ParseError, text: &str) {
    assert!(!error.remedy.is_empty(), "{error}");
    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
    assert!(error.line <= text.lines().count().max(1), "{error}");
    let missing = matches!(error.found.as_str(), "" | "no exchange");
    assert!(error.found == line || missing, "{error}");
}
