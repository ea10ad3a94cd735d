//! Indents JSON that comes in pieces, without recursion.

use std::io;

use crate::report::visible;

/// Further levels are not indented more: a chain of thousands of points would be mostly spaces.
const DEEPEST: usize = 40;
/// A line break and the deepest indentation.
const LINE_BREAK: &str = match std::str::from_utf8(&BREAK) {
    Ok(text) => text,
    Err(_) => "",
};
const BREAK: [u8; 1 + 2 * DEEPEST] = {
    let mut text = [b' '; 1 + 2 * DEEPEST];
    text[0] = b'\n';
    text
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
        let mut at = 0;
        while at < json.len() {
            at += if self.in_string { self.push_in_string(&json[at..]) } else { self.push_token(&json[at..])? };
        }
        Ok(())
    }

    /// Ends the last line.
    pub(in crate::report) fn finish(mut self) -> io::Result<()> {
        self.lines.push('\n');
        self.out.write_all(self.lines.as_bytes())?;
        self.out.flush()
    }

    /// Takes as much of the text as is written as it is, with the end of the string, and says how many bytes that was.
    fn push_in_string(&mut self, text: &str) -> usize {
        if std::mem::take(&mut self.escaped) {
            return self.push_char(text);
        }
        let run = plain(text.as_bytes());
        match text.as_bytes().get(run) {
            Some(b'"') => self.in_string = false,
            Some(b'\\') => self.escaped = true,
            _ if run == 0 => return self.push_char(text),
            _ => {
                self.lines.push_str(&text[..run]);
                return run;
            }
        }
        self.lines.push_str(&text[..=run]);
        run + 1
    }

    /// Takes one character, as it is or as an escape.
    fn push_char(&mut self, text: &str) -> usize {
        let Some(c) = text.chars().next() else { return text.len() };
        if visible::is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                self.lines.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            self.lines.push(c);
        }
        c.len_utf8()
    }

    /// Takes a token outside of strings, or the beginning of a string, and says how many bytes that was.
    fn push_token(&mut self, text: &str) -> io::Result<usize> {
        let byte = text.as_bytes()[0];
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => return Ok(1),
            b',' => {
                self.lines.push(',');
                self.end_line()?;
                return Ok(1);
            }
            b':' => {
                self.lines.push_str(": ");
                return Ok(1);
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.opened) {
                    self.end_line()?;
                }
                self.lines.push(char::from(byte));
                return Ok(1);
            }
            _ => {}
        }
        if std::mem::take(&mut self.opened) {
            self.end_line()?;
        }
        let run = match byte {
            b'{' | b'[' => {
                self.opened = true;
                self.depth += 1;
                1
            }
            // Most strings are plain text to their end.
            b'"' => match 1 + plain(&text.as_bytes()[1..]) {
                end if text.as_bytes().get(end) == Some(&b'"') => end + 1,
                end => {
                    self.in_string = true;
                    end
                }
            },
            _ => scalar(text.as_bytes()),
        };
        if run == 0 {
            return Ok(self.push_char(text));
        }
        self.lines.push_str(&text[..run]);
        Ok(run)
    }

    /// Ends the line and begins the next one. Lines are written many at once.
    fn end_line(&mut self) -> io::Result<()> {
        if self.lines.len() >= ENOUGH {
            self.out.write_all(self.lines.as_bytes())?;
            self.lines.clear();
        }
        self.lines.push_str(&LINE_BREAK[..1 + 2 * self.depth.min(DEEPEST)]);
        Ok(())
    }
}

/// Which bytes are written as they are within strings, and neither end one nor begin an escape.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    plain
};

/// How many bytes at the beginning are such.
fn plain(text: &[u8]) -> usize {
    text.iter().position(|byte| !PLAIN[usize::from(*byte)]).unwrap_or(text.len())
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
    fn pieces_may_end_anywhere() {
        let json =
            r#"{"a":[],"b\\\"":"é \u00e9 x","c":[1,-2.5e+7,null,{"long enough for several blocks at once":"\\"}]}"#;
        let whole = indented(json);
        let places: Vec<usize> = json.char_indices().map(|(at, _)| at).collect();
        for first in &places {
            for second in places.iter().filter(|second| *second >= first) {
                let mut out = Vec::new();
                let mut writer = Indented::new(&mut out);
                for piece in [&json[..*first], &json[*first..*second], &json[*second..]] {
                    writer.push(piece).expect("memory takes all");
                }
                writer.finish().expect("memory takes all");
                assert_eq!(String::from_utf8(out).expect("UTF-8"), whole);
            }
        }
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
