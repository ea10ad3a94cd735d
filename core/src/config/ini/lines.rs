//! Which line of an INI file something stands in, for errors.

/// How many lines are tried to find out where something begins that does not end.
const TRIED: usize = 200;

/// Finds the lines of sections and keys, which must be asked for in the order of the file.
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { lines: text.lines().collect(), next: 0 }
    }

    /// The lines behind one that is counted from 1.
    pub(super) fn behind(text: &'a str, line: Option<usize>) -> Self {
        Self { next: line.unwrap_or(usize::MAX), ..Self::of(text) }
    }

    /// The line in which `key` begins, counted from 1.
    pub(super) fn of_key(&mut self, key: &str) -> Option<usize> {
        let first = key.lines().next().unwrap_or_default().trim();
        let is_whole = first.len() == key.trim().len();
        self.find(|line| {
            // A key may stand behind its section's name, in the same line.
            let line = match line.split_once(']') {
                Some((section, rest)) if section.starts_with('[') => rest.trim_start(),
                _ => line,
            };
            let after = line.strip_prefix(first).map(str::trim_start);
            after.is_some_and(|after| if is_whole { after.starts_with(['=', ':']) } else { after.is_empty() })
        })
    }

    /// The line in which the section with this name begins.
    pub(super) fn of_section(&mut self, name: &str) -> Option<usize> {
        let first = name.lines().next().unwrap_or_default().trim();
        self.find(|line| line.strip_prefix('[').is_some_and(|after| after.trim() == first))
    }

    /// The line behind the last key that has this text and no other: one that continues its value.
    pub(super) fn of_continued(&self, text: &str) -> Option<usize> {
        let found = self.lines.iter().skip(self.next).position(|line| line.trim() == text.trim())?;
        Some(self.next + found + 1)
    }

    /// Whether a line, counted from 1, begins with white space.
    pub(super) fn is_indented(&self, line: usize) -> bool {
        self.lines.get(line - 1).is_some_and(|line| line.starts_with(char::is_whitespace))
    }

    fn find(&mut self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        let is_it = |line: &str| !line.starts_with(['#', ';']) && is_it(line);
        // The parser ends a line at a carriage return, too, and editors do not count it.
        let has_it = |line: &&str| line.split('\r').any(|line| is_it(line.trim()));
        let found = self.lines.iter().skip(self.next).position(has_it)?;
        self.next += found + 1;
        Some(self.next)
    }
}

/// What an error calls a line.
pub(super) fn named(line: Option<usize>, otherwise: &str) -> String {
    line.map_or_else(|| otherwise.to_owned(), |line| format!("line {line}"))
}

/// The line behind the longest beginning of `text` that can be read, where something begins that is open at the end.
pub(super) fn first_open(text: &str, can_be_read: impl Fn(&str) -> bool) -> Option<usize> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    // What is behind the last line feed is a line, too.
    let lines = ends.len() + usize::from(!text.ends_with('\n'));
    for before in (0..lines).rev().take(TRIED) {
        let end = before.checked_sub(1).map_or(0, |last| ends[last]);
        if can_be_read(&text[..end]) {
            return Some(before + 1);
        }
    }
    None
}
