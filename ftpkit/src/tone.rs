//! [`Styled`]: a line for a person, in parts that say what they are; a terminal gives each its colour, a file gets the text alone.

use clap::builder::styling::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io::Write;

/// What a part of a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// Something failed.
    Error,
    /// Something may be wrong.
    Warning,
    /// What can be done about it; what went well.
    Good,
    /// A directory.
    Directory,
    /// A link to something else.
    Link,
    /// What matters less.
    Faint,
}

/// A line in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Styled(Vec<(Tone, String)>);

impl Styled {
    /// Of one part.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self(vec![(tone, text.into())])
    }

    /// With one more part at its end.
    #[must_use]
    pub(crate) fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.0.push((tone, text.into()));
        self
    }

    /// With another line behind it.
    #[must_use]
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> &[(Tone, String)] {
        &self.0
    }

    /// The text alone.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// As a terminal shows it; one without colours leaves them out.
    pub(crate) fn ansi(&self) -> String {
        let mut out = String::new();
        for (tone, text) in &self.0 {
            let style = tone.style();
            // Writing to a String cannot fail.
            let _ = write!(out, "{style}{text}{style:#}");
        }
        out
    }

    /// Writes it with its line end.
    pub(crate) fn write_to(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.ansi()).and_then(|()| out.flush())
    }
}

impl From<&str> for Styled {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Directory => AnsiColor::Blue.on_default().bold(),
            Self::Link => AnsiColor::Cyan.on_default(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}
