//! How the state looks: beside each other where there is room, one above the other where there is less, and one at a time on the
//! smallest screens.

use super::super::table::TABLE;
use super::keys::{Input, Pane};
use super::state::{Heard, Standing, State};
use super::text::{columns_of, cut, left, tail, wrapped};
use crate::conversation::Speaker;
use crate::tone::{Styled, Tone};
use indicatif::HumanBytes;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

/// From this width on Wire stands beside Output.
const WIDE: u16 = 100;

/// Below this width there is one pane at a time.
const NARROW: u16 = 60;

/// The most columns for the name of a transfer.
const NAME: usize = 24;

/// The columns that are left for an answer.
const ANSWER: usize = 12;

/// The keys, for the help.
const KEYS: [(&str, &str); 12] = [
    ("Tab", "complete; once more: show what it could be"),
    ("Up, Down", "what was typed before and begins so"),
    ("Right, End", "take over the rest that is shown faintly"),
    ("^A ^E ^B ^F, Alt-B Alt-F", "begin, end; sign back, on; word back, on"),
    ("^U ^K ^W Alt-D, ^Y", "remove up to the begin, end, word back, word on; insert it again"),
    ("PageUp, PageDown", "go back and forth in the pane"),
    ("F2", "the other pane"),
    ("F3", "one pane for itself, or both"),
    ("F4", "fold long replies"),
    ("F5", "show only the lines of Wire with a word in them"),
    ("^C", "end what is under way; twice: leave"),
    ("^D", "leave"),
];

/// Draws everything.
pub(super) fn all(frame: &mut Frame, state: &mut State, input: &mut Input) {
    let area = frame.area();
    if let Some(page) = &state.page {
        let lines: Vec<_> = page.lines.iter().flat_map(|line| wrapped(&line.as_str().into(), width(area))).collect();
        let hint = " arrows, blank, b, g, G move; any other key ends it ";
        return state.height = read(frame, area, &page.title, hint, &lines, &mut input.top);
    }
    if let Some(top) = &mut input.help {
        return state.height = read(frame, area, "Help", " any other key ends it ", &help(width(area)), top);
    }
    let standings = state.standings();
    let asked = asked(state, input, width(area)).lines.len().clamp(1, 8) as u16;
    let [panes, command] = Layout::vertical([Constraint::Min(3), Constraint::Length(2 + asked)]).areas(area);
    input.areas = if input.zoomed || panes.width < NARROW {
        vec![(input.pane, panes)]
    } else if panes.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(panes);
        vec![(Pane::Output, left), (Pane::Wire, right)]
    } else {
        let [top, bottom] = Layout::vertical([Constraint::Percentage(35), Constraint::Percentage(65)]).areas(panes);
        vec![(Pane::Wire, top), (Pane::Output, bottom)]
    };
    for (pane, area) in input.areas.clone() {
        match pane {
            Pane::Output => output(frame, area, state, input, &standings),
            Pane::Wire => wire(frame, area, state, input),
        }
    }
    command_line(frame, command, state, input);
}

/// The columns within a frame.
fn width(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(2))
}

/// Are colours unwanted (`NO_COLOR`)?
fn is_colourless() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn coloured(colour: Color) -> Style {
    if is_colourless() { Style::new() } else { Style::new().fg(colour) }
}

fn look(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Error => coloured(Color::Red).add_modifier(Modifier::BOLD),
        Tone::Warning => coloured(Color::Yellow).add_modifier(Modifier::BOLD),
        Tone::Good => coloured(Color::Green),
        Tone::Directory => coloured(Color::Blue).add_modifier(Modifier::BOLD),
        Tone::Link => coloured(Color::Cyan),
        Tone::Faint => Style::new().add_modifier(Modifier::DIM),
    }
}

fn line(styled: &Styled) -> Line<'static> {
    styled.parts().iter().map(|(tone, text)| Span::styled(text.clone(), look(*tone))).collect()
}

/// A frame with its title. Where there is one pane at a time the other is named too.
fn block(frame: &Frame, pane: Pane, note: &str, input: &Input) -> Block<'static> {
    let name = |pane| if pane == Pane::Output { "Output" } else { "Wire" };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    if frame.area().width < NARROW {
        let (left, right) = if pane == Pane::Output { (pane, pane.other()) } else { (pane.other(), pane) };
        let tab = |one| {
            if one == pane {
                Span::styled(format!("[{}{note}]", name(one)), bold)
            } else {
                Span::raw(format!(" {} ", name(one)))
            }
        };
        return Block::bordered().title(Line::from(vec![tab(left), Span::raw("─"), tab(right)]));
    }
    let chosen = input.pane == pane;
    let back = if chosen && input.back > 0 { " ↑" } else { "" };
    // The pane that the keys speak of stands out.
    let (title, border) = if chosen { (bold, Style::new()) } else { (Style::new(), look(Tone::Faint)) };
    Block::bordered().border_style(border).title(Span::styled(format!(" {}{note}{back} ", name(pane)), title))
}

/// A text with the screen to itself, from the line `top` on: how many lines there is room for.
fn read(frame: &mut Frame, area: Rect, title: &str, hint: &'static str, lines: &[Styled], top: &mut usize) -> usize {
    let room = usize::from(area.height.saturating_sub(2));
    *top = (*top).min(lines.len().saturating_sub(room));
    let more =
        if lines.len() > room { format!("{}-{} of {}", *top + 1, *top + room, lines.len()) } else { String::new() };
    let title = if more.is_empty() { format!(" {title} ") } else { format!(" {title} ({more}) ") };
    let shown: Vec<_> = lines.iter().skip(*top).take(room).map(line).collect();
    let block = Block::bordered().title(title).title_bottom(Line::raw(hint).right_aligned());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(shown).block(block), area);
    room
}

fn help(width: usize) -> Vec<Styled> {
    let usages = TABLE.iter().map(|command| (command.usage(), command.help_with_names()));
    let keys = KEYS.iter().map(|(key, what)| ((*key).to_owned(), (*what).to_owned()));
    let rows: Vec<_> = keys.chain([(String::new(), String::new())]).chain(usages).collect();
    let first = rows.iter().map(|(head, _)| columns_of(head)).max().unwrap_or(0).min(width / 2);
    let row = |(head, what): (String, String)| {
        let mut lines = wrapped(&Styled::new(Tone::Faint, what), width.saturating_sub(first + 2)).into_iter();
        let begin = |head: &str| {
            let gap = " ".repeat(first.saturating_sub(columns_of(head)) + 2);
            Styled::from(format!("{}{gap}", cut(head, first)))
        };
        let mut rows: Vec<_> = lines.next().map(|line| begin(&head).then(line)).into_iter().collect();
        rows.extend(lines.map(|line| begin("").then(line)));
        rows
    };
    rows.into_iter().flat_map(row).collect()
}

/// The last lines that fit, as many lines further up as one has gone back, and `below` them what is always to be seen. `newest` gives what
/// one thing comes to, from the newest on.
fn show<'a, T: 'a>(
    frame: &mut Frame,
    (area, block): (Rect, Block<'_>),
    things: impl Iterator<Item = &'a T>,
    newest: impl Fn(&T) -> Vec<Line<'static>>,
    back: Option<&mut usize>,
    below: Vec<Line<'static>>,
) -> usize {
    let room = usize::from(area.height.saturating_sub(2)).saturating_sub(below.len());
    let wanted = room + back.as_deref().copied().unwrap_or(0);
    // From the end on, so that a long history costs nothing.
    let mut lines: Vec<Line> = Vec::new();
    for thing in things {
        lines.extend(newest(thing).into_iter().rev());
        if lines.len() >= wanted {
            break;
        }
    }
    let furthest = lines.len().saturating_sub(room);
    let skipped = back.map_or(0, |back| {
        *back = (*back).min(furthest);
        *back
    });
    let mut shown: Vec<_> = lines.into_iter().skip(skipped).take(room).collect();
    shown.reverse();
    shown.extend(below);
    frame.render_widget(Paragraph::new(shown).block(block), area);
    room
}

fn wire(frame: &mut Frame, area: Rect, state: &mut State, input: &mut Input) {
    let width = width(area);
    let filter = input.filter.to_lowercase();
    let note = match (input.folded, filter.is_empty()) {
        (true, true) => " (folded)".to_owned(),
        (folded, false) => format!(" ({}only {})", if folded { "folded, " } else { "" }, cut(&input.filter, 12)),
        (false, true) => String::new(),
    };
    let block = block(frame, Pane::Wire, &note, input);
    let folded = input.folded;
    let wanted = |heard: &&Heard| {
        !(folded && heard.said.goes_on) && (filter.is_empty() || spoken(heard).to_lowercase().contains(&filter))
    };
    let text = |heard: &Heard| {
        let style = match heard.said.by {
            Speaker::Client => coloured(Color::Cyan),
            Speaker::Server(1 | 2) => coloured(Color::Green),
            Speaker::Server(3) => coloured(Color::Yellow),
            Speaker::Server(_) => coloured(Color::Red),
            Speaker::Nobody => look(Tone::Faint),
        };
        let lines = wrapped(&spoken(heard).into(), width.saturating_sub(2).max(1));
        let indent = |(at, styled): (usize, &Styled)| {
            let mut line = line(styled).style(style);
            if at > 0 {
                line.spans.insert(0, Span::raw("  "));
            }
            line
        };
        lines.iter().enumerate().map(indent).collect()
    };
    let new = state.spoken.saturating_sub(std::mem::replace(&mut input.seen.1, state.spoken));
    let back = (input.pane == Pane::Wire).then_some(&mut input.back);
    let back = back.map(|back| stays(back, state.wire.iter().rev().take(new).filter(wanted), text));
    let room = show(frame, (area, block), state.wire.iter().rev().filter(wanted), text, back, Vec::new());
    if input.pane == Pane::Wire {
        state.height = room;
    }
}

/// A line of the conversation, and whose it is.
fn spoken(heard: &Heard) -> String {
    let time = heard.time.map(|time| format!("{time:8.3} ")).unwrap_or_default();
    let tag = if heard.connection > 1 { format!("#{} ", heard.connection) } else { String::new() };
    format!("{time}{tag}{} {}", heard.said.by.mark(), heard.said.text)
}

fn output(frame: &mut Frame, area: Rect, state: &mut State, input: &mut Input, standings: &[Standing]) {
    let width = width(area);
    state.width = width;
    let block = block(frame, Pane::Output, "", input);
    let mut jobs = jobs(standings, &state.beginnings(), width);
    jobs.truncate(usize::from(area.height.saturating_sub(2)) / 2);
    let jobs = jobs.iter().map(line).collect();
    let text = |styled: &Styled| wrapped(styled, width).iter().map(line).collect();
    let new = state.printed.saturating_sub(std::mem::replace(&mut input.seen.0, state.printed));
    let back = (input.pane == Pane::Output).then_some(&mut input.back);
    let back = back.map(|back| stays(back, state.output.iter().rev().take(new), text));
    let room = show(frame, (area, block), state.output.iter().rev(), text, back, jobs);
    if input.pane == Pane::Output {
        state.height = room;
    }
}

/// Whoever has gone back goes on seeing what he sees, however much is `new`.
fn stays<'a, 'b, T: 'a>(
    back: &'b mut usize,
    new: impl Iterator<Item = &'a T>,
    lines: impl Fn(&T) -> Vec<Line<'static>>,
) -> &'b mut usize {
    if *back > 0 {
        *back += new.map(|thing| lines(thing).len()).sum::<usize>();
    }
    back
}

/// The transfers that run, what is about to, and all transfers together.
fn jobs(standings: &[Standing], beginnings: &[String], width: usize) -> Vec<Styled> {
    let total = format!("{} transfers", standings.len());
    let together = (standings.len() > 1).then_some(total.as_str());
    let names = standings.iter().map(|job| job.name.as_str()).chain(together);
    let name = names.map(columns_of).max().unwrap_or(0).min(NAME.min(width / 3));
    let mut lines: Vec<_> = standings.iter().map(|job| job_line(job, name, width)).collect();
    for job in beginnings {
        let state = "  under way";
        let name = cut(job, width.saturating_sub(state.len()));
        lines.push(Styled::from(name).and(Tone::Faint, state));
    }
    if together.is_some() {
        let all = Standing {
            name: total,
            bytes: standings.iter().map(|job| job.bytes).sum(),
            size: standings.iter().map(|job| job.size).sum(),
            rate: standings.iter().filter_map(|job| job.rate).reduce(u64::saturating_add),
        };
        lines.push(job_line(&all, name, width));
    }
    lines
}

/// A transfer: its name, a bar, how much of it is done, how fast, and how long it takes yet.
fn job_line(job: &Standing, name: usize, width: usize) -> Styled {
    let bytes = |bytes| HumanBytes(bytes).to_string();
    let rate = job.rate.map_or_else(|| "stalled".to_owned(), |rate| format!("{}/s", bytes(rate)));
    let head = left(&cut(&job.name, name), name);
    let Some(size) = job.size.filter(|size| *size > 0) else {
        return format!("{head} {} {rate}", bytes(job.bytes)).into();
    };
    let done = job.bytes.min(size);
    let time =
        job.rate.filter(|rate| *rate > 0).map(|rate| remaining((size - done).div_ceil(rate))).unwrap_or_default();
    let percent = format!("{:>3}%", u128::from(done) * 100 / u128::from(size));
    let figures = format!("{percent} {:>11}/{:<10} {rate:>13} {time:>7}", bytes(done), bytes(size));
    let figures =
        if name + columns_of(&figures) + 8 > width { format!("{percent} {rate:>13} {time:>7}") } else { figures };
    let room = width.saturating_sub(name + columns_of(&figures) + 2).min(40);
    let full = (u128::from(done) * room as u128 / u128::from(size)) as usize;
    let bar = format!(" {}{} ", "█".repeat(full), "░".repeat(room - full));
    Styled::new(Tone::Plain, head).and(Tone::Link, bar).and(Tone::Plain, figures)
}

/// So many seconds as a clock shows them.
fn remaining(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// What stands before the cursor, and whether what is typed is not to be seen.
struct Asked {
    lines: Vec<String>,
    secret: bool,
}

fn asked(state: &State, input: &Input, width: usize) -> Asked {
    let (text, secret) = match state.questions.front() {
        _ if input.filtering => ("Show only lines of Wire with: ", false),
        Some(question) => (question.text.as_str(), question.secret),
        // Of a place with a long name the end is seen.
        None => return Asked { lines: vec![tail(&state.prompt, width / 2)], secret: false },
    };
    // There is room for an answer behind the last line.
    let lines = text.lines().flat_map(|line| wrapped(&line.into(), width.saturating_sub(ANSWER)));
    Asked { lines: lines.map(|line| line.text()).collect(), secret }
}

fn command_line(frame: &mut Frame, area: Rect, state: &State, input: &Input) {
    let title = match state.questions.len() {
        0 | 1 if state.waiting > 1 => format!(" Command (working, {} more) ", state.waiting - 1),
        0 | 1 if state.waiting > 0 => " Command (working) ".to_owned(),
        0 | 1 if input.awaits() => " Command (looking what is there) ".to_owned(),
        0 | 1 => " Command ".to_owned(),
        more => format!(" Command ({more} questions) "),
    };
    let hint = " ? help  F2 pane  F3 zoom  ^C stop  ^D leave ";
    let hint = if usize::from(area.width) > hint.len() + columns_of(&title) { hint } else { " ? help " };
    let block = Block::bordered().title(title).title_bottom(Line::raw(hint).right_aligned());
    let room = width(area);
    let Asked { mut lines, secret } = asked(state, input, room);
    let editor = if input.answers(state) { &input.answer } else { &input.line };
    let seen = |text: &str| if secret { "•".repeat(text.chars().count()) } else { text.to_owned() };
    let prompt = lines.pop().unwrap_or_default();
    let mut lines: Vec<Line> = lines.into_iter().map(Line::raw).collect();
    // Of what is typed, what is around the cursor is seen.
    let room = room.saturating_sub(columns_of(&prompt) + 1);
    let before = tail(&seen(editor.before()), room);
    let behind = cut(&seen(editor.behind()), room - columns_of(&before));
    let ghost = if input.answers(state) { String::new() } else { input.ghost() };
    let ghost = cut(&ghost, room - columns_of(&before) - columns_of(&behind));
    let column = columns_of(&prompt) + columns_of(&before);
    let row = lines.len();
    let spans = [(prompt, Tone::Plain), (before, Tone::Plain), (behind, Tone::Plain), (ghost, Tone::Faint)];
    lines.push(spans.into_iter().map(|(text, tone)| Span::styled(text, look(tone))).collect());
    frame.render_widget(Paragraph::new(lines).block(block), area);
    frame.set_cursor_position(Position::new(area.x + 1 + column as u16, area.y + 1 + row as u16));
}
