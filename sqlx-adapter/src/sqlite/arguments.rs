//! Bound values of SQLite, from sqlx's arguments.
//!
//! sqlx shows them only by `Debug`, as `SqliteArguments { values: SqliteArgumentsBuffer([Int(42), Text("it's"), Null]) }`.
//! The calling thread keeps the arguments themselves, whose texts and blobs are shared and not copied; the worker reads
//! what they print. That keeps large values in memory until the worker has come to them. So, once large values were met, and
//! while the worker is behind, the calling thread prints values itself as far as they are short, and keeps large ones for a
//! few calls at a time only. The worker meets them when it reads them; in case it does not come to that, because its store
//! hangs, each thread has a look at every sixteenth call.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use osprofiler::db::{BoundValues, DbValue, ParamsWriter};
use sqlx_core::arguments::Arguments as _;
use sqlx_sqlite::{SqliteArgumentValue, SqliteArguments};

use crate::long::{NOT_KEPT, Permit, Permits};

/// The longest text that is made of arguments, in bytes.
const TEXT_CAP: usize = 8192;

/// Whether this program binds values that are long.
static LONG_VALUES: AtomicBool = AtomicBool::new(false);

static PERMITS: Permits = Permits::new();

/// Kept arguments.
#[derive(Debug)]
pub enum Values {
    /// Themselves.
    Shared(SqliteArguments),
    /// Themselves, known to be long, with leave to keep them.
    Long(SqliteArguments, Permit),
    /// What they print, as far as it is short.
    Text(Box<Text>),
}

/// What arguments print, from the list on.
#[derive(Debug)]
pub struct Text {
    text: String,
    /// How many arguments there are.
    count: usize,
    /// Whether the text is not the whole.
    cut: bool,
}

impl Values {
    pub(super) fn of(arguments: &SqliteArguments, small: bool) -> Self {
        if !small && !LONG_VALUES.load(Relaxed) && !is_looked_at() {
            return Self::Shared(arguments.clone());
        }
        let mut text = ListText(String::new());
        let cut = write!(text, "{arguments:?}").is_err();
        if cut {
            LONG_VALUES.store(true, Relaxed);
        }
        if cut && let Some(permit) = PERMITS.take() {
            return Self::Long(arguments.clone(), permit);
        }
        Self::Text(Box::new(Text { text: text.0, count: arguments.len(), cut }))
    }
}

/// Whether this is one of the calls that the thread has a look at.
fn is_looked_at() -> bool {
    const EVERY: u8 = 16;
    thread_local! {
        static CALLS: Cell<u8> = const { Cell::new(0) };
    }
    let call = CALLS.get();
    CALLS.set((call + 1) % EVERY);
    call == 0
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        match self {
            // How long they are nobody knows before they are read. Those that turn out to be long must not go back to a
            // calling thread, which may not come for them for long.
            Self::Shared(_) if LONG_VALUES.load(Relaxed) => TEXT_CAP,
            Self::Shared(arguments) => arguments.len() * size_of::<SqliteArgumentValue>(),
            Self::Long(..) => TEXT_CAP,
            Self::Text(text) => text.text.capacity(),
        }
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let mut reader = Reader::new(params);
        let (read, count, cut) = match self {
            Self::Shared(arguments) => (reader.read_all(arguments), arguments.len(), false),
            Self::Long(arguments, _) => (reader.read_all(arguments), arguments.len(), false),
            Self::Text(text) => (reader.write_str(&text.text), text.count, text.cut),
        };
        let complete = matches!(reader.state, State::After) && reader.count == count;
        if read.is_err() || !(complete || cut) {
            params.unknown(format!("{count} parameters in a form that this version does not know"));
            return;
        }
        reader.end_of_cut_text();
        for _ in reader.count..count {
            params.value(&NOT_KEPT.into(), "UNKNOWN");
        }
    }
}

/// Text from the first bracket on, which ends where it gets too long.
struct ListText(String);

impl Write for ListText {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // `Debug` writes the bracket in a piece of its own.
        if self.0.is_empty() && text != "[" {
            return Ok(());
        }
        if self.0.len() + text.len() > TEXT_CAP {
            self.0.push_str(&text[..text.floor_char_boundary(TEXT_CAP - self.0.len())]);
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Reads the `Debug` form as it is written, so that no long text is ever made; an unknown form is an error.
struct Reader<'a, 'w> {
    params: &'a mut ParamsWriter<'w>,
    /// How many bytes of a value are kept.
    cap: usize,
    count: usize,
    state: State,
    /// The name of a value or its digits.
    word: String,
    /// The first bytes of a text or blob, and its whole length.
    head: String,
    bytes: Vec<u8>,
    length: usize,
}

enum State {
    /// Before the list.
    Before,
    /// Between two values, or at the list's end.
    Between,
    /// In a value's name.
    Name,
    /// In the number of a value, to the closing parenthesis.
    Number(Kind),
    /// After `Text(`, to the quotation mark.
    BeforeText,
    /// In a text.
    Text,
    /// After a backslash in a text.
    Escape,
    /// In `\u{...}`.
    Unicode,
    /// In a blob's bytes.
    Blob,
    /// After a text or blob, to the closing parenthesis.
    Close,
    /// After the list.
    After,
}

#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Real,
}

impl<'a, 'w> Reader<'a, 'w> {
    fn new(params: &'a mut ParamsWriter<'w>) -> Self {
        Self {
            cap: params.value_cap(),
            params,
            count: 0,
            state: State::Before,
            word: String::new(),
            head: String::new(),
            bytes: Vec::new(),
            length: 0,
        }
    }

    /// Reads what `arguments` print: most often in one go, and piece by piece where it is long.
    fn read_all(&mut self, arguments: &SqliteArguments) -> fmt::Result {
        let mut text = ListText(String::with_capacity(64));
        match write!(text, "{arguments:?}") {
            Ok(()) => self.write_str(&text.0),
            Err(fmt::Error) => {
                LONG_VALUES.store(true, Relaxed);
                write!(self, "{arguments:?}")
            }
        }
    }

    /// Gives what is known of the value in which the text was cut.
    fn end_of_cut_text(&mut self) {
        const AT_LEAST: &str = "…(and more)";
        match self.state {
            State::Text | State::Escape | State::Unicode => {
                self.head.truncate(self.head.floor_char_boundary(self.cap.saturating_sub(AT_LEAST.len())));
                self.head.push_str(AT_LEAST);
                self.params.value(&self.head.as_str().into(), "TEXT");
            }
            // The bytes that are known; one more says that there are more.
            State::Blob => self.blob(self.length + 1),
            _ => return,
        }
        self.count += 1;
    }

    /// Reads a whole number at the beginning of `text`, the commonest of values, and returns what follows.
    fn integer<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let number = text.strip_prefix("Int64(").or_else(|| text.strip_prefix("Int("))?;
        let (digits, rest) = number.split_at_checked(number.bytes().position(|byte| byte == b')')?)?;
        self.params.value(&DbValue::Integer(digits.parse().ok()?), "INTEGER");
        self.count += 1;
        Some(&rest[1..])
    }

    fn read(&mut self, c: char) -> Option<State> {
        Some(match (&self.state, c) {
            (State::Before, '[') => State::Between,
            (State::Before, _) => return None,
            (State::Between, ',' | ' ') => State::Between,
            (State::Between, ']') => State::After,
            (State::Between, c) => {
                self.word.clear();
                self.word.push(c);
                State::Name
            }
            (State::Name, '(') => self.value_begins()?,
            (State::Name, c @ (',' | ']')) if self.word == "Null" => {
                self.params.value(&DbValue::Null, "NULL");
                self.value_ended(if c == ']' { State::After } else { State::Between })
            }
            (State::Name, c) => {
                self.word.push(c);
                State::Name
            }
            (State::Number(kind), ')') => {
                match kind {
                    Kind::Integer => self.params.value(&DbValue::Integer(self.word.parse().ok()?), "INTEGER"),
                    Kind::Real => self.params.value(&DbValue::Float(self.word.parse().ok()?), "REAL"),
                }
                self.value_ended(State::Between)
            }
            (State::Number(kind), c) => {
                let kind = *kind;
                self.word.push(c);
                State::Number(kind)
            }
            (State::BeforeText, '"') => State::Text,
            (State::BeforeText, _) => return None,
            (State::Text, '"') => {
                self.params.value(&DbValue::TextHead(self.head.as_str().into(), self.length), "TEXT");
                State::Close
            }
            (State::Text, '\\') => State::Escape,
            (State::Text, c) => self.text(c),
            (State::Escape, 'u') => {
                self.word.clear();
                State::Unicode
            }
            (State::Escape, c) => {
                let c = match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    '\\' | '"' | '\'' => c,
                    _ => return None,
                };
                self.text(c)
            }
            (State::Unicode, '{') => State::Unicode,
            (State::Unicode, '}') => {
                let c = char::from_u32(u32::from_str_radix(&self.word, 16).ok()?)?;
                self.text(c)
            }
            (State::Unicode, c) => {
                self.word.push(c);
                State::Unicode
            }
            (State::Blob, '[' | ' ') => State::Blob,
            (State::Blob, ',') => {
                self.byte()?;
                State::Blob
            }
            (State::Blob, ']') => {
                if !self.word.is_empty() {
                    self.byte()?;
                }
                self.blob(self.length);
                State::Close
            }
            (State::Blob, c) => {
                self.word.push(c);
                State::Blob
            }
            (State::Close, ')') => self.value_ended(State::Between),
            (State::Close, _) => return None,
            (State::After, _) => State::After,
        })
    }

    fn value_begins(&mut self) -> Option<State> {
        self.head.clear();
        self.bytes.clear();
        self.length = 0;
        let next = match self.word.as_str() {
            "Int" | "Int64" => State::Number(Kind::Integer),
            "Double" => State::Number(Kind::Real),
            "Text" | "TextSlice" => State::BeforeText,
            "Blob" => State::Blob,
            _ => return None,
        };
        self.word.clear();
        Some(next)
    }

    fn value_ended(&mut self, next: State) -> State {
        self.count += 1;
        self.word.clear();
        next
    }

    fn text(&mut self, c: char) -> State {
        self.length += c.len_utf8();
        if self.head.len() < self.cap {
            self.head.push(c);
        }
        State::Text
    }

    fn blob(&mut self, length: usize) {
        self.params.value(&DbValue::BytesHead(self.bytes.as_slice().into(), length), "BLOB");
    }

    fn byte(&mut self) -> Option<()> {
        let byte = self.word.parse().ok()?;
        self.word.clear();
        self.length += 1;
        if self.bytes.len() < self.cap {
            self.bytes.push(byte);
        }
        Some(())
    }
}

impl Write for Reader<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut text = text;
        if let State::Before = self.state {
            // `Debug` writes the bracket in a piece of its own, and kept texts begin with it.
            if !text.starts_with('[') {
                return Ok(());
            }
        }
        while let Some(c) = text.chars().next() {
            if let State::After = self.state {
                break;
            }
            if let State::Between = self.state
                && let Some(rest) = self.integer(text)
            {
                text = rest;
                continue;
            }
            self.state = self.read(c).ok_or(fmt::Error)?;
            text = &text[c.len_utf8()..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
