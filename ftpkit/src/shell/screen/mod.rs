//! The full screen: three panes, Command, Wire and Output. One thread obeys the lines, in their order; this one draws and
//! hears the keys; what they share is in [`state`].

mod draw;
mod keys;
mod state;

use super::{Shell, connection};
use crate::cli::ConnectCommand;
use crate::console::{Console, set_screen};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::remote::{FtpUrl, list};
use crate::text::shown;
use keys::{Input, Wish};
use ratatui::crossterm::event::{self, Event};
use state::Shared;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a change may wait to be seen.
const PAUSE: Duration = Duration::from_millis(40);

/// Takes the screen until whoever sits there leaves.
///
/// # Errors
/// [`Failure`], if there is no screen to be had.
pub(super) fn run(options: &ConnectCommand) -> Result<(), Failure> {
    let cannot = |error| Failure::new(Exit::Disk, "cannot use the terminal", error);
    let interrupt = Interrupt::install()?;
    let shared = Arc::new(Shared::default());
    set_screen(Some(Arc::clone(&shared) as _));
    let (lines, orders) = channel();
    let worker = {
        let (shared, options, url) = (Arc::clone(&shared), options.connect.clone(), options.url.clone());
        std::thread::spawn(move || {
            let ear = Arc::clone(&shared);
            let console = Console::new(false, false, 0);
            let shell = Shell::new(options, console, Arc::new(move |event: &_| ear.heard(event)), true);
            obey(shell, url, &orders, &shared);
        })
    };
    let mut terminal = ratatui::init();
    let mut input = Input::default();
    let result = loop {
        let drawn = terminal.draw(|frame| shared.with(|state| draw::all(frame, state, &input)));
        if let Err(error) = drawn {
            break Err(cannot(error));
        }
        match event::poll(PAUSE) {
            Ok(false) => {}
            Ok(true) => match event::read() {
                Ok(Event::Key(key)) => match shared.with(|state| input.key(key, state)) {
                    Wish::Nothing => {}
                    Wish::Stop => interrupt.ask(),
                    Wish::Leave => break Ok(()),
                    // The worker may have ended; then we leave anyway.
                    Wish::Obey(line) => drop(lines.send(line)),
                },
                Ok(_) => {}
                Err(error) => break Err(cannot(error)),
            },
            Err(error) => break Err(cannot(error)),
        }
        if shared.with(|state| state.over) {
            break Ok(());
        }
    };
    ratatui::restore();
    set_screen(None);
    drop(lines);
    // What still waits for an answer gets none.
    shared.with(|state| state.question = None);
    interrupt.ask();
    let _ = worker.join();
    result
}

/// Obeys lines until there are no more.
fn obey(mut shell: Shell, url: Option<FtpUrl>, orders: &Receiver<String>, shared: &Shared) {
    let console = shell.console;
    let mut last = None;
    if let Some(url) = url
        && let Err(failure) = connection::to(&mut shell, url)
    {
        console.failure(&failure);
    }
    loop {
        remember(&mut shell, &mut last, shared);
        shared.with(|state| {
            state.prompt = shell.prompt();
            state.busy = false;
            state.over = shell.over;
        });
        if shell.over {
            break;
        }
        let Ok(line) = orders.recv() else { break };
        shared.with(|state| state.busy = true);
        if let Err(failure) = shell.obey(&line) {
            console.failure(&failure);
        }
    }
    connection::leave(&mut shell);
}

/// Looks around in a directory that we have come to, for completion.
fn remember(shell: &mut Shell, last: &mut Option<Vec<u8>>, shared: &Shared) {
    if last.as_ref() == Some(&shell.directory) {
        return;
    }
    *last = Some(shell.directory.clone());
    let Some(session) = &mut shell.session else { return };
    // Without a listing there is nothing to complete.
    let names = list(session, b"").unwrap_or_default();
    let names =
        names.iter().map(|entry| format!("{}{}", shown(&entry.name), if entry.is_directory() { "/" } else { "" }));
    let names = names.collect();
    shared.with(|state| {
        state.seen.clear();
        state.seen.insert(Vec::new(), names);
    });
}
