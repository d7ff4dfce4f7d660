//! What came of a request, as a transcript writes it after `=>`.

use crate::transcript::text::show;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::listing::{Facts, write_facts};
use ftp_core::reply::Class;

/// The outcome in a line; `content` is what was retrieved.
pub(super) fn describe(request: &Request, result: &Result<Outcome, ClientError>, content: &[u8]) -> String {
    match result {
        Ok(outcome) => succeeded(request, outcome, content),
        // Of a 4yz the code itself says so.
        Err(error @ (ClientError::Refused(reply) | ClientError::LoginRefused(reply)))
            if error.may_pass() && reply.code().class() == Class::Permanent =>
        {
            format!("{}, for now", failed(error))
        }
        Err(error) => failed(error),
    }
}

fn succeeded(request: &Request, outcome: &Outcome, content: &[u8]) -> String {
    match outcome {
        Outcome::Reply(reply) => format!("done {}", reply.code().number()),
        Outcome::Path(path) => format!("path {}", show(path)),
        Outcome::Size(size) => format!("size {size}"),
        Outcome::Modified(time) => {
            let mut text = Vec::new();
            time.write(&mut text);
            format!("modified {}", show(&text))
        }
        Outcome::Facts(entry) => {
            let mut line = b"facts ".to_vec();
            write_facts(entry, Facts::ALL, &mut line);
            show(&line)
        }
        Outcome::Digest { algorithm, digest } => {
            digest.iter().fold(format!("digest {} ", algorithm.name()), |text, byte| format!("{text}{byte:02x}"))
        }
        Outcome::Entries(entries) => {
            let mut text = String::from("entries");
            for entry in entries {
                text.push(' ');
                text.push_str(&show(&entry.name));
                text.push_str(if entry.is_directory() { "/" } else { "" });
            }
            text
        }
        Outcome::Names(names) => {
            names.iter().fold(String::from("names"), |text, name| format!("{text} {}", show(name)))
        }
        Outcome::Transferred { bytes, .. } if matches!(request, Request::Retrieve { .. }) => {
            format!("transferred {bytes} \"{}\"", show(content))
        }
        Outcome::Transferred { bytes, .. } => format!("transferred {bytes}"),
    }
}

fn failed(error: &ClientError) -> String {
    match error {
        ClientError::Refused(reply) => format!("refused {}", reply.code().number()),
        ClientError::LoginRefused(reply) => format!("login refused {}", reply.code().number()),
        ClientError::AccountNeeded(reply) => format!("account needed {}", reply.code().number()),
        ClientError::NoDataConnection => "no data connection".into(),
        ClientError::Transfer(error) => format!("transfer failed: {error:?}"),
        ClientError::ListingTooLarge => "listing too large".into(),
        ClientError::Protocol(expected) => format!("protocol broken, expected {expected}"),
        ClientError::TlsRefused(reply) => format!("TLS refused {}", reply.code().number()),
        ClientError::TlsFailed => "TLS failed".into(),
        ClientError::BadArgument => "bad argument".into(),
        ClientError::Reserved(_) => "reserved".into(),
        ClientError::TimedOut => "timed out".into(),
        ClientError::Aborted => "aborted".into(),
        ClientError::Disconnected => "disconnected".into(),
    }
}
