//! Texts and characters in quotation marks, as `Debug` of Rust's standard library escapes them.

use std::borrow::Cow;

/// Reads the quoted text at the beginning of `text`, and gives what it stands for and what follows it. Where it has no
/// end, nothing follows, and what it stands for is its beginning. `None` where there is none, or one with an unknown escape.
pub(super) fn read(text: &str) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut rest = text.strip_prefix('"')?;
    let mut read = Cow::Borrowed("");
    loop {
        let Some(at) = rest.find(['"', '\\']) else {
            push(&mut read, rest);
            return Some((read, None));
        };
        push(&mut read, &rest[..at]);
        let escaped = rest[at..].starts_with('\\');
        rest = &rest[at + 1..];
        if !escaped {
            return Some((read, Some(rest)));
        }
        match escape(rest) {
            Escape::Char(c, length) => {
                read.to_mut().push(c);
                rest = &rest[length..];
            }
            Escape::Incomplete => return Some((read, None)),
            Escape::Unknown => return None,
        }
    }
}

/// How many bytes a quoted text or character has at the beginning of `text`, marks included; 0 where it is none. `None`
/// where a text has no end.
pub(super) fn length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => {
            let mut at = 1;
            loop {
                at += bytes.get(at..)?.iter().position(|&byte| byte == b'"' || byte == b'\\')?;
                if bytes[at] == b'"' {
                    return Some(at + 1);
                }
                at += 2;
            }
        }
        // What is no character is an apostrophe.
        Some(b'\'') => {
            let character = &text[1..];
            let length = match character.chars().next() {
                Some('\\') => match escape(&character[1..]) {
                    Escape::Char(_, length) => 1 + length,
                    _ => return Some(0),
                },
                Some('\'') | None => return Some(0),
                Some(c) => c.len_utf8(),
            };
            Some(if character[length..].starts_with('\'') { length + 2 } else { 0 })
        }
        _ => Some(0),
    }
}

/// What follows a backslash.
enum Escape {
    /// A character, and how many bytes stand for it.
    Char(char, usize),
    /// The text is over before the escape is.
    Incomplete,
    Unknown,
}

fn escape(text: &str) -> Escape {
    /// The longest number of a character is `10ffff`.
    const DIGITS: usize = 6;
    let Some(c) = text.chars().next() else { return Escape::Incomplete };
    let c = match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        '\\' | '"' | '\'' => c,
        'u' => {
            let digits = match text[1..].strip_prefix('{') {
                Some(digits) => digits,
                None if text.len() == 1 => return Escape::Incomplete,
                None => return Escape::Unknown,
            };
            let count = digits.bytes().take(DIGITS).take_while(u8::is_ascii_hexdigit).count();
            return match (digits.as_bytes().get(count), u32::from_str_radix(&digits[..count], 16)) {
                (None, _) => Escape::Incomplete,
                (Some(b'}'), Ok(code)) => match char::from_u32(code) {
                    Some(c) => Escape::Char(c, "u{}".len() + count),
                    None => Escape::Unknown,
                },
                _ => Escape::Unknown,
            };
        }
        _ => return Escape::Unknown,
    };
    Escape::Char(c, 1)
}

/// Appends without a copy as long as it can.
fn push<'t>(read: &mut Cow<'t, str>, text: &'t str) {
    if read.is_empty() && matches!(read, Cow::Borrowed(_)) {
        *read = Cow::Borrowed(text);
    } else if !text.is_empty() {
        read.to_mut().push_str(text);
    }
}
