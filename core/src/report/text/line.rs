//! One line of the terminal view: its width and its colours.

use std::io;

use super::Style;
use crate::report::label::shortened;

/// What a piece of a line looks like where colours are wanted.
#[derive(Clone, Copy)]
pub(in crate::report) enum Color {
    Plain,
    Bold,
    Dim,
    Good,
    Warn,
    Bad,
}

impl Color {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

/// A line in the making. Everything pushed must be free of control characters.
pub(in crate::report) struct Line<'a> {
    style: &'a Style,
    text: String,
    /// In characters, colours not counted.
    length: usize,
}

impl<'a> Line<'a> {
    pub(in crate::report) fn new(style: &'a Style) -> Self {
        Self { style, text: String::new(), length: 0 }
    }

    pub(in crate::report) fn push(&mut self, text: &str, color: Color) {
        match color.code().filter(|_| self.style.color && !text.is_empty()) {
            Some(code) => self.text.push_str(&format!("\x1b[{code}m{text}\x1b[0m")),
            None => self.text.push_str(text),
        }
        self.length += text.chars().count();
    }

    /// Pushes text that is shortened to leave `reserved` characters free, but never below a readable length.
    pub(in crate::report) fn push_shortened(&mut self, text: &str, reserved: usize, color: Color) {
        const LEAST: usize = 24;
        let room = self.style.width.map(|width| width.saturating_sub(self.length + reserved).max(LEAST));
        self.push(&shortened(text, room), color);
    }

    /// Whether so many more characters fit.
    pub(in crate::report) fn has_room_for(&self, characters: usize) -> bool {
        self.style.width.is_none_or(|width| self.length + characters <= width)
    }

    pub(in crate::report) fn write(mut self, out: &mut impl io::Write) -> io::Result<()> {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        writeln!(out, "{}", self.text)
    }
}
