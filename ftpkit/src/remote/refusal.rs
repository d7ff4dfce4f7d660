//! What a client's error means to the user: the exit code, the words, and what can be done.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use ftp_core::action::{StorageError, TransferError};
use ftp_core::client::ClientError;
use ftp_core::reply::Reply;
use ftp_host::client::ConnectError;
use std::io::ErrorKind;

/// What to do where a transfer ended too early.
const GO_ON: &str = "reget and reput go on with what is there";

/// Where to look.
pub(crate) const CONVERSATION: &str = "the conversation tells more: it is in Wire, or shown by `debug on`";

/// The failure of `what` ("cannot fetch ftp://…").
pub(crate) fn failure(what: String, error: &ClientError) -> Failure {
    match error {
        ClientError::Refused(reply) => refused(what, reply),
        ClientError::LoginRefused(reply) if reply.code().number() == 421 => refused(what, reply),
        ClientError::LoginRefused(reply) if speaks_of_a_crowd(reply) => {
            Failure::new(Exit::Login, what, said(reply)).with_remedy("again later").that_passes()
        }
        ClientError::LoginRefused(reply) => Failure::new(Exit::Login, what, said(reply))
            .with_remedy("check the user in the URL and the password")
            .or_at_prompt("`user NAME` logs in as somebody else"),
        ClientError::AccountNeeded(reply) => {
            Failure::new(Exit::Login, what, format!("the server wants an account too ({})", said(reply)))
        }
        ClientError::NoDataConnection => Failure::new(Exit::Connect, what, "no data connection came to be")
            .with_remedy("a firewall may bar the server's passive ports; --active lets the server connect to you")
            .or_at_prompt(
                "a firewall may bar the server's passive ports; `passive off` lets the server connect to you",
            ),
        ClientError::Transfer(TransferError::Storage(error)) => disk(what, *error),
        ClientError::Transfer(TransferError::NoConnection) => {
            Failure::new(Exit::Connect, what, "no data connection came to be")
        }
        ClientError::Transfer(TransferError::Cancelled) | ClientError::Aborted => {
            Failure::new(Exit::Interrupted, what, "interrupted")
                .with_remedy("the same command with -c goes on with it")
                .or_at_prompt(GO_ON)
        }
        ClientError::Transfer(TransferError::BadData) => {
            Failure::new(Exit::Broken, what, "the data is not what its type says")
                .with_remedy("leave out ;type=a")
                .or_at_prompt("type binary")
        }
        ClientError::Transfer(TransferError::Broken | TransferError::Incomplete) => {
            broken(what, "the data connection broke")
        }
        ClientError::Transfer(TransferError::HandshakeFailed | TransferError::NotResumed) => {
            Failure::new(Exit::Tls, what, "TLS did not come to be on the data connection")
        }
        ClientError::Transfer(TransferError::Truncated) => {
            broken(what, "the data was cut off: it did not end as TLS does")
        }
        ClientError::ListingTooLarge => Failure::new(Exit::Broken, what, "the listing is too large to hold"),
        ClientError::Protocol(expected) => {
            Failure::new(Exit::Broken, what, format!("the server does not keep to the protocol: expected {expected}"))
                .with_remedy("-v shows the conversation")
                .or_at_prompt(CONVERSATION)
        }
        ClientError::TlsRefused(reply) => {
            let why = format!(
                "the server does no TLS, and the password would cross the network in the clear ({})",
                said(reply)
            );
            Failure::new(Exit::Tls, what, why)
                .with_remedy("--tls off sends it all the same")
                .or_at_prompt("leave; ftpkit connect --tls off sends it all the same")
        }
        ClientError::TlsFailed => Failure::new(Exit::Tls, what, "the TLS handshake failed"),
        ClientError::BadArgument => Failure::new(Exit::Usage, what, "the path holds what no command can carry"),
        ClientError::Reserved(why) => Failure::new(Exit::Usage, what, *why),
        ClientError::TimedOut => Failure::new(Exit::TimedOut, what, "no answer in time")
            .with_remedy("wait longer with --timeout, or go on with -c")
            .or_at_prompt(GO_ON),
        ClientError::Disconnected => broken(what, "the server closed the connection"),
    }
}

/// The failure to show a certificate, to a server that lets nobody in without.
pub(crate) fn unknown_user(what: String) -> Failure {
    Failure::new(Exit::Tls, what, "the server wants a certificate of whoever connects")
        .with_remedy("--cert names a file with one and its key (PEM)")
        .or_at_prompt("leave; --cert names a file with one and its key (PEM)")
}

/// The failure of `what`, which moves no file: there is nothing to go on with.
pub(crate) fn unanswered(what: String, error: &ClientError) -> Failure {
    match error {
        ClientError::Aborted => Failure::new(Exit::Interrupted, what, "interrupted"),
        error => failure(what, error),
    }
}

/// The failure to connect.
pub(crate) fn unconnected(what: String, error: &ConnectError) -> Failure {
    // The name did not lead to an address, or the last address did not answer.
    let why = shown(error.to_string().as_bytes());
    match error.error.kind() {
        ErrorKind::TimedOut => Failure::new(Exit::TimedOut, what, why)
            .with_remedy("wait longer with --timeout")
            .or_at_prompt("`open` tries again"),
        _ => Failure::new(Exit::Connect, what, why)
            .with_remedy("check host and port, and that the server runs")
            .or_at_prompt("check host and port, and that the server runs; `open` tries again"),
    }
}

/// The failure of something local.
pub(crate) fn disk(what: String, error: StorageError) -> Failure {
    let (why, remedy) = match error {
        StorageError::NotFound => ("there is no such file or directory", None),
        StorageError::Exists => ("it exists already", None),
        StorageError::Denied => ("permission denied, or a link leads out of its directory", None),
        StorageError::NotADirectory => ("a part of the path is no directory", None),
        StorageError::IsADirectory => ("it is a directory", None),
        StorageError::NotEmpty => ("the directory is not empty", None),
        StorageError::NoSpace => ("the disk is full", Some("make room; the same command with -c goes on with it")),
        StorageError::OverQuota => {
            ("the quota is used up", Some("make room; the same command with -c goes on with it"))
        }
        StorageError::NameNotAllowed => ("no file can have that name here", Some("name another file")),
        StorageError::Busy => ("another program uses it", Some("again when that has ended")),
        StorageError::BadOffset => ("it is shorter than what is to be continued", Some("leave out -c")),
        StorageError::Unsupported => ("the system cannot do that", None),
        StorageError::Exhausted => {
            ("too many files are open here", Some("`ulimit -n` says how many may be; with a smaller -j fewer are"))
        }
        StorageError::Local => ("reading or writing failed", None),
    };
    let failure = match error {
        StorageError::NoSpace | StorageError::OverQuota => Failure::new(Exit::Disk, what, why).that_ends_all(),
        _ => Failure::new(Exit::Disk, what, why),
    };
    match (error, remedy) {
        (StorageError::NoSpace | StorageError::OverQuota, Some(remedy)) => {
            failure.with_remedy(remedy).or_at_prompt("make room; reget and reput go on with what is there")
        }
        (StorageError::BadOffset, Some(remedy)) => {
            failure.with_remedy(remedy).or_at_prompt("get and put begin at its front")
        }
        (_, Some(remedy)) => failure.with_remedy(remedy),
        (_, None) => failure,
    }
}

/// The failure of a transfer that did not come to its end.
pub(crate) fn broken(what: String, why: &str) -> Failure {
    Failure::new(Exit::Broken, what, why)
        .with_remedy("again; with -c, get and put go on where they were")
        .or_at_prompt(GO_ON)
}

fn refused(what: String, reply: &Reply) -> Failure {
    let why = said(reply);
    match reply.code().number() {
        // So vsftpd takes its leave when one of its processes has died; that says nothing of what was asked.
        500 if reply.text().starts_with(b"OOPS") => broken(what, &why),
        421 => Failure::new(Exit::Connect, what, why).with_remedy("again later").that_passes(),
        426 | 451 => broken(what, &why),
        425 | 450 | 522 if speaks_of_resumption(reply) => {
            let why = format!(
                "the server has data connections resume the TLS session of the control connection, and says this one did not ({why})"
            );
            Failure::new(Exit::Tls, what, why).with_remedy(
                "a server can do without: require_ssl_reuse=NO (vsftpd), TLSOptions NoSessionReuseRequired (ProFTPD), --data-resumption prefer \
                 (ftpkit)",
            )
        }
        425 => Failure::new(Exit::Connect, what, why)
            .with_remedy("--active lets the server connect to you")
            .or_at_prompt("`passive off` lets the server connect to you"),
        // A data connection's (RFC 4217 10.2).
        522 => Failure::new(Exit::Tls, what, why).with_remedy("-v shows the conversation").or_at_prompt(CONVERSATION),
        530 | 532 => Failure::new(Exit::Login, what, why)
            .with_remedy("log in as a user who may do this")
            .or_at_prompt("`user NAME` logs in as somebody who may"),
        450 | 550 if speaks_of(reply, &["not empty", "exist already", "already exists", "is a directory"]) => {
            Failure::new(Exit::Refused, what, why)
        }
        // So pyftpdlib says it of MLSD.
        501 if speaks_of(reply, &["no such"]) => not_found(what, &why),
        450 | 550 if !speaks_of_rights(reply) => not_found(what, &why),
        450 => Failure::new(Exit::Refused, what, why).with_remedy("again later").that_passes(),
        452 | 552 => Failure::new(Exit::Refused, what, why).with_remedy("make room on the server").that_ends_all(),
        500 | 501 | 502 | 504 | 554 => {
            Failure::new(Exit::Refused, what, why).with_remedy("-v shows the conversation").or_at_prompt(CONVERSATION)
        }
        _ => Failure::new(Exit::Refused, what, why)
            .with_remedy("log in as a user who may do this")
            .or_at_prompt("`user NAME` logs in as somebody who may"),
    }
}

fn not_found(what: String, why: &str) -> Failure {
    Failure::new(Exit::NotFound, what, why)
        .with_remedy("ftpkit ls shows what is there")
        .or_at_prompt("`ls` shows what is there")
}

/// 550 is both "no such file" and "no access" (RFC 959 4.2.2); only the words tell them apart.
fn speaks_of_rights(reply: &Reply) -> bool {
    speaks_of(reply, &["denied", "permission", "permitted", "not allowed", "forbidden", "read-only", "in use"])
}

/// Of a data connection whose TLS is a session of its own (RFC 4217 10.2). The codes are those of other things too.
fn speaks_of_resumption(reply: &Reply) -> bool {
    speaks_of(reply, &["session reuse", "tls session", "ssl session", "not resumed"])
}

/// "Too many connections" comes with 530 too, and with codes of a server's own.
fn speaks_of_a_crowd(reply: &Reply) -> bool {
    speaks_of(reply, &["too many", "maximum", "limit"])
}

fn speaks_of(reply: &Reply, words: &[&str]) -> bool {
    let text = String::from_utf8_lossy(reply.text()).to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// The reply in its own words.
pub(crate) fn said(reply: &Reply) -> String {
    format!("{} {}", reply.code().number(), shown(reply.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_core::reply::Code;
    use std::borrow::Cow;

    fn reply(number: u16, text: &'static str) -> Reply {
        let code = Code::new(number).unwrap_or_else(|| panic!("{number}"));
        Reply::new(code, Cow::Borrowed(text.as_bytes()))
    }

    #[test]
    fn every_error_has_its_code_and_its_words() {
        let refusals = [
            (421, "Too many users"),
            (425, "Cannot open data connection"),
            (426, "Broken pipe"),
            (450, "Busy: in use"),
            (452, "Disk full"),
            (500, "OOPS: priv_sock_get_result"),
            (501, "No such directory."),
            (
                522,
                "SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
            ),
            (425, "Unable to build data connection: TLS session of data connection not resumed."),
            (
                450,
                "TLS session of data connection has not resumed or the session does not match the control connection",
            ),
            (502, "What?"),
            (530, "Log in first"),
            (550, "a: No such file\u{1b}[2J"),
            (550, "a: Permission denied"),
            (550, "a: Directory not empty"),
            (553, "Name not allowed"),
        ];
        let errors = refusals.map(|(number, text)| ClientError::Refused(reply(number, text))).into_iter().chain([
            ClientError::LoginRefused(reply(530, "Login incorrect")),
            ClientError::LoginRefused(reply(421, "Too many users")),
            ClientError::LoginRefused(reply(530, "Sorry, the maximum number of clients (2) is reached")),
            ClientError::AccountNeeded(reply(332, "Account?")),
            ClientError::TlsRefused(reply(502, "AUTH not implemented")),
            ClientError::TlsFailed,
            ClientError::Transfer(TransferError::HandshakeFailed),
            ClientError::Transfer(TransferError::Truncated),
            ClientError::NoDataConnection,
            ClientError::Transfer(TransferError::Broken),
            ClientError::Transfer(TransferError::Incomplete),
            ClientError::Transfer(TransferError::NoConnection),
            ClientError::Transfer(TransferError::Cancelled),
            ClientError::Transfer(TransferError::BadData),
            ClientError::Transfer(TransferError::Storage(StorageError::NoSpace)),
            ClientError::ListingTooLarge,
            ClientError::Protocol("a reply"),
            ClientError::BadArgument,
            ClientError::Reserved("TLS begins with the login"),
            ClientError::TimedOut,
            ClientError::Aborted,
            ClientError::Disconnected,
        ]);
        let mut shown = String::new();
        for error in errors {
            let failure = failure("cannot fetch ftp://h/a".into(), &error);
            let remedy = failure.remedy.as_deref().unwrap_or("-");
            shown.extend([format!("{:>3} {failure}\n      try: {remedy}\n", failure.exit.code())]);
        }
        insta::assert_snapshot!(shown);
    }
}
