//! What the program reads of files and command lines: `.netrc`, fingerprints, durations, the words of a line in the shell, certificates.

use ftp_core::path::VirtualPath;
use ftp_host::tls::{Certificates, Fingerprint, TlsClient, Trust};

#[allow(dead_code, reason = "the program uses all of it")]
#[path = "../../ftpkit/src/duration.rs"]
mod duration;
#[allow(dead_code, reason = "the program uses all of it")]
#[path = "../../ftpkit/src/remote/netrc.rs"]
mod netrc;
#[allow(dead_code, reason = "the program uses all of it")]
#[path = "../../ftpkit/src/text.rs"]
mod text;
#[allow(dead_code, reason = "the program uses all of it")]
#[path = "../../ftpkit/src/shell/words.rs"]
mod words;

/// A byte that says which, then the text.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match which % 5 {
        0 => logins(&text),
        1 => fingerprint(&text),
        2 => line(&text),
        3 => drop((duration::parse(&text), duration::parse_positive(&text))),
        _ => certificates(rest, &text),
    }
    let shown = text::shown(rest);
    assert!(!shown.contains(char::is_control), "nothing of another's steers a terminal: {shown:?}");
    if let Ok(path) = VirtualPath::parse(rest) {
        assert!(path.as_bytes().starts_with(b"/"));
    }
}

fn logins(text: &str) {
    let any = netrc::find(text, "example.org", None);
    let named = netrc::find(text, "EXAMPLE.org", Some("ann"));
    if let Some(entry) = &named {
        assert!(entry.user.as_deref().is_none_or(|user| user == "ann"), "{entry:?}");
        assert!(any.is_some(), "whom a user is found for, somebody is found for");
    }
    // A word that is no word of the file's own cannot become a login.
    assert!(any.is_none() || text.contains("machine") || text.contains("default"));
}

fn fingerprint(text: &str) {
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        let shown = fingerprint.to_string();
        assert_eq!(shown.parse(), Ok(fingerprint));
        assert_eq!(shown.len(), 95);
    }
}

fn line(text: &str) {
    let Ok(split) = words::split(text) else { return };
    let again = split.iter().map(|word| words::quoted(word)).collect::<Vec<_>>().join(" ");
    assert_eq!(words::split(&again).as_ref(), Ok(&split), "{again}");
}

fn certificates(pem: &[u8], name: &str) {
    let _ = Certificates::new(pem, pem);
    let _ = TlsClient::new("example.org", &Trust::Authorities(pem.to_vec()), Vec::new());
    let _ = TlsClient::new(name, &Trust::Nobody, Vec::new());
}
