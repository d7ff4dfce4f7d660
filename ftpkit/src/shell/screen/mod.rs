//! The full screen: three panes, Command, Wire and Output. One thread obeys the lines, in their order; this one draws and
//! hears the keys; what they share is in [`state`].

mod draw;
mod editor;
mod keys;
mod scout;
mod state;
mod text;

use super::complete::Names;
use super::{Shell, connection, history};
use crate::cli::{ConnectCommand, ConnectOptions};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::remote::FtpUrl;
use crate::tone::{Styled, Tone};
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use crossterm::execute;
use keys::{Input, Wish};
use ratatui::DefaultTerminal;
use scout::Scout;
use state::Shared;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long a change may wait to be seen.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to look for more that has come: to crossterm no time at all means not to look.
const INSTANT: Duration = Duration::from_millis(1);

/// How often transfers are drawn anew.
const PACE: Duration = Duration::from_millis(200);

/// How long what is under way has to come to an end in good order, when one leaves.
const GRACE: Duration = Duration::from_secs(2);

/// What the thread that obeys is told.
enum Order {
    /// Obey this line.
    Line(String),
    /// Look what is in a directory, to complete a line.
    LookUp(Vec<u8>),
    /// No more will come.
    End,
}

/// Takes the screen until whoever sits there leaves.
///
/// # Errors
/// [`Failure`], if there is no screen to be had.
pub(super) fn run(options: &ConnectCommand, console: Console) -> Result<(), Failure> {
    let interrupt = Interrupt::install()?;
    // It is there to the program's end, as the console is that shows it.
    let shared: &'static Shared = Box::leak(Box::default());
    let console = console.on(shared);
    let names = Names::default();
    let mut input = Input::new(history::read(), names.clone());
    let (orders, ordered) = channel();
    let (end, ended) = channel::<()>();
    let scout = Scout::start(names.clone(), orders.clone(), shared);
    // What Ctrl-C ends here is what is at work, not the program.
    let connect = ConnectOptions { interrupt: Some(interrupt.apart()), ..options.connect.clone() };
    let interrupt = connect.interrupt()?;
    let shell = Shell::new(connect, console, names);
    let url = options.url.clone();
    std::thread::spawn(move || {
        obey(shell, url, &ordered, shared);
        drop(end);
    });
    let mut terminal = enter(options.mouse);
    let helpers = Helpers { orders: &orders, scout: &scout, interrupt: &interrupt };
    let result = attend(&mut terminal, shared, &mut input, &helpers, options.mouse);
    leave(options.mouse);
    // The thread may have ended.
    let _ = orders.send(Order::End);
    shared.with(|state| {
        state.over = true;
        // What still waits for an answer gets none.
        state.questions.clear();
        state.guest = None;
        state.stop(&interrupt);
    });
    settle(shared, &ended);
    result
}

fn enter(mouse: bool) -> DefaultTerminal {
    let terminal = ratatui::init();
    // What is pasted is not obeyed before it is entered; a terminal that cannot tell it from what is typed is none the worse for it.
    let _ = execute!(io::stdout(), EnableBracketedPaste);
    if mouse {
        // A terminal without a mouse is none the worse for it.
        let _ = execute!(io::stdout(), EnableMouseCapture);
    }
    terminal
}

fn leave(mouse: bool) {
    if mouse {
        let _ = execute!(io::stdout(), DisableMouseCapture);
    }
    let _ = execute!(io::stdout(), DisableBracketedPaste);
    ratatui::restore();
}

/// Those who do what is wished.
struct Helpers<'a> {
    orders: &'a Sender<Order>,
    scout: &'a Scout,
    /// Ends what is obeyed just now.
    interrupt: &'a Interrupt,
}

impl Helpers<'_> {
    fn look_up(&self, dir: Vec<u8>, wanted: bool, shared: &Shared) {
        if let Some(site) = shared.with_unseen(|state| state.site.clone()) {
            self.scout.send(site, dir, wanted);
        }
    }
}

/// Draws and hears keys until whoever sits there leaves.
fn attend(
    terminal: &mut DefaultTerminal,
    shared: &Shared,
    input: &mut Input,
    helpers: &Helpers<'_>,
    mouse: bool,
) -> Result<(), Failure> {
    let cannot = |error| Failure::new(Exit::Disk, "cannot use the terminal", error);
    let (mut drawn, mut busy) = (Instant::now(), false);
    loop {
        if let Some(guest) = shared.with_unseen(|state| state.guest.take()) {
            leave(mouse);
            if guest.enter.send(()).is_ok() {
                let _ = guest.left.recv();
            }
            *terminal = enter(mouse);
            terminal.clear().map_err(cannot)?;
        }
        let due = shared.with_unseen(|state| {
            if std::mem::take(&mut state.learnt) {
                input.looked_up(state);
            }
            // What has ended is to be seen too.
            let jobs = std::mem::replace(&mut busy, state.has_jobs());
            std::mem::take(&mut state.changed) || jobs && !busy || busy && drawn.elapsed() >= PACE
        });
        if due {
            drawn = Instant::now();
            terminal.draw(|frame| shared.with_unseen(|state| draw::all(frame, state, input))).map_err(cannot)?;
        }
        if shared.with_unseen(|state| state.over) {
            return Ok(());
        }
        // All that has come is heard before it is drawn.
        let mut wait = PAUSE;
        while event::poll(wait).map_err(cannot)? {
            wait = INSTANT;
            let event = event::read().map_err(cannot)?;
            let wish = shared.with(|state| match event {
                Event::Key(key) => input.key(key, state),
                Event::Mouse(event) => {
                    input.mouse(event, state);
                    Wish::Nothing
                }
                Event::Paste(text) => {
                    input.paste(&text, state);
                    Wish::Nothing
                }
                _ => Wish::Nothing,
            });
            match wish {
                Wish::Nothing => {}
                Wish::Redraw => terminal.clear().map_err(cannot)?,
                Wish::Stop => shared.with(|state| state.stop(helpers.interrupt)),
                Wish::Leave => return Ok(()),
                // The thread may have ended; then we leave anyway.
                Wish::Obey(line) => {
                    history::add(&line);
                    drop(helpers.orders.send(Order::Line(line)));
                }
                Wish::LookUp(dir) => helpers.look_up(dir, true, shared),
            }
        }
        // What is typed next may be completed by then.
        if let Some(dir) = shared.with_unseen(|state| input.foresees(state)) {
            helpers.look_up(dir, false, shared);
        }
    }
}

/// Waits until what was under way has ended, but not for long.
fn settle(shared: &Shared, ended: &Receiver<()>) {
    let end = Instant::now() + GRACE;
    while shared.with_unseen(|state| state.has_jobs()) && Instant::now() < end {
        std::thread::sleep(PAUSE);
    }
    // Nothing is ever sent: its end is what is awaited.
    let _ = ended.recv_timeout(end.saturating_duration_since(Instant::now()));
}

/// Obeys lines until there are no more.
fn obey(mut shell: Shell, url: Option<FtpUrl>, orders: &Receiver<Order>, shared: &Shared) {
    let console = shell.console;
    // Until there is a connection, or none to be had.
    shared.with(|state| state.waiting += 1);
    // Ctrl-C ends what is under way, a wait for an answer too.
    let interrupt = shell.connect.interrupt();
    let hold = || interrupt.as_ref().ok().map(Interrupt::hold);
    if let Some(url) = url {
        let held = hold();
        if let Err(failure) = connection::to(&mut shell, url) {
            console.failure(&failure);
        }
        drop(held);
    }
    shared.with(|state| {
        state.waiting -= 1;
        state.show_place(&shell);
    });
    loop {
        if shell.over {
            break;
        }
        let Ok(order) = orders.recv() else { break };
        match order {
            Order::Line(line) => {
                // It stands before what comes of it, also where it was typed ahead.
                let prompt = shell.prompt();
                shared.with(|state| state.print(Styled::new(Tone::Faint, prompt).and(Tone::Plain, line.clone())));
                let held = hold();
                if let Err(failure) = shell.obey(&line) {
                    console.failure(&failure);
                }
                drop(held);
                shared.with(|state| {
                    state.waiting -= 1;
                    state.show_place(&shell);
                });
            }
            Order::LookUp(dir) => {
                shell.look_up(&dir);
                shared.with(|state| state.learnt = true);
            }
            Order::End => break,
        }
    }
    connection::leave(&mut shell);
}
