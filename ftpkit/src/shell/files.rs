//! Commands that go about on the server and change names there.

use super::Shell;
use super::connection::{above, go, where_am_i};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::shown;
use ftp_core::client::Request;

pub(super) fn cd(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let home = shell.home.clone();
    go(shell, arguments.first().map_or(home.as_slice(), |dir| dir.as_bytes()))
}

pub(super) fn cdup(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    let above = above(shell);
    go(shell, &above)
}

pub(super) fn pwd(shell: &mut Shell, _: &[String]) -> Result<(), Failure> {
    where_am_i(shell)?;
    shell.line(shown(&shell.directory));
    Ok(())
}

pub(super) fn mkdir(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    each(shell, arguments, "make", Request::MakeDirectory)
}

pub(super) fn rmdir(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    each(shell, arguments, "remove", Request::RemoveDirectory)
}

pub(super) fn delete(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let found = super::look::expanded(shell, arguments)?;
    shell.names.forget();
    for path in found {
        let what = || format!("cannot remove {}", shown(&path));
        shell.session()?.need(Request::RemoveFile(path.clone()), what)?;
    }
    Ok(())
}

fn each(shell: &mut Shell, paths: &[String], verb: &str, request: fn(Vec<u8>) -> Request) -> Result<(), Failure> {
    shell.names.forget();
    for path in paths {
        let what = || format!("cannot {verb} {}", shown(path.as_bytes()));
        shell.session()?.need(request(path.clone().into_bytes()), what)?;
    }
    Ok(())
}

pub(super) fn rename(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [from, to] = arguments else { return Ok(()) };
    shell.names.forget();
    let request = Request::Rename { from: from.clone().into_bytes(), to: to.clone().into_bytes() };
    shell.session()?.need(request, || format!("cannot rename {}", shown(from.as_bytes()))).map(drop)
}

pub(super) fn chmod(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let [mode, paths @ ..] = arguments else { return Ok(()) };
    let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("cannot set {mode}"), "a mode is up to four octal digits, as in 644")
    })?;
    for path in super::look::expanded(shell, paths)? {
        let what = || format!("cannot set the mode of {}", shown(&path));
        shell.session()?.need(Request::SetMode { path: path.clone(), mode }, what)?;
    }
    Ok(())
}
