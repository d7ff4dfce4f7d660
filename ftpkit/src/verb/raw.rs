//! `ftpkit raw`: commands to a server as they are typed (QUOTE, RFC 1123 4.1.5.2).

use crate::cli::RawOptions;
use crate::console::{Console, Go};
use crate::failure::Failure;
use crate::remote::Site;
use crate::remote::refusal::failure;
use crate::text::shown;
use ftp_core::client::{ClientError, Outcome, Request};
use ftp_core::reply::Reply;

/// Sends each command and prints its reply. The first that the server refuses is the last.
///
/// # Errors
/// [`Failure`], with what the server said.
pub(crate) fn run(options: &RawOptions, console: Console) -> Result<(), Failure> {
    let mut session = Site::new(&options.url, &options.connect, console)?.open()?;
    for command in &options.commands {
        let result = session.ask(Request::Quote(command.clone().into_bytes()));
        let what = || format!("`{}`", shown(command.as_bytes()));
        match result {
            Ok(Outcome::Reply(reply)) => {
                if print(&reply, console)? == Go::Stop {
                    break;
                }
            }
            Ok(_) => {}
            Err(error) => {
                if let ClientError::Refused(reply) = &error {
                    print(reply, console)?;
                }
                return Err(failure(what(), &error));
            }
        }
    }
    session.close();
    Ok(())
}

fn print(reply: &Reply, console: Console) -> Result<Go, Failure> {
    for line in reply.lines() {
        if console.result(format!("{} {}", reply.code().number(), shown(line)))? == Go::Stop {
            return Ok(Go::Stop);
        }
    }
    Ok(Go::On)
}
