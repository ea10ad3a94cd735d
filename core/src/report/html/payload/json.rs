//! [`Json`]: compact JSON that is written as it comes, so that no copy of the whole is ever in memory.

use std::io::{self, Write};

use crate::json::write_str;

/// Writes JSON. Commas come by themselves. A failure of the writer is kept until [`finish`](Self::finish).
pub(super) struct Json<W> {
    out: W,
    text: String,
    /// Whether a comma goes before what comes next.
    comma: bool,
    failed: io::Result<()>,
}

impl<W: Write> Json<W> {
    /// So many bytes go to the writer at once.
    const PIECE: usize = 64 << 10;

    pub(super) fn new(out: W) -> Self {
        Self { out, text: String::with_capacity(2 * Self::PIECE), comma: false, failed: Ok(()) }
    }

    pub(super) fn open(&mut self, bracket: char) {
        self.before();
        self.text.push(bracket);
        self.comma = false;
    }

    pub(super) fn close(&mut self, bracket: char) {
        self.text.push(bracket);
        self.comma = true;
        if self.text.len() >= Self::PIECE {
            self.spill();
        }
    }

    /// The key of what comes next.
    pub(super) fn key(&mut self, key: &str) {
        self.before();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
        self.comma = false;
    }

    pub(super) fn int(&mut self, number: i64) {
        self.before();
        self.text.push_str(itoa::Buffer::new().format(number));
        if self.text.len() >= Self::PIECE {
            self.spill();
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        self.before();
        write_str(&mut self.text, text);
        if self.text.len() >= Self::PIECE {
            self.spill();
        }
    }

    /// Text that is JSON.
    pub(super) fn literal(&mut self, json: &str) {
        self.before();
        self.text.push_str(json);
    }

    /// A member that is a number.
    pub(super) fn int_of(&mut self, key: &str, number: i64) {
        self.key(key);
        self.int(number);
    }

    /// A member that is a text.
    pub(super) fn string_of(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A member that is a list of numbers.
    pub(super) fn ints_of(&mut self, key: &str, numbers: impl IntoIterator<Item = i64>) {
        self.key(key);
        self.open('[');
        for number in numbers {
            self.int(number);
        }
        self.close(']');
    }

    /// A column of numbers; it is left out where all of them are `usual`.
    pub(super) fn column(&mut self, key: &str, usual: i64, numbers: impl Iterator<Item = i64>) {
        // So many usual ones came first.
        let mut before = Some(0_usize);
        for number in numbers {
            match (&mut before, number == usual) {
                (Some(count), true) => *count += 1,
                (Some(count), false) => {
                    self.key(key);
                    self.open('[');
                    (0..*count).for_each(|_| self.int(usual));
                    before = None;
                    self.int(number);
                }
                (None, _) => self.int(number),
            }
        }
        if before.is_none() {
            self.close(']');
        }
    }

    /// Hands the rest to the writer, and gives it back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.spill();
        self.failed?;
        Ok(self.out)
    }

    fn before(&mut self) {
        if std::mem::replace(&mut self.comma, true) {
            self.text.push(',');
        }
    }

    fn spill(&mut self) {
        if self.failed.is_ok() {
            self.failed = self.out.write_all(self.text.as_bytes());
        }
        self.text.clear();
    }
}

/// A number as JSON has it here. What is too large for the format is its largest.
pub(super) fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A number, or -1 where there is none.
pub(super) fn whole_or_none(number: Option<u64>) -> i64 {
    number.map_or(-1, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Json<Vec<u8>>)) -> String {
        let mut json = Json::new(Vec::new());
        write(&mut json);
        String::from_utf8(json.finish().expect("memory takes all")).expect("UTF-8")
    }

    #[test]
    fn commas_come_by_themselves() {
        let text = written(|json| {
            json.open('{');
            json.int_of("a", 1);
            json.ints_of("b", [1, -2]);
            json.ints_of("c", []);
            json.key("d");
            json.open('[');
            json.open('{');
            json.close('}');
            json.string("\"");
            json.literal("null");
            json.close(']');
            json.close('}');
        });
        assert_eq!(text, r#"{"a":1,"b":[1,-2],"c":[],"d":[{},"\"",null]}"#);
    }

    #[test]
    fn columns_of_usual_numbers_are_left_out() {
        let text = written(|json| {
            json.open('{');
            json.column("a", -1, [-1, -1].into_iter());
            json.column("b", -1, [-1, 3, -1].into_iter());
            json.column("c", 0, std::iter::empty());
            json.close('}');
        });
        assert_eq!(text, r#"{"b":[-1,3,-1]}"#);
    }
}
