//! How the state looks: beside each other where there is room, one above the other where there is less, and one at a time on the
//! smallest screens.

use super::super::table::{Command, TABLE};
use super::keys::{Input, Pane};
use super::state::{Job, State};
use indicatif::HumanBytes;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

/// From this width on Wire stands beside Output.
const WIDE: u16 = 100;

/// Up to this width there is one pane at a time.
const NARROW: u16 = 60;

/// Draws everything.
pub(super) fn all(frame: &mut Frame, state: &State, input: &Input) {
    let question = state.question.as_ref().map_or(0, |question| question.text.lines().count().saturating_sub(1));
    let [panes, command] =
        Layout::vertical([Constraint::Min(3), Constraint::Length(3 + question as u16)]).areas(frame.area());
    if input.zoomed || panes.width <= NARROW {
        match input.pane {
            Pane::Output => output(frame, panes, state, input),
            Pane::Wire => wire(frame, panes, state, input),
        }
    } else if panes.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(panes);
        output(frame, left, state, input);
        wire(frame, right, state, input);
    } else {
        let [top, bottom] = Layout::vertical([Constraint::Percentage(35), Constraint::Percentage(65)]).areas(panes);
        wire(frame, top, state, input);
        output(frame, bottom, state, input);
    }
    command_line(frame, command, state, input);
    if input.help {
        help(frame);
    }
}

/// Colours, where they are wanted (`NO_COLOR`).
fn coloured(colour: Color) -> Style {
    let without = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if without { Style::new() } else { Style::new().fg(colour) }
}

fn block(title: &str, focused: bool) -> Block<'static> {
    let style = if focused { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
    Block::bordered().title(Span::styled(format!(" {title} "), style))
}

/// The last lines that fit, `back` lines further up.
fn show(frame: &mut Frame, area: Rect, block: Block<'_>, lines: Vec<Line<'_>>, back: usize) {
    let room = usize::from(area.height.saturating_sub(2));
    let end = lines.len().saturating_sub(back.min(lines.len().saturating_sub(room)));
    let shown: Vec<_> = lines.into_iter().take(end).skip(end.saturating_sub(room)).collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

/// `text` in lines of at most `width` signs.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let signs: Vec<char> = text.chars().collect();
    if signs.is_empty() {
        return vec![String::new()];
    }
    signs.chunks(width.max(1)).map(|chunk| chunk.iter().collect()).collect()
}

fn wire(frame: &mut Frame, area: Rect, state: &State, input: &Input) {
    let width = usize::from(area.width.saturating_sub(4));
    let mut lines = Vec::new();
    for said in &state.wire {
        let (mark, style) = match said.class {
            None => (">", coloured(Color::Cyan)),
            Some(1 | 2) => ("<", coloured(Color::Green)),
            Some(3) => ("<", coloured(Color::Yellow)),
            Some(_) => ("<", coloured(Color::Red)),
        };
        for (at, text) in wrapped(&said.text, width).into_iter().enumerate() {
            let mark = if at == 0 { mark } else { " " };
            lines.push(Line::styled(format!("{mark} {text}"), style));
        }
    }
    let back = if input.pane == Pane::Wire { input.back } else { 0 };
    show(frame, area, block("Wire", input.pane == Pane::Wire), lines, back);
}

fn output(frame: &mut Frame, area: Rect, state: &State, input: &Input) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<Line> = Vec::new();
    for text in &state.output {
        let style = if text.starts_with("ftpkit:") { coloured(Color::Red) } else { Style::new() };
        lines.extend(wrapped(text, width).into_iter().map(|text| Line::styled(text, style)));
    }
    lines.extend(state.jobs.iter().map(|(name, job)| Line::styled(job_line(name, job, width), coloured(Color::Cyan))));
    if state.jobs.len() > 1 {
        let (bytes, rate) =
            state.jobs.values().fold((0, 0), |(bytes, rate), job| (bytes + job.bytes, rate + job.rate()));
        lines.push(Line::raw(format!("{} transfers  {}  {}/s", state.jobs.len(), HumanBytes(bytes), HumanBytes(rate))));
    }
    let back = if input.pane == Pane::Output { input.back } else { 0 };
    show(frame, area, block("Output", input.pane == Pane::Output), lines, back);
}

/// A transfer: its name, a bar, how much of it is done, how fast, and how long it takes yet.
fn job_line(name: &str, job: &Job, width: usize) -> String {
    let rate = job.rate();
    let Some(size) = job.size.filter(|size| *size > 0) else {
        return format!("{name}  {}  {}/s", HumanBytes(job.bytes), HumanBytes(rate));
    };
    let room = width.saturating_sub(name.chars().count() + 34).clamp(5, 30);
    let full = (u128::from(job.bytes.min(size)) * room as u128 / u128::from(size)) as usize;
    let left = size.saturating_sub(job.bytes).checked_div(rate).unwrap_or(0);
    let bar = format!("{}{}", "█".repeat(full), "░".repeat(room - full));
    format!("{name} {bar} {:>3}%  {}/s  {left} s", job.bytes.min(size) * 100 / size, HumanBytes(rate))
}

fn command_line(frame: &mut Frame, area: Rect, state: &State, input: &Input) {
    let title = if state.busy { "Command (working)" } else { "Command" };
    let hint = " ? help  F2 pane  F3 zoom  ^C stop  ^D leave ";
    let block = Block::bordered().title(format!(" {title} ")).title_bottom(Line::raw(hint).right_aligned());
    let (before, secret) = match &state.question {
        Some(question) => (question.text.clone(), question.secret),
        None => (state.prompt.clone(), false),
    };
    let typed = if secret { "•".repeat(input.line.chars().count()) } else { input.line.clone() };
    let mut lines: Vec<Line> = before.lines().map(|line| Line::raw(line.to_owned())).collect();
    let last = before.lines().last().unwrap_or_default().to_owned();
    let ghost = if state.question.is_none() { input.ghost() } else { String::new() };
    lines.pop();
    // Of a line that is too long the end is seen.
    let room = usize::from(area.width.saturating_sub(3)).saturating_sub(last.chars().count());
    let skipped = typed.chars().count().saturating_sub(room);
    let typed: String = typed.chars().skip(skipped).collect();
    let column = last.chars().count() + typed.chars().count();
    let row = lines.len();
    let faint = Style::new().add_modifier(Modifier::DIM);
    lines.push(Line::from(vec![Span::raw(last), Span::raw(typed), Span::styled(ghost, faint)]));
    frame.render_widget(Paragraph::new(lines).block(block), area);
    frame.set_cursor_position(Position::new(area.x + 1 + column as u16, area.y + 1 + row as u16));
}

fn help(frame: &mut Frame) {
    let area = frame.area();
    let usages: Vec<_> = TABLE.iter().map(Command::usage).collect();
    let width = usages.iter().map(String::len).max().unwrap_or(0);
    let lines = TABLE.iter().zip(usages).map(|(command, usage)| Line::raw(format!("{usage:width$}  {}", command.help)));
    frame.render_widget(Clear, area);
    frame.render_widget(
        Paragraph::new(lines.collect::<Vec<_>>()).block(Block::bordered().title(" Help: any key ends it ")),
        area,
    );
}
