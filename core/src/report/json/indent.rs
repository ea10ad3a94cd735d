//! Indents JSON that comes in pieces, without recursion.

use std::io;

use crate::report::visible;

/// Further levels are not indented more: a chain of thousands of points would be mostly spaces.
const DEEPEST: usize = 40;
const SPACES: &str = match std::str::from_utf8(&[b' '; 2 * DEEPEST]) {
    Ok(spaces) => spaces,
    Err(_) => "",
};

/// So many bytes are written at once.
const ENOUGH: usize = 1 << 15;

/// Takes valid JSON in pieces and writes it indented by two. Characters that could harm a terminal become escapes.
pub(in crate::report) struct Indented<W> {
    out: W,
    /// What is not written yet.
    lines: String,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// An object or array was just opened; if it closes at once, it stays on the line.
    opened: bool,
}

impl<W: io::Write> Indented<W> {
    pub(in crate::report) fn new(out: W) -> Self {
        Self { out, lines: String::new(), depth: 0, in_string: false, escaped: false, opened: false }
    }

    pub(in crate::report) fn push(&mut self, json: &str) -> io::Result<()> {
        let bytes = json.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            // Most of JSON is plain text within strings, and the rest mostly numbers.
            let run = match (self.in_string, self.escaped) {
                (true, false) => plain(&bytes[at..]),
                (true, true) => 0,
                (false, _) => scalar(&bytes[at..]),
            };
            if run > 0 {
                if !self.in_string && std::mem::take(&mut self.opened) {
                    self.end_line()?;
                }
                self.lines.push_str(&json[at..at + run]);
                at += run;
                continue;
            }
            let Some(c) = json[at..].chars().next() else { break };
            at += c.len_utf8();
            if self.in_string {
                self.push_in_string(c);
            } else {
                self.push_token(c)?;
            }
        }
        Ok(())
    }

    /// Ends the last line.
    pub(in crate::report) fn finish(mut self) -> io::Result<()> {
        self.lines.push('\n');
        self.out.write_all(self.lines.as_bytes())?;
        self.out.flush()
    }

    fn push_in_string(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
        } else {
            self.escaped = c == '\\';
            self.in_string = c != '"';
        }
        if visible::is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                self.lines.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            self.lines.push(c);
        }
    }

    fn push_token(&mut self, c: char) -> io::Result<()> {
        if c.is_ascii_whitespace() {
            return Ok(());
        }
        if matches!(c, '}' | ']') {
            self.depth = self.depth.saturating_sub(1);
            if !self.opened {
                self.end_line()?;
            }
        } else if self.opened {
            self.end_line()?;
        }
        self.opened = matches!(c, '{' | '[');
        self.in_string = c == '"';
        self.lines.push(c);
        match c {
            '{' | '[' => self.depth += 1,
            ':' => self.lines.push(' '),
            ',' => self.end_line()?,
            _ => {}
        }
        Ok(())
    }

    /// Ends the line and begins the next one. Lines are written many at once.
    fn end_line(&mut self) -> io::Result<()> {
        self.lines.push('\n');
        if self.lines.len() >= ENOUGH {
            self.out.write_all(self.lines.as_bytes())?;
            self.lines.clear();
        }
        self.lines.push_str(&SPACES[..2 * self.depth.min(DEEPEST)]);
        Ok(())
    }
}

/// How many bytes at the beginning are text that is written as it is, and neither ends a string nor begins an escape.
fn plain(text: &[u8]) -> usize {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    text.iter().position(|byte| !is_plain(byte)).unwrap_or(text.len())
}

/// How many bytes at the beginning are a number, or a name such as `null`.
fn scalar(text: &[u8]) -> usize {
    let is_scalar = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    text.iter().position(|byte| !is_scalar(byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn indented(json: &str) -> String {
        let mut out = Vec::new();
        let mut writer = Indented::new(&mut out);
        writer.push(json).expect("memory takes all");
        writer.finish().expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn looks_as_serde_json_makes_it() -> serde_json::Result<()> {
        for json in [
            r#"{"a":[],"b":{},"c":[1,-2.5,null,true,"x,y:{[\"\\"],"d":{"e":[[],[{}]]}}"#,
            "[]",
            "7",
            "{ \"spaced\" :\n[ 1 , 2 ] }",
        ] {
            let value: Value = serde_json::from_str(json)?;
            assert_eq!(indented(json).trim_end(), serde_json::to_string_pretty(&value)?);
        }
        Ok(())
    }

    #[test]
    fn dangerous_characters_are_escaped_and_mean_the_same() -> serde_json::Result<()> {
        let text = "\u{9b}31m \u{202e} \u{7f} \u{e0041} é 中";
        let shown = indented(&Value::from(text).to_string());
        assert_eq!(shown.trim_end(), r#""\u009b31m \u202e \u007f \udb40\udc41 é 中""#);
        assert_eq!(serde_json::from_str::<String>(&shown)?, text);
        Ok(())
    }
}
