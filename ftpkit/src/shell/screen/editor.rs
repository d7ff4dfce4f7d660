//! [`Editor`]: a line that is being typed, with its cursor, as in the shells: the keys of Emacs, one killed piece to yank.

/// A line and where the cursor stands in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Editor {
    text: String,
    /// In bytes, between two signs.
    cursor: usize,
    killed: String,
}

/// Where the cursor can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
}

impl Editor {
    /// What was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub(super) fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// What stands behind it.
    pub(super) fn behind(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.behind().is_empty()
    }

    /// Takes the line away.
    pub(super) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Another line, with the cursor at its end.
    pub(super) fn set(&mut self, text: String) {
        self.cursor = text.len();
        self.text = text;
    }

    /// Another beginning, up to the cursor.
    pub(super) fn set_before(&mut self, before: &str) {
        self.text.replace_range(..self.cursor, before);
        self.cursor = before.len();
    }

    pub(super) fn insert(&mut self, sign: char) {
        self.text.insert(self.cursor, sign);
        self.cursor += sign.len_utf8();
    }

    pub(super) fn insert_text(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    pub(super) fn go(&mut self, motion: Motion) {
        self.cursor = self.goal(motion);
    }

    /// Removes what lies between the cursor and there.
    pub(super) fn erase(&mut self, motion: Motion) {
        self.cut(motion);
    }

    /// The same, to be yanked.
    pub(super) fn kill(&mut self, motion: Motion) {
        let cut = self.cut(motion);
        if !cut.is_empty() {
            self.killed = cut;
        }
    }

    /// Inserts what was killed last.
    pub(super) fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert_text(&killed);
    }

    fn cut(&mut self, motion: Motion) -> String {
        let goal = self.goal(motion);
        let (from, to) = (goal.min(self.cursor), goal.max(self.cursor));
        self.cursor = from;
        self.text.drain(from..to).collect()
    }

    fn goal(&self, motion: Motion) -> usize {
        let (before, behind) = (self.before(), self.behind());
        match motion {
            Motion::Home => 0,
            Motion::End => self.text.len(),
            Motion::Left => before.char_indices().next_back().map_or(0, |(at, _)| at),
            Motion::Right => behind.chars().next().map_or(self.cursor, |sign| self.cursor + sign.len_utf8()),
            // To the beginning of a word, and to the end of one; slashes divide words too, since paths are typed.
            Motion::WordLeft => {
                let word = before.trim_end_matches(divides);
                word.rfind(divides).map_or(0, |at| at + word[at..].chars().next().map_or(1, char::len_utf8))
            }
            Motion::WordRight => {
                let word = behind.trim_start_matches(divides);
                self.text.len() - word.len() + word.find(divides).unwrap_or(word.len())
            }
        }
    }
}

fn divides(sign: char) -> bool {
    sign.is_whitespace() || sign == '/'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOTIONS: [Motion; 6] =
        [Motion::Left, Motion::Right, Motion::WordLeft, Motion::WordRight, Motion::Home, Motion::End];

    #[test]
    fn words_are_passed_over_and_come_back() {
        let mut editor = Editor::default();
        editor.set("get pub/größe x".to_owned());
        editor.go(Motion::WordLeft);
        editor.go(Motion::WordLeft);
        assert_eq!((editor.before(), editor.behind()), ("get pub/", "größe x"));
        editor.kill(Motion::WordRight);
        assert_eq!(editor.text(), "get pub/ x");
        editor.go(Motion::Home);
        editor.go(Motion::WordRight);
        assert_eq!(editor.before(), "get");
        editor.kill(Motion::End);
        editor.yank();
        editor.yank();
        assert_eq!(editor.text(), "get pub/ x pub/ x");
    }

    /// What one can do to a line.
    fn do_to(editor: &mut Editor, what: u8, sign: char) {
        let motion = MOTIONS[usize::from(what) % MOTIONS.len()];
        match what / 50 {
            0 => editor.insert(sign),
            1 => editor.go(motion),
            2 => editor.erase(motion),
            3 => editor.kill(motion),
            _ => editor.yank(),
        }
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_between_two_signs(deeds in prop::collection::vec((any::<u8>(), any::<char>()), 0..60)) {
            let mut editor = Editor::default();
            for (what, sign) in deeds {
                let (before, behind) = (editor.before().to_owned(), editor.behind().to_owned());
                do_to(&mut editor, what, sign);
                prop_assert_eq!(format!("{}{}", editor.before(), editor.behind()), editor.text());
                // Nothing on the other side of the cursor ever changes.
                if what / 50 == 0 {
                    prop_assert!(editor.before().starts_with(&before) && editor.behind() == behind);
                }
            }
        }

        #[test]
        fn going_there_and_back_changes_nothing(text in "[a-zäß /]{0,20}", steps in 0_usize..25) {
            let mut editor = Editor::default();
            editor.set(text.clone());
            for _ in 0..steps {
                editor.go(Motion::Left);
            }
            let at = editor.before().len();
            editor.go(Motion::Home);
            while editor.before().len() < at {
                editor.go(Motion::Right);
            }
            prop_assert_eq!(editor.before().len(), at);
            editor.kill(Motion::End);
            editor.yank();
            prop_assert_eq!(editor.text(), text);
        }
    }
}
