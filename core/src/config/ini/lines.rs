//! Which line of an INI file something stands in, for errors.

/// How many lines are tried to find out where something begins that does not end.
const TRIED: usize = 200;

/// Finds the lines of sections and keys, which must be asked for in the order of the file.
pub(super) struct Lines<'a> {
    /// The parser ends a line at a carriage return, too, which is no line of its own for editors: so each has its number.
    lines: Vec<(usize, &'a str)>,
    next: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let numbered = text.lines().enumerate();
        let lines = numbered.flat_map(|(at, line)| line.split('\r').map(move |part| (at + 1, part)));
        Self { lines: lines.collect(), next: 0 }
    }

    /// The lines behind the one with this number.
    pub(super) fn behind(text: &'a str, line: Option<usize>) -> Self {
        let all = Self::of(text);
        let next = all.lines.iter().position(|(number, _)| line.is_some_and(|line| *number > line));
        Self { next: next.unwrap_or(all.lines.len()), ..all }
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

    /// The line behind the last key that has this text and no other: one that continues its value. Whether it is indented,
    /// besides.
    pub(super) fn of_continued(&self, text: &str) -> Option<(usize, bool)> {
        let mut behind = self.lines.iter().skip(self.next);
        let (number, line) = behind.find(|(_, line)| line.trim() == text.trim())?;
        Some((*number, line.starts_with(char::is_whitespace)))
    }

    fn find(&mut self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        let is_it = |line: &str| !line.starts_with(['#', ';']) && is_it(line);
        let found = self.lines.iter().skip(self.next).position(|(_, line)| is_it(line.trim()))?;
        self.next += found + 1;
        Some(self.lines[self.next - 1].0)
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
