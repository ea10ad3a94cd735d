//! Messages from lines of text, one on each, a large piece at a time and on several threads.
//!
//! So a file is read without being in memory whole. Not here: what a line may look like (`message`).

use std::io::{self, Read};

use crate::{Message, parallel};

/// A thread has at most so many bytes to read at a time.
const PIECE: usize = 1 << 20;

/// A thread is worth starting for so many bytes.
const LEAST_PIECE: usize = 1 << 16;

/// Hands the messages that `from` holds to `take`, those of many lines at once and in their order. Returns how many lines are no
/// messages, as `parse` finds. Lines with nothing but white space do not count.
pub(crate) fn read<E>(
    mut from: impl Read,
    parse: impl Fn(&[u8]) -> Result<Message, E> + Sync,
    take: &mut dyn FnMut(Vec<Message>),
) -> io::Result<u64> {
    let most = parallel::threads(usize::MAX) * PIECE;
    let (mut text, mut skipped) = (Vec::new(), 0);
    loop {
        let before = text.len();
        let is_end = from.by_ref().take((most - before.min(most / 2)) as u64).read_to_end(&mut text)? == 0;
        // What follows the last line break goes on in the next piece.
        let whole = match is_end {
            true => text.len(),
            false => text[before..].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| before + at + 1),
        };
        for part in parallel::map(pieces(&text[..whole]), |lines| parsed(lines, &parse)) {
            skipped += part.1;
            take(part.0);
        }
        text.drain(..whole);
        if is_end {
            return Ok(skipped);
        }
    }
}

/// The text in pieces of whole lines, one for each thread.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let length = text.len().div_ceil(parallel::threads(text.len() / LEAST_PIECE));
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > length {
        let end = rest[length..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| length + end + 1);
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// The messages of a piece, and how many of its lines are none.
fn parsed<E>(lines: &[u8], parse: impl Fn(&[u8]) -> Result<Message, E>) -> (Vec<Message>, u64) {
    let (mut messages, mut skipped) = (Vec::new(), 0);
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match parse(line) {
            Ok(message) => messages.push(message),
            Err(_) => skipped += 1,
        }
    }
    (messages, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize, pad: usize) -> String {
        format!(
            r#"{{"name":"a-start","base_id":"b","trace_id":"{number}","parent_id":"b","timestamp":"2026-01-02T03:04:05","info":{{"pad":"{}"}}}}"#,
            "x".repeat(pad)
        )
    }

    fn ids(text: &[u8]) -> io::Result<(Vec<String>, u64)> {
        let mut ids = Vec::new();
        let skipped = read(text, Message::from_json, &mut |messages| {
            ids.extend(messages.iter().map(|message| message.trace_id().to_string()));
        })?;
        Ok((ids, skipped))
    }

    #[test]
    fn lines_come_in_their_order_whatever_pieces_they_are_read_in() -> io::Result<()> {
        // Shorter and longer than a piece, and one that is longer than all that is read at once.
        let pads = [0, 10_000, 0, 20 * PIECE, 0, PIECE, 3, 40 * PIECE];
        let lines: Vec<String> = pads.iter().enumerate().map(|(number, pad)| line(number, *pad)).collect();
        let expected: Vec<String> = (0..pads.len()).map(|number| number.to_string()).collect();
        assert_eq!(ids(lines.join("\n").as_bytes())?, (expected.clone(), 0));
        assert_eq!(ids(format!("{}\n", lines.join("\n\n \r\n")).as_bytes())?, (expected, 0));
        Ok(())
    }

    #[test]
    fn lines_that_are_no_messages_are_counted() -> io::Result<()> {
        let text = format!("no\n{}\n[1]\n{}", line(1, 0), &line(2, 0)[..50]);
        assert_eq!(ids(text.as_bytes())?, (vec!["1".to_owned()], 3));
        assert_eq!(ids(b"")?, (Vec::new(), 0));
        assert_eq!(ids(b"\xff\n")?, (Vec::new(), 1));
        Ok(())
    }
}
