//! [`Input`]: the line that is being typed, and what the keys mean.

use super::super::complete::{Names, candidates, common, directory_of};
use super::editor::{Editor, Motion};
use super::state::State;
use crate::entry_text::in_columns;
use crate::tone::{Styled, Tone};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use std::collections::VecDeque;

/// Lines of a step with the wheel of a mouse.
const WHEEL: usize = 3;

/// Lines of names that Tab shows.
const OFFERED: usize = 8;

/// The pane that the keys for scrolling and zooming speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Output,
    Wire,
}

impl Pane {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Output => Self::Wire,
            Self::Wire => Self::Output,
        }
    }
}

/// What is being typed, and how things are looked at.
#[derive(Default)]
pub(super) struct Input {
    pub(super) line: Editor,
    /// The answer to a question; meanwhile the line waits.
    pub(super) answer: Editor,
    /// What is asked about the panes themselves.
    pub(super) filtering: bool,
    history: Vec<String>,
    /// Which line of the history is shown, and what was typed before it.
    recalled: Option<(usize, String)>,
    pub(super) pane: Pane,
    /// Where the panes were drawn last.
    pub(super) areas: Vec<(Pane, Rect)>,
    /// The pane has the screen to itself.
    pub(super) zoomed: bool,
    /// Lines that one has gone back.
    pub(super) back: usize,
    /// Lines that had come to the panes when they were drawn last.
    pub(super) seen: (usize, usize),
    /// The first line of the help that is seen.
    pub(super) help: Option<usize>,
    /// The first line of the page that is seen.
    pub(super) top: usize,
    /// Of a reply with many lines the first alone is shown.
    pub(super) folded: bool,
    /// Only lines with this in them are shown of the conversation.
    pub(super) filter: String,
    /// What is completed when more is known of the server's names.
    awaited: Option<String>,
    /// The directory that was asked for last.
    sought: Option<Vec<u8>>,
    /// Lines that were pasted; each comes when the one before is entered.
    pasted: VecDeque<String>,
    /// The key that was pressed last, if it leaves when it comes once more.
    armed: Option<char>,
    names: Names,
}

/// What whoever sits there wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    /// Draw everything anew.
    Redraw,
    /// End what is under way.
    Stop,
    Leave,
    Obey(String),
    /// See what is in this directory of the server, to complete the line.
    LookUp(Vec<u8>),
}

impl Input {
    /// With what was typed in earlier runs, and what is known of the server's names.
    pub(super) fn new(history: Vec<String>, names: Names) -> Self {
        Self { history, names, ..Self::default() }
    }

    /// What a key means.
    pub(super) fn key(&mut self, key: KeyEvent, state: &mut State) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        if let (KeyCode::Char('l'), true) = (key.code, control) {
            return Wish::Redraw;
        }
        if self.reads(key.code, control, state) {
            return Wish::Nothing;
        }
        let armed = std::mem::take(&mut self.armed);
        let again = |key| armed == Some(key);
        match key.code {
            KeyCode::Char('c') if control => return self.stop(state, again('c')),
            KeyCode::Char('d') if control && self.editor(state).is_empty() => return self.leave(state, again('d')),
            KeyCode::Enter => return self.enter(state),
            KeyCode::Esc if self.filtering => self.filtering = false,
            KeyCode::Char('?') if self.line.is_empty() && !self.answers(state) => self.help = Some(0),
            KeyCode::Tab if !self.answers(state) => return self.complete(state),
            KeyCode::Up | KeyCode::Down if !self.answers(state) => self.recall(key.code == KeyCode::Up),
            KeyCode::PageUp => self.back += page(state),
            KeyCode::PageDown => self.back = self.back.saturating_sub(page(state)),
            KeyCode::F(2) => self.turn_to(self.pane.other()),
            KeyCode::F(3) => self.zoomed = !self.zoomed,
            KeyCode::F(4) => self.folded = !self.folded,
            KeyCode::F(5) => {
                self.filtering = !self.filtering;
                self.answer.set(self.filter.clone());
            }
            code => self.edit(code, control, alt, state),
        }
        Wish::Nothing
    }

    fn turn_to(&mut self, pane: Pane) {
        if self.pane != pane {
            self.pane = pane;
            self.back = 0;
        }
    }

    /// What the mouse means: its wheel goes back and forth, and a click chooses a pane. Where there is one alone, one on its title, which
    /// names both, shows the other.
    pub(super) fn mouse(&mut self, event: MouseEvent, state: &State) {
        let up = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let place = Position::new(event.column, event.row);
                match *self.areas {
                    [(pane, area)] if area.contains(place) && event.row == area.y => self.turn_to(pane.other()),
                    [_] => {}
                    _ => {
                        let hit = self.areas.iter().find(|(_, area)| area.contains(place));
                        if let Some(&(pane, _)) = hit {
                            self.turn_to(pane);
                        }
                    }
                }
                return;
            }
            MouseEventKind::ScrollUp => true,
            MouseEventKind::ScrollDown => false,
            _ => return,
        };
        let place = match (&mut self.help, &state.page) {
            (Some(top), _) => top,
            (None, Some(_)) => &mut self.top,
            (None, None) => {
                self.back = if up { self.back + WHEEL } else { self.back.saturating_sub(WHEEL) };
                return;
            }
        };
        *place = if up { place.saturating_sub(WHEEL) } else { *place + WHEEL };
    }

    /// Is the line an answer, not a command?
    pub(super) fn answers(&self, state: &State) -> bool {
        self.filtering || !state.questions.is_empty()
    }

    fn editor(&mut self, state: &State) -> &mut Editor {
        if self.answers(state) { &mut self.answer } else { &mut self.line }
    }

    /// Is the key one for the text that is read, or for the help?
    fn reads(&mut self, code: KeyCode, control: bool, state: &mut State) -> bool {
        let (top, page) = match (&mut self.help, state.page.is_some()) {
            (Some(top), _) => (top, page(state)),
            (None, true) => (&mut self.top, page(state)),
            (None, false) => return false,
        };
        match code {
            KeyCode::Up | KeyCode::Char('k') => *top = top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Enter => *top += 1,
            KeyCode::PageUp | KeyCode::Char('b') => *top = top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => *top += page,
            KeyCode::Home | KeyCode::Char('g') => *top = 0,
            KeyCode::End | KeyCode::Char('G') => *top = usize::MAX / 2,
            KeyCode::Char('c') if !control => {}
            _ if self.help.is_some() => self.help = None,
            _ => {
                state.page = None;
                self.top = 0;
            }
        }
        true
    }

    fn edit(&mut self, code: KeyCode, control: bool, alt: bool, state: &State) {
        // At the end of the line there is nothing to the right but what was typed earlier.
        if let (KeyCode::Right | KeyCode::End, true, false) = (code, self.line.is_at_end(), self.answers(state)) {
            let ghost = self.ghost();
            return ghost.chars().for_each(|sign| self.line.insert(sign));
        }
        self.recalled = None;
        let editor = self.editor(state);
        match code {
            KeyCode::Left if control || alt => editor.go(Motion::WordLeft),
            KeyCode::Right if control || alt => editor.go(Motion::WordRight),
            KeyCode::Left => editor.go(Motion::Left),
            KeyCode::Right => editor.go(Motion::Right),
            KeyCode::Home => editor.go(Motion::Home),
            KeyCode::End => editor.go(Motion::End),
            KeyCode::Backspace if alt => editor.kill(Motion::WordLeft),
            KeyCode::Backspace => editor.erase(Motion::Left),
            KeyCode::Delete => editor.erase(Motion::Right),
            KeyCode::Char(sign) if control => match sign {
                'a' => editor.go(Motion::Home),
                'e' => editor.go(Motion::End),
                'b' => editor.go(Motion::Left),
                'f' => editor.go(Motion::Right),
                'd' => editor.erase(Motion::Right),
                'h' => editor.erase(Motion::Left),
                'k' => editor.kill(Motion::End),
                'u' => editor.kill(Motion::Home),
                'w' => editor.kill(Motion::WordLeft),
                'y' => editor.yank(),
                _ => {}
            },
            KeyCode::Char(sign) if alt => match sign {
                'b' => editor.go(Motion::WordLeft),
                'f' => editor.go(Motion::WordRight),
                'd' => editor.kill(Motion::WordRight),
                _ => {}
            },
            KeyCode::Char(sign) => editor.insert(sign),
            _ => {}
        }
    }

    /// Ctrl-C: ends the nearest thing first.
    fn stop(&mut self, state: &mut State, again: bool) -> Wish {
        if self.filtering {
            self.filtering = false;
        } else if let Some(question) = state.questions.pop_front() {
            question.answer(None);
            self.answer.take();
        } else if again {
            return Wish::Leave;
        } else if !self.line.is_empty() {
            self.line.take();
            self.pasted.clear();
        } else {
            self.armed = Some('c');
            if state.waiting > 0 || state.has_jobs() {
                state.print(Styled::new(Tone::Faint, "stopping; ^C once more leaves"));
                return Wish::Stop;
            }
            state.print(Styled::new(Tone::Faint, "^C once more leaves"));
        }
        Wish::Nothing
    }

    /// Ctrl-D: leaves, but not what is under way.
    fn leave(&mut self, state: &mut State, again: bool) -> Wish {
        if self.answers(state) {
            return Wish::Nothing;
        }
        if again || !state.has_jobs() {
            return Wish::Leave;
        }
        self.armed = Some('d');
        state.print(Styled::new(Tone::Faint, "files are still on their way; ^D once more leaves"));
        Wish::Nothing
    }

    fn enter(&mut self, state: &mut State) -> Wish {
        self.back = 0;
        if self.filtering {
            self.filtering = false;
            self.filter = self.answer.take();
            return Wish::Nothing;
        }
        if let Some(question) = state.questions.pop_front() {
            let answer = self.answer.take();
            if !question.secret {
                let (before, last) = question.text.rsplit_once('\n').unwrap_or(("", &question.text));
                before.lines().for_each(|line| state.print(Styled::new(Tone::Faint, line)));
                state.print(Styled::new(Tone::Faint, last).and(Tone::Plain, answer.clone()));
            }
            question.answer(Some(answer));
            return Wish::Nothing;
        }
        let line = self.line.take();
        if let Some(next) = self.pasted.pop_front() {
            self.line.set(next);
        }
        self.recalled = None;
        if line.trim().is_empty() {
            return Wish::Nothing;
        }
        self.history.retain(|other| *other != line);
        self.history.push(line.clone());
        state.waiting += 1;
        Wish::Obey(line)
    }

    /// Goes through the lines of the history that begin as what is typed.
    fn recall(&mut self, earlier: bool) {
        let (at, typed) = match self.recalled.take() {
            Some((at, typed)) => (at, typed),
            None => (self.history.len(), self.line.text().to_owned()),
        };
        let fits = |at: &usize| self.history.get(*at).is_some_and(|line| line.starts_with(&typed));
        let found = if earlier { (0..at).rev().find(fits) } else { (at + 1..self.history.len()).find(fits) };
        match found {
            Some(at) => {
                self.line.set(self.history.get(at).cloned().unwrap_or_default());
                self.recalled = Some((at, typed));
            }
            None if earlier && at < self.history.len() => self.recalled = Some((at, typed)),
            None => self.line.set(typed),
        }
    }

    /// Completes what stands before the cursor, as far as it is known; what is not known is looked up, and completed then.
    fn complete(&mut self, state: &mut State) -> Wish {
        let before = self.line.before().to_owned();
        if let Some(dir) = directory_of(&before, &state.directory)
            && state.connected
            && !self.names.knows(&dir)
        {
            self.awaited = Some(before);
            self.sought = Some(dir.clone());
            return Wish::LookUp(dir);
        }
        self.fill_in(&before, state);
        Wish::Nothing
    }

    /// Completes `before`, or shows what it could be.
    fn fill_in(&mut self, before: &str, state: &mut State) {
        let found = candidates(before, &state.directory, &self.names);
        match common(&found) {
            Some(longer) if longer.len() > before.len() => {
                // One blank is enough.
                let longer = if self.line.behind().starts_with(' ') { longer.trim_end() } else { &longer };
                self.line.set_before(longer);
            }
            Some(_) if found.len() > 1 => {
                let start = before.rfind([' ', '/']).map_or(0, |at| at + 1);
                let names: Vec<_> =
                    found.iter().filter_map(|line| Some((Tone::Faint, line.get(start..)?.to_owned()))).collect();
                offer(&names, state);
            }
            _ => {}
        }
    }

    /// More is known of the server's names: if the line that waits for it is still the same, it is completed.
    pub(super) fn looked_up(&mut self, state: &mut State) {
        let Some(before) = self.awaited.take() else { return };
        if before != self.line.before() || self.answers(state) {
            return;
        }
        match directory_of(&before, &state.directory) {
            Some(dir) if !self.names.knows(&dir) => self.awaited = Some(before),
            _ => self.fill_in(&before, state),
        }
        state.changed = true;
    }

    /// Does Tab wait for the server?
    pub(super) fn awaits(&self) -> bool {
        self.awaited.as_deref().is_some_and(|before| before == self.line.before())
    }

    /// The directory whose names are likely to be typed next, where they are not known and nothing else is to be done on the way there.
    pub(super) fn foresees(&mut self, state: &State) -> Option<Vec<u8>> {
        if !state.connected || state.has_jobs() || self.answers(state) {
            return None;
        }
        let dir = directory_of(self.line.before(), &state.directory);
        let Some(dir) = dir.filter(|dir| !self.names.is_fresh(dir)) else {
            self.sought = None;
            return None;
        };
        // It was asked for, and has not come.
        if self.sought.as_ref() == Some(&dir) {
            return None;
        }
        self.sought = Some(dir.clone());
        Some(dir)
    }

    /// What is pasted waits to be entered, line by line.
    pub(super) fn paste(&mut self, text: &str, state: &State) {
        let mut lines = text.split(['\r', '\n']).map(|line| line.replace(char::is_control, " "));
        let first = lines.next().unwrap_or_default();
        self.editor(state).insert_text(&first);
        if !self.answers(state) {
            self.pasted = lines.filter(|line| !line.trim().is_empty()).collect();
        }
    }

    /// How the latest line of the history that begins so goes on.
    pub(super) fn ghost(&self) -> String {
        if self.line.is_empty() || !self.line.is_at_end() {
            return String::new();
        }
        let fits = self.history.iter().rev().find_map(|line| line.strip_prefix(self.line.text()));
        fits.unwrap_or_default().to_owned()
    }
}

/// Shows names, not more than help.
fn offer(names: &[(Tone, String)], state: &mut State) {
    let width = state.width.max(1);
    let mut lines = in_columns(names, width);
    if lines.len() > OFFERED {
        let shown = OFFERED * names.len().div_ceil(lines.len());
        lines = in_columns(names.get(..shown).unwrap_or(names), width);
        let text = format!("{} names in all; a few letters more leave fewer", names.len());
        lines.push(Styled::new(Tone::Faint, text));
    }
    for line in lines {
        state.print(line);
    }
}

/// Lines of a step with the page keys.
fn page(state: &State) -> usize {
    state.height.saturating_sub(2).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::state::Question;
    use super::*;
    use ftp_core::listing::{Entry, EntryKind};

    fn press(input: &mut Input, state: &mut State, code: KeyCode) -> Wish {
        input.key(KeyEvent::new(code, KeyModifiers::NONE), state)
    }

    fn control(input: &mut Input, state: &mut State, sign: char) -> Wish {
        input.key(KeyEvent::new(KeyCode::Char(sign), KeyModifiers::CONTROL), state)
    }

    fn type_in(input: &mut Input, state: &mut State, text: &str) -> Wish {
        text.chars().for_each(|sign| drop(press(input, state, KeyCode::Char(sign))));
        press(input, state, KeyCode::Enter)
    }

    #[test]
    fn what_was_typed_comes_back() {
        let (mut input, mut state) = (Input::default(), State::default());
        for line in ["cd pub", "dir", "get a"] {
            assert_eq!(type_in(&mut input, &mut state, line), Wish::Obey(line.into()));
        }
        press(&mut input, &mut state, KeyCode::Up);
        press(&mut input, &mut state, KeyCode::Up);
        assert_eq!(input.line.text(), "dir");
        for _ in 0..3 {
            press(&mut input, &mut state, KeyCode::Down);
        }
        assert_eq!(input.line.text(), "");
        press(&mut input, &mut state, KeyCode::Char('c'));
        assert_eq!(input.ghost(), "d pub");
        press(&mut input, &mut state, KeyCode::Right);
        assert_eq!(input.line.text(), "cd pub");
    }

    #[test]
    fn only_lines_that_begin_as_what_is_typed_come_back() {
        let (mut input, mut state) =
            (Input::new(vec!["get a".into(), "dir".into(), "get b".into()], Names::default()), State::default());
        press(&mut input, &mut state, KeyCode::Char('g'));
        for line in ["get b", "get a", "get a"] {
            press(&mut input, &mut state, KeyCode::Up);
            assert_eq!(input.line.text(), line);
        }
        press(&mut input, &mut state, KeyCode::Down);
        press(&mut input, &mut state, KeyCode::Down);
        assert_eq!(input.line.text(), "g");
    }

    #[test]
    fn ctrl_c_ends_the_nearest_thing_first_and_twice_leaves() {
        let (mut input, mut state) = (Input::default(), State { waiting: 1, ..State::default() });
        press(&mut input, &mut state, KeyCode::Char('x'));
        assert_eq!(control(&mut input, &mut state, 'c'), Wish::Nothing);
        assert_eq!(input.line.text(), "");
        assert_eq!(control(&mut input, &mut state, 'c'), Wish::Stop);
        assert_eq!(control(&mut input, &mut state, 'c'), Wish::Leave);
        // Anything in between is second thoughts.
        assert_eq!(control(&mut input, &mut state, 'c'), Wish::Stop);
        press(&mut input, &mut state, KeyCode::Char('x'));
        control(&mut input, &mut state, 'u');
        assert_eq!(control(&mut input, &mut state, 'c'), Wish::Stop);
    }

    #[test]
    fn keys_move_within_the_line() {
        let (mut input, mut state) = (Input::default(), State::default());
        "gt a".chars().for_each(|sign| drop(press(&mut input, &mut state, KeyCode::Char(sign))));
        control(&mut input, &mut state, 'a');
        press(&mut input, &mut state, KeyCode::Right);
        press(&mut input, &mut state, KeyCode::Char('e'));
        assert_eq!(input.line.text(), "get a");
        control(&mut input, &mut state, 'k');
        control(&mut input, &mut state, 'y');
        press(&mut input, &mut state, KeyCode::Home);
        press(&mut input, &mut state, KeyCode::Delete);
        assert_eq!(press(&mut input, &mut state, KeyCode::Enter), Wish::Obey("et a".into()));
    }

    #[test]
    fn what_is_not_known_is_looked_up_once() {
        let names = Names::default();
        let (mut input, mut state) = (Input::new(Vec::new(), names.clone()), State::default());
        (state.connected, state.directory) = (true, b"/home".to_vec());
        "get no".chars().for_each(|sign| drop(press(&mut input, &mut state, KeyCode::Char(sign))));
        assert_eq!(input.foresees(&state), Some(b"/home".to_vec()));
        assert_eq!(input.foresees(&state), None);
        assert_eq!(press(&mut input, &mut state, KeyCode::Tab), Wish::LookUp(b"/home".to_vec()));
        // What comes of another directory is not what is waited for.
        names.learn(b"/other".to_vec(), &[]);
        input.looked_up(&mut state);
        assert!(input.awaits());
        let entries = ["notes.txt", "photo.jpg"].map(|name| Entry::new(name, EntryKind::File));
        names.learn(b"/home".to_vec(), &entries);
        input.looked_up(&mut state);
        assert_eq!(input.line.text(), "get notes.txt ");
        assert!(!input.awaits() && input.foresees(&state).is_none());
    }

    #[test]
    fn of_many_names_the_first_are_offered() {
        let names: Vec<_> = (0..300).map(|number| (Tone::Faint, format!("file{number:03}"))).collect();
        let mut state = State { width: 20, ..State::default() };
        offer(&names, &mut state);
        let output: Vec<_> = state.output.iter().map(Styled::text).collect();
        assert_eq!(output.len(), OFFERED + 1);
        assert_eq!((output[0].as_str(), output[7].as_str()), ("file000  file008", "file007  file015"));
        assert!(output[8].starts_with("300 names"));
    }

    #[test]
    fn pasted_lines_wait_to_be_entered() {
        let (mut input, mut state) = (Input::default(), State::default());
        input.paste("cd pub\r\nget \ta\u{1b}[2J\n", &state);
        assert_eq!(press(&mut input, &mut state, KeyCode::Enter), Wish::Obey("cd pub".into()));
        assert_eq!(input.line.text(), "get  a [2J");
        control(&mut input, &mut state, 'c');
        assert_eq!(press(&mut input, &mut state, KeyCode::Enter), Wish::Nothing);
    }

    #[test]
    fn an_answered_question_stays_to_be_read() {
        let (mut input, mut state) = (Input::default(), State::default());
        state.questions.push_back(Question::new("a is there\n  what now? ").0);
        type_in(&mut input, &mut state, "o");
        let output: Vec<_> = state.output.iter().map(Styled::text).collect();
        assert_eq!(output, ["a is there", "  what now? o"]);
    }
}
