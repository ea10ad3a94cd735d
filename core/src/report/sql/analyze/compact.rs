//! The text on one line.

use crate::report::label::shortened;
use crate::report::sql::significant::Significant;
use crate::report::visible::one_line;

/// So many characters long it is at most.
const ROOM: usize = 300;
/// So many bytes are looked at: white space and marks may take more room in the text than on the line.
const BYTES: usize = 8 * ROOM;

/// The text without comments, on one line, with `•••` in place of what its `SELECT` lists.
pub(super) fn of(parts: &Significant<'_>, truncated: bool) -> String {
    let elided = elided(parts);
    let mut line = String::new();
    let mut cut = truncated;
    for (index, part) in parts.parts.iter().enumerate() {
        if line.len() > BYTES {
            cut = true;
            break;
        }
        let inside = elided.is_some_and(|(start, end)| (start..end).contains(&index));
        if inside {
            if elided.is_some_and(|(start, _)| start == index) {
                line.push_str(" •••");
            }
            continue;
        }
        if part.spaced || elided.is_some_and(|(_, end)| end == index) {
            line.push(' ');
        }
        let word = parts.word(index);
        line.push_str(&word[..word.floor_char_boundary(BYTES)]);
        cut |= word.len() > BYTES;
    }
    if cut {
        line.push('…');
    }
    let line = one_line(&line);
    shortened(line.trim_end_matches([';', ' ']), Some(ROOM))
}

/// From where to where the list of the outermost `SELECT` goes, in tokens.
fn elided(parts: &Significant<'_>) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    let mut start = None;
    for at in 0..parts.parts.len() {
        match parts.word(at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            ";" => return None,
            _ if depth > 0 => {}
            _ if start.is_none() && parts.is(at, &["SELECT"]) => {
                start = Some(if parts.is(at + 1, &["DISTINCT", "ALL"]) { at + 2 } else { at + 1 });
            }
            _ if start.is_some()
                && parts.is(at, &["FROM"])
                && !(at > 1 && parts.is(at - 1, &["DISTINCT"]) && parts.is(at - 2, &["IS", "NOT"])) =>
            {
                return start.filter(|start| *start < at).map(|start| (start, at));
            }
            _ => {}
        }
    }
    None
}
