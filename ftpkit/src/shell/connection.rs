//! Commands about the connection itself.

use super::settings::how;
use super::{Shell, TRIES};
use crate::bookmark;
use crate::conversation::{Said, Speaker};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;
use crate::remote::refusal::failure;
use crate::remote::{FtpUrl, Site, is_certified, path};
use crate::text::shown;
use crate::tone::{Styled, Tone};
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::reply::Reply;

/// `open URL`, or `open HOST`; `open` alone tries the last place again.
pub(super) fn open(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [place] = arguments else {
        let last = shell.last.clone().ok_or_else(|| {
            Failure::new(Exit::Usage, "cannot open", "there is no place to open again").with_remedy("open URL")
        })?;
        return to(shell, last);
    };
    if !place.contains("://")
        && let Some(url) = bookmark::place(place)?
    {
        return to(shell, url);
    }
    let text = if place.contains("://") { place.clone() } else { format!("ftp://{place}") };
    let url = url(&text)?;
    to(shell, url)
}

/// A URL that was typed.
///
/// # Errors
/// [`Failure`], with what is wrong with it.
pub(super) fn url(text: &str) -> Result<FtpUrl, Failure> {
    text.parse().map_err(|error| Failure::new(Exit::Usage, "cannot read the URL", error))
}

/// Connects, asks for user and password where they are needed, once more where they were wrong, and goes to the URL's directory.
pub(super) fn to(shell: &mut Shell, mut url: FtpUrl) -> Result<(), Failure> {
    leave(shell);
    shell.last = Some(url.clone());
    if let Some(screen) = shell.console.screen() {
        let text = format!("connecting to {} at port {}", shown(url.host.as_bytes()), url.port);
        screen.heard(1, None, vec![Said { by: Speaker::Nobody, text, goes_on: false }]);
    }
    let asks = url.password_command.is_none() && shell.connect.asks_for_passwords() && shell.console.has_somebody();
    let mut tries = TRIES;
    // A certificate may do.
    let mut wanted = !is_certified(&url, &shell.connect);
    loop {
        if let Some(user) = &url.user
            && url.password.is_none()
            && asks
            && std::mem::replace(&mut wanted, true)
        {
            url.password = Some(password::prompt(&format!("Password for {}: ", shown(user)), shell.console)?);
        }
        let site = Site::new(&url, &shell.connect, shell.console)?.for_commands();
        match site.open() {
            Ok(session) => {
                shell.session = Some(session);
                shell.site = Some(site);
                break;
            }
            // Whoever sits there may have mistyped it, or not known that a user is wanted.
            Err(failure) if failure.exit == Exit::Login && asks && tries > 0 => {
                tries -= 1;
                shell.console.failure(&failure);
                url.password = None;
                if url.user.is_none() {
                    let user = shell.console.ask("User: ").filter(|user| !user.is_empty());
                    url.user = Some(user.ok_or(failure)?.into_bytes());
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    where_am_i(shell)?;
    shell.home.clone_from(&shell.directory);
    if url.path.is_empty() { Ok(()) } else { go(shell, &url.path) }
}

/// Connects once more to where we were, after the connection was lost or for it to be another.
pub(super) fn again(shell: &mut Shell) -> Result<(), Failure> {
    let Some(site) = &shell.site else { return Ok(()) };
    let (site, directory) =
        (Site::new(site.url(), &shell.connect, shell.console)?.for_commands(), shell.directory.clone());
    if let Some(session) = shell.session.take() {
        session.quit();
    }
    shell.connect.kept.close();
    shell.session = Some(site.open()?);
    shell.site = Some(site);
    go(shell, &directory)
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
    shell.url(b"")?;
    leave(shell);
    Ok(())
}

/// Ends the connection, if there is one, and those that were kept beside it.
pub(super) fn leave(shell: &mut Shell) {
    if let Some(session) = shell.session.take() {
        session.quit();
    }
    shell.connect.kept.close();
    shell.site = None;
    shell.directory.clear();
    shell.names.forget();
}

pub(super) fn user(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [name] = arguments else { return Ok(()) };
    let here = shell.site.as_ref().map(|site| site.url().clone()).or_else(|| shell.last.clone());
    let Some(mut url) = here.map(|url| url.at(Vec::new())) else { return shell.url(b"").map(drop) };
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
    // Nobody knows what it does.
    shell.names.forget();
    let outcome = shell.session()?.ask(Request::Quote(command.as_bytes().to_vec()));
    match outcome {
        Ok(Outcome::Reply(reply)) => show(shell, &reply),
        Ok(_) => {}
        Err(error) => {
            if let ClientError::Refused(reply) = &error {
                show(shell, reply);
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

fn show(shell: &Shell, reply: &Reply) {
    for text in reply.lines() {
        shell.line(
            Styled::new(Tone::Faint, reply.code().number().to_string()).and(Tone::Plain, format!(" {}", shown(text))),
        );
    }
}

pub(super) fn feat(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let lines: Vec<_> = shell.session()?.features().map(shown).collect();
    if lines.is_empty() {
        shell.console.note("the server names nothing");
    }
    for text in lines {
        shell.line(text);
    }
    Ok(())
}

pub(super) fn system(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    if let Outcome::Reply(reply) = shell.session()?.need(Request::System, || "cannot tell the system".into())? {
        show(shell, &reply);
    }
    Ok(())
}

pub(super) fn status(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let place = shell.url(b"")?;
    shell.line(format!("at {place}"));
    shell.line(how(shell));
    match shell.session()?.ask(Request::Status) {
        Ok(Outcome::Reply(reply)) => show(shell, &reply),
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
