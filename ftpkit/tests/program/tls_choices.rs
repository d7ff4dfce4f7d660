//! What a server's choices of TLS change for its clients, as a client sees it that is not ours.

use crate::common::{Outcome, Server};
use conformance::backend::Login;
use conformance::backend::foreign::{Foreign, Secure, Steward, Target, visit};
use conformance::check::{Case, Verdict};
use ftp_core::secret::Secret;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// An upload up to the TLS of its data connection.
const UPLOAD: &str = "\
# RFC 4217 10.2 STOR: its data connection is under TLS
@level must
@clear
S: 220 *
C: AUTH TLS
S: 234 *
C! tls
C: PBSZ 0
S: 200 *
C: PROT P
S: 200 *
C: USER $user
S: 331 *
C: PASS $password
S: 230 *
C: CWD $dir
S: 250 *
D: passive
C: STOR a.txt
S: 150 *
";

/// Plays the rest of an upload with a server that was started with these options.
fn uploads(options: &[&str], rest: &str) -> Outcome {
    let server = Server::start_with(&[&["--tls", "require-data"], options].concat())?;
    let case = Case::parse("upload", &format!("{UPLOAD}{rest}"))?;
    let patience = Duration::from_secs(20);
    let mut steward = Steward::begin(Target {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, server.port())),
        login: Login { user: "ann".into(), password: Secret::new(b"secret"), account: None },
        tls: Some(Secure::Explicit),
        foreign: Foreign::default(),
        silence: patience,
        case: patience,
        stop: Arc::default(),
    })?;
    let dir = steward.prepare(case.setup())?;
    let (verdict, _) = case.play(&mut visit(&mut steward, &dir, true)?);
    assert_eq!(verdict, Verdict::Passed, "{options:?}");
    Ok(())
}

/// RFC 4217 10.2 has 522 for it, which many clients do not know.
#[test]
fn the_reply_to_a_data_connection_of_somebody_else_can_be_chosen() -> Outcome {
    uploads(&[], "D! tls new\nS: 522 *\n")?;
    uploads(&["--tls-refusal", "425"], "D! tls new\nS: 425 *\n")
}

/// Without `close_notify` nobody knows whether somebody on the way has cut the file short (RFC 4217 12.7, RFC 8446 6.1).
#[test]
fn an_upload_whose_tls_does_not_end_is_whole_only_where_that_was_chosen() -> Outcome {
    let cut = "D! tls\nD> \"hello\"\nD: truncate\n";
    uploads(&[], &format!("{cut}S: 426 *\n@expect-missing a.txt\n"))?;
    uploads(&["--tls-lenient-end"], &format!("{cut}S: 226 *\n@expect-file a.txt \"hello\"\n"))
}
