//! Characters that must not reach a terminal or a reader's eye as they are, and what is shown instead.
//!
//! Stored text comes from requests and databases. Control characters can drive a terminal, bidirectional controls can
//! reorder a line, invisible characters can hide. Each is shown as a visible mark.

use std::fmt::{self, Write};

/// Whether the character is shown as a mark. Line breaks and tabs are: who wants to keep them asks before.
pub(super) fn is_hidden(c: char) -> bool {
    // Most text is plain ASCII.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control() || bidi_name(c).is_some() || is_invisible(c)
}

/// Writes the character's mark: `␛` for controls, `⟦RLO⟧` for the others.
pub(super) fn write_mark(out: &mut impl Write, c: char) -> fmt::Result {
    match (c, bidi_name(c)) {
        ('\0'..='\x1f', _) => out.write_char(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
        ('\x7f', _) => out.write_char('␡'),
        (_, Some(name)) => write!(out, "⟦{name}⟧"),
        _ => write!(out, "⟦U+{:04X}⟧", u32::from(c)),
    }
}

fn bidi_name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{61c}' => "ALM",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        _ => return None,
    })
}

/// Line separators, zero-width characters that no script needs, and tags. Joiners stay: scripts and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text on one line without anything hidden: runs of white space become one space, the rest becomes marks.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if is_hidden(c) {
                // Writing to a `String` cannot fail.
                let _ = write_mark(&mut line, c);
            } else {
                line.push(c);
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_marks() {
        assert_eq!(one_line("a\u{1b}[31m\0\u{7f}\u{9b}b"), "a␛[31m␀␡⟦U+009B⟧b");
        assert_eq!(one_line("x\u{202e}y\u{2066}\u{200b}\u{feff}"), "x⟦RLO⟧y⟦LRI⟧⟦U+200B⟧⟦U+FEFF⟧");
        assert_eq!(one_line("né 中 👩‍💻"), "né 中 👩‍💻");
    }

    #[test]
    fn white_space_becomes_one_space() {
        assert_eq!(one_line("  SELECT\r\n\t1  "), "SELECT 1");
    }
}
