//! [`Input`]: the line that is being typed, and what the keys mean.

use super::super::complete::{candidates, common};
use super::state::State;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The pane that the keys for scrolling and zooming speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Output,
    Wire,
}

/// What is being typed, and how things are looked at.
#[derive(Default)]
pub(super) struct Input {
    pub(super) line: String,
    history: Vec<String>,
    /// Which line of the history is shown; its length: none.
    at: usize,
    pub(super) pane: Pane,
    /// The pane has the screen to itself.
    pub(super) zoomed: bool,
    /// Lines that one has gone back.
    pub(super) back: usize,
    pub(super) help: bool,
}

/// What whoever sits there wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    /// End what is under way.
    Stop,
    Leave,
    Obey(String),
}

impl Input {
    /// What a key means.
    pub(super) fn key(&mut self, key: KeyEvent, state: &mut State) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        if self.help {
            self.help = false;
            return Wish::Nothing;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.stop(state),
            KeyCode::Char('d') if control && self.line.is_empty() && state.question.is_none() => return Wish::Leave,
            KeyCode::Char('u') if control => self.line.clear(),
            KeyCode::Char('w') if control => {
                let kept = self.line.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.line.truncate(kept);
            }
            KeyCode::Enter => return self.enter(state),
            KeyCode::Char('?') if self.line.is_empty() && state.question.is_none() => self.help = true,
            KeyCode::Char(sign) if !control => self.line.push(sign),
            KeyCode::Backspace => drop(self.line.pop()),
            KeyCode::Tab => self.complete(state),
            KeyCode::Right | KeyCode::End => self.line.push_str(&self.ghost()),
            KeyCode::Up => self.go(self.at.saturating_sub(1)),
            KeyCode::Down => self.go(self.at + 1),
            KeyCode::PageUp => self.back += 10,
            KeyCode::PageDown => self.back = self.back.saturating_sub(10),
            KeyCode::F(2) => {
                self.pane = if self.pane == Pane::Output { Pane::Wire } else { Pane::Output };
                self.back = 0;
            }
            KeyCode::F(3) => self.zoomed = !self.zoomed,
            _ => {}
        }
        Wish::Nothing
    }

    fn stop(&mut self, state: &mut State) -> Wish {
        if let Some(question) = state.question.take() {
            question.answer(None);
            self.line.clear();
            return Wish::Nothing;
        }
        if state.busy || !state.jobs.is_empty() {
            return Wish::Stop;
        }
        if self.line.is_empty() {
            return Wish::Leave;
        }
        self.line.clear();
        Wish::Nothing
    }

    fn enter(&mut self, state: &mut State) -> Wish {
        let line = std::mem::take(&mut self.line);
        self.back = 0;
        if let Some(question) = state.question.take() {
            question.answer(Some(line));
            return Wish::Nothing;
        }
        if line.trim().is_empty() {
            return Wish::Nothing;
        }
        state.print(&format!("{}{line}", state.prompt.clone()));
        if self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        self.at = self.history.len();
        Wish::Obey(line)
    }

    fn go(&mut self, at: usize) {
        self.at = at.min(self.history.len());
        self.line = self.history.get(self.at).cloned().unwrap_or_default();
    }

    fn complete(&mut self, state: &mut State) {
        if state.question.is_some() {
            return;
        }
        let found = candidates(&self.line, &state.seen);
        match common(&found) {
            Some(longer) if longer.len() > self.line.len() => self.line = longer,
            Some(_) if found.len() > 1 => state.print(&found.join("  ")),
            _ => {}
        }
    }

    /// How the latest line of the history that begins so goes on.
    pub(super) fn ghost(&self) -> String {
        let fits = self.history.iter().rev().find_map(|line| line.strip_prefix(&self.line));
        if self.line.is_empty() { String::new() } else { fits.unwrap_or_default().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut Input, state: &mut State, code: KeyCode) -> Wish {
        input.key(KeyEvent::new(code, KeyModifiers::NONE), state)
    }

    fn type_in(input: &mut Input, state: &mut State, text: &str) -> Wish {
        text.chars().for_each(|sign| drop(press(input, state, KeyCode::Char(sign))));
        press(input, state, KeyCode::Enter)
    }

    #[test]
    fn what_was_typed_comes_back() {
        let (mut input, mut state) = (Input::default(), State::default());
        assert_eq!(type_in(&mut input, &mut state, "cd pub"), Wish::Obey("cd pub".into()));
        assert_eq!(type_in(&mut input, &mut state, "dir"), Wish::Obey("dir".into()));
        press(&mut input, &mut state, KeyCode::Up);
        press(&mut input, &mut state, KeyCode::Up);
        assert_eq!(input.line, "cd pub");
        press(&mut input, &mut state, KeyCode::Down);
        press(&mut input, &mut state, KeyCode::Down);
        assert_eq!(input.line, "");
        press(&mut input, &mut state, KeyCode::Char('c'));
        assert_eq!(input.ghost(), "d pub");
        press(&mut input, &mut state, KeyCode::Right);
        assert_eq!(input.line, "cd pub");
    }

    #[test]
    fn ctrl_c_ends_the_nearest_thing_first() {
        let (mut input, mut state) = (Input::default(), State { busy: true, ..State::default() });
        let mut stop = |state: &mut State| input.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL), state);
        assert_eq!(stop(&mut state), Wish::Stop);
        state.busy = false;
        assert_eq!(stop(&mut state), Wish::Leave);
    }
}
