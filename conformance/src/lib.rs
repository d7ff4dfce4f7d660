//! Transcripts of the protocol, and the runner that plays them on every backend.
//!
//! A transcript is a text file that a person can write from an RFC page.
//!
//! - `# text` is a comment. The first line names the RFC and section, a draft, or practice: `# RFC 959 4.1.3 RETR`.
//! - `@file /PATH "content"`, `@random /PATH SIZE`, `@dir /PATH`, `@user NAME PASSWORD RIGHT…`, `@account NAME ACCOUNT`,
//!   `@host NAME`, `@user-on NAME HOST`, `@fail CALL… ERROR` (`open list busy`) and `@set SETTING VALUE` (`login-timeout 60s`,
//!   `capacity 1000`, `disabled SITE`, …) build the world first. Nobody named: `ann`, `secret`, all rights.
//! - `@login` plays the greeting and the first user's login; `@advance 60s` lets time go by; `@expect-file /PATH "content"`,
//!   `@expect-dir /PATH` and `@expect-missing /PATH` look into the storage.
//! - `C: line` is sent with CRLF, `C~ bytes` without; lines without anything between them (a blank line counts) leave in one write.
//! - `S: line` is a line that the server sends: `*` is any text, `\d` a digit, `\D` one and more, `$name` any text that is kept
//!   and can be sent later; `S: ...` is any number of lines, `S: ... PATTERN` of
//!   lines like that.
//! - `C! urgent` is Telnet IP and the Synch, `C! close` closes the control connection; `S! closed`: the server closes it.
//! - `D: connect $port`, `D: refused $port`; `D: listen` (sets `$hostport`, `$eprt`, `$lprt`, `$ip`, `$port`) and `D: accept`: the data
//!   connection.
//! - `D< "bytes"`, `D< a line's pattern` or `D< file /PATH` is what comes over it until the server closes it, or leaves it open
//!   for the next transfer: `D: open`. `D: cut`: it ends early. `D> "bytes"` is sent over it; `D: close` and `D: reset` end it.
//! - `@set tls offer|require|require-data` gives the server TLS. `C! tls` is the handshake on the control connection, `C! tls refused`
//!   one that fails, `C! tls for NAME` one that asks for this server, `C! tls off` the end of TLS. With
//!   `@set client-certificates offer|require` and `@certificate USER NAME`, `C! tls as NAME` shows a client's certificate, which may be
//!   `expired` or `foreign`. `D! tls` is the handshake on the data connection, resumed, and `D! tls new` one
//!   that is not. `D: truncate` ends the data without `close_notify`.
//! - Below `client/` the server is the script, so `S:` is sent and `C:` a pattern: `@client get /a` is what the application asks
//!   (`get /a as A R B`: in TYPE A, STRU R and MODE B),
//!   `=> transferred 7 "content"` what came of it, and `D: nobody` a port that leads nowhere.
//! - A case for any server stands below `check/`: its first line ends with `: TITLE`, then comes `@level must|should|may`, and
//!   what it asks for: `@needs write|password|ipv4|ipv6`, `@needs feature MLST` (a line of FEAT), `@needs system UNIX`, `@hostile`,
//!   `@clear` (it makes its TLS itself), and `@optional VERB…`: 500, 502, 504 and the like in answer to these mean "not offered".
//! - It is played in a scratch directory, `$dir`: `@file a.txt`, without the slash, is below it. `@login` logs in as `$user` with
//!   `$password`, however the server wants it, and goes there; `D: passive` is PASV and its data connection.
//! - In it `S: 250|226 *` and `S: 4yz|5yz *` are codes and classes of codes, and stand for a whole reply, however many lines it
//!   has, unless its lines are written out from `S: 250-*` on. `S? 1yz *` is a reply that need not come.
//! - Escapes everywhere: `\r \n \t \0 \xHH`, and `\` before a sign that would mean something else. `\i` before a pattern: capitals
//!   and small letters are the same.
//!
//! ```
//! use conformance::transcript::Transcript;
//!
//! let transcript = Transcript::parse("hello.ftp", r#"# RFC 959 4.1.3 RETR, RFC 1123 4.1.2.5
//! @file /pub/hello.txt "hello\r\n"
//! @login
//! C: EPSV
//! S: 229 *(|||$port|)*
//! D: connect $port
//! C: RETR /pub/hello.txt
//! S: 150 *
//! D< "hello\r\n"
//! S: 226 *
//! "#)?;
//! assert_eq!(transcript.heading, ["RFC 959 4.1.3 RETR, RFC 1123 4.1.2.5"]);
//!
//! let error = Transcript::parse("hello.ftp", "# RFC 959 4.1\nC; NOOP\n").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "hello.ftp:2: found `C; NOOP`: a line begins with #, @, C: C~ C! S: S? S! D: D! D< or D>",
//! );
//! # Ok::<(), conformance::transcript::ParseError>(())
//! ```
//!
//! What was said is written down as the [`runner`] goes, with each `$name` in place of its value: the same text on every
//! backend, kept as one snapshot.

pub mod backend;
pub mod check;
#[cfg(feature = "ours")]
pub mod client;
#[cfg(feature = "ours")]
pub mod dice;
#[cfg(feature = "ours")]
pub mod faults;
#[cfg(feature = "ours")]
pub mod hooked;
#[cfg(feature = "ours")]
pub mod network;
#[cfg(feature = "ours")]
pub mod peer;
pub mod runner;
#[cfg(feature = "ours")]
pub mod runtime;
#[cfg(feature = "ours")]
pub mod simulation;
pub mod transcript;

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_explains_the_same_format() {
        let page = include_str!("lib.rs").lines().map_while(|line| line.strip_prefix("//!")).map(str::trim_start);
        let format: Vec<&str> =
            page.skip_while(|line| !line.starts_with("- ")).take_while(|line| !line.is_empty()).collect();
        let readme = include_str!("../../README.md").lines().map(str::trim_start).collect::<Vec<_>>();
        assert_eq!(format.iter().filter(|line| line.starts_with("- ")).count(), 14);
        assert!(readme.windows(format.len()).any(|lines| lines == format), "copy the points of lib.rs into README.md");
    }
}
