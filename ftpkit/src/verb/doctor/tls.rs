//! What becomes of a session under TLS, and of its data connections (RFC 4217).

use super::{Finding, Verdict, dir};
use crate::cli::{ClientTlsMode, DoctorOptions};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::refusal::{failure, said};
use crate::remote::{Site, list};
use ftp_core::client::{ClientError, Learnt};

/// A server that can do TLS, and nothing learnt of it.
fn site(options: &DoctorOptions, console: Console) -> Result<Site, Failure> {
    let mut connect = options.connect.clone();
    connect.security.tls = Some(ClientTlsMode::Require);
    Ok(Site::new(&options.url, &connect, console)?.knowing(Learnt::default()))
}

/// Lists a directory there.
fn listed(site: &Site, options: &DoctorOptions) -> Result<Result<(), ClientError>, Failure> {
    let mut session = site.open_once()?;
    let listed = list(&mut session, &dir(&options.url));
    session.close();
    Ok(listed.map(drop))
}

fn unlisted(error: &ClientError) -> Failure {
    failure("cannot list under TLS".into(), error)
}

/// Can the login and the files be kept from others?
pub(super) fn tls(options: &DoctorOptions, console: Console) -> Result<Finding, Failure> {
    let asked = options.connect.security.tls == Some(ClientTlsMode::Require) || options.url.implicit;
    let listed = listed(&site(options, console)?, options).and_then(|listed| listed.map_err(|error| unlisted(&error)));
    Ok(match listed {
        Ok(()) => Finding::new("tls", Verdict::Good, "passwords and files can cross the network under TLS"),
        Err(failure) if asked => Finding::of("tls", Verdict::Bad, &failure),
        Err(failure) => {
            let finding = Finding::of("tls", Verdict::Missing, &failure);
            // What sends a password in the clear all the same is no advice to give.
            if finding.message.contains("does no TLS") { Finding { remedy: None, ..finding } } else { finding }
        }
    })
}

/// Does the server demand that a data connection resumes the TLS session of its control connection (RFC 4217 10.2)? This client does so
/// by itself, and one time it does not tells.
pub(super) fn resumption(options: &DoctorOptions, console: Console) -> Result<Finding, Failure> {
    const CHECK: &str = "resumption";
    let refused = match listed(&site(options, console)?.without_resumption(), options) {
        Ok(Ok(())) => {
            let message = "data connections may be TLS sessions of their own, so any client will do";
            return Ok(Finding::new(CHECK, Verdict::Good, message));
        }
        Ok(Err(ClientError::Refused(reply))) => said(&reply),
        Ok(Err(error)) => unlisted(&error).why().to_owned(),
        Err(failure) if failure.exit == Exit::Interrupted => return Err(failure),
        Err(failure) => failure.why().to_owned(),
    };
    let message = format!(
        "data connections have to resume the TLS session of the control connection, as this client's do; a client that cannot is told: {refused}"
    );
    Ok(Finding::new(CHECK, Verdict::Good, message))
}
