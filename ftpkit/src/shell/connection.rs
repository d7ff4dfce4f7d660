//! Commands about the connection itself.

use super::{Shell, TRIES, line};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;
use crate::remote::refusal::failure;
use crate::remote::{FtpUrl, Site, path};
use crate::text::shown;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::reply::Reply;
use std::sync::Arc;

/// `open URL`, or `open HOST`.
pub(super) fn open(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [place] = arguments else { return Ok(()) };
    let text = if place.contains("://") { place.clone() } else { format!("ftp://{place}") };
    let url: FtpUrl = text.parse().map_err(|error| Failure::new(Exit::Usage, "cannot open it", error))?;
    to(shell, url)
}

/// Connects, asks for the password where one is needed, once more where it was wrong, and goes to the URL's directory.
pub(super) fn to(shell: &mut Shell, mut url: FtpUrl) -> Result<(), Failure> {
    leave(shell);
    let asks = |url: &FtpUrl, shell: &Shell| url.user.is_some() && shell.connect.asks_for_passwords();
    let mut tries = TRIES;
    loop {
        if let Some(user) = &url.user
            && url.password.is_none()
            && shell.connect.asks_for_passwords()
        {
            url.password = Some(password::prompt(&format!("Password for {}: ", shown(user)))?);
        }
        let site = Site::new(&url, &shell.connect, shell.console)?.with_ear(Arc::clone(&shell.ear));
        match site.open() {
            Ok(session) => {
                shell.session = Some(session);
                shell.site = Some(site);
                break;
            }
            // Whoever sits there may have mistyped it.
            Err(failure) if failure.exit == Exit::Login && asks(&url, shell) && tries > 0 => {
                tries -= 1;
                shell.console.failure(&failure);
                url.password = None;
            }
            Err(failure) => return Err(failure),
        }
    }
    where_am_i(shell)?;
    shell.home.clone_from(&shell.directory);
    if url.path.is_empty() { Ok(()) } else { go(shell, &url.path) }
}

/// Goes to a directory, and remembers what the server calls it.
pub(super) fn go(shell: &mut Shell, dir: &[u8]) -> Result<(), Failure> {
    let what = || format!("cannot go to {}", shown(dir));
    shell.session()?.need(Request::ChangeDirectory(dir.to_vec()), what)?;
    where_am_i(shell)
}

/// Asks where we are (PWD). A server that does not tell leaves us with what we know.
pub(super) fn where_am_i(shell: &mut Shell) -> Result<(), Failure> {
    match shell.session()?.ask(Request::WorkingDirectory) {
        Ok(Outcome::Path(dir)) => shell.directory = dir,
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Protocol(_)) => {}
        Err(error) => return Err(failure("cannot tell where we are".into(), &error)),
    }
    Ok(())
}

pub(super) fn close(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    shell.session()?;
    leave(shell);
    Ok(())
}

/// Ends the connection, if there is one.
pub(super) fn leave(shell: &mut Shell) {
    if let Some(session) = shell.session.take() {
        session.close();
    }
    shell.site = None;
    shell.directory.clear();
}

pub(super) fn user(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [name] = arguments else { return Ok(()) };
    let mut url = shell.url(b"")?.at(Vec::new());
    url.user = Some(name.clone().into_bytes());
    url.password = None;
    to(shell, url)
}

#[expect(clippy::unnecessary_wraps, reason = "as all commands")]
pub(super) fn quit(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    leave(shell);
    shell.over = true;
    Ok(())
}

pub(super) fn quote(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    send(shell, &arguments.join(" "))
}

pub(super) fn site(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    send(shell, &format!("SITE {}", arguments.join(" ")))
}

fn send(shell: &mut Shell, command: &str) -> Result<(), Failure> {
    let outcome = shell.session()?.ask(Request::Quote(command.as_bytes().to_vec()));
    match outcome {
        Ok(Outcome::Reply(reply)) => show(&reply),
        Ok(_) => {}
        Err(error) => {
            if let ClientError::Refused(reply) = &error {
                show(reply);
            }
            return Err(failure(format!("`{command}`"), &error));
        }
    }
    // It may have been a CWD.
    if command.get(..2).is_some_and(|verb| verb.eq_ignore_ascii_case("cw") || verb.eq_ignore_ascii_case("cd")) {
        where_am_i(shell)?;
    }
    Ok(())
}

fn show(reply: &Reply) {
    for text in reply.lines() {
        line(&format!("{} {}", reply.code().number(), shown(text)));
    }
}

pub(super) fn feat(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let lines: Vec<_> = shell.session()?.features().map(shown).collect();
    if lines.is_empty() {
        shell.console.note("the server names nothing");
    }
    for text in &lines {
        line(text);
    }
    Ok(())
}

pub(super) fn status(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let place = shell.url(b"")?;
    line(&format!("at {place}"));
    let how = if shell.codec.is_raw() { "as they are (binary)" } else { "as text (ascii)" };
    line(&format!("files are moved {how}; where one is there: {}", super::moving::name(shell.policy)));
    match shell.session()?.ask(Request::Status) {
        Ok(Outcome::Reply(reply)) => show(&reply),
        Ok(_) | Err(ClientError::Refused(_)) => {}
        Err(error) => return Err(failure("cannot ask for the status".into(), &error)),
    }
    Ok(())
}

/// The directory above, by name: not every server knows CDUP.
pub(super) fn above(shell: &Shell) -> Vec<u8> {
    let (above, _) = path::split(&shell.directory);
    if above.is_empty() { b"..".to_vec() } else { above.to_vec() }
}
