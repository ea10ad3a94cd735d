//! [`Lists`]: lists of values, and rows that are alike, shrink while the fingerprint is written.
//!
//! Here: parentheses, brackets and rows. Below: what an element of a list may be made of (`element`).

use super::element::{Element, Word};
use crate::report::sql::lexer::TokenKind;

/// The parentheses that are open, and the rows that came last.
#[derive(Default)]
pub(super) struct Lists {
    open: Vec<Open>,
    /// What the tokens so far say of those that follow at the same depth.
    state: State,
}

/// An open parenthesis or bracket.
struct Open {
    /// Where what it encloses begins in the fingerprint.
    inside: usize,
    /// How many values it has, while it has nothing else.
    values: Option<usize>,
    /// The element that is being read.
    element: Element,
    /// Whether one value is a list too.
    one_is_a_list: bool,
    /// Whether it is a bracket.
    bracket: bool,
    /// What it is to the element of the list around it.
    part: Part,
    /// What held before it.
    outer: State,
}

/// What stands in parentheses within an element.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// `CAST(...)`, `ROW(...)` or `ARRAY[...]`.
    Value,
    /// The arguments of a function.
    Call,
    /// The size of a type: `numeric(10, 2)`, `int[]`.
    Type,
    /// Something else: what is around it is no list of values.
    Other,
}

/// What holds at one depth.
#[derive(Clone, Copy, Default)]
struct State {
    /// The last token is `IN`, `VALUES` or `ARRAY`.
    after: After,
    /// Rows may stand here, and that of last was from here to there.
    row: Option<(usize, usize)>,
    /// A comma is all that came since that row.
    comma: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum After {
    #[default]
    Other,
    In,
    Values,
    Array,
}

impl Lists {
    /// Takes note of the token that begins at `start` and ends the fingerprint so far.
    pub(super) fn after(&mut self, out: &mut String, start: usize, kind: TokenKind, is_value: bool) {
        match &out[start..] {
            "(" | "[" => return self.opened(out, start),
            ")" => return self.closed(out, false),
            "]" => return self.closed(out, true),
            _ => {}
        }
        let token = &out[start..];
        if let Some(open) = self.open.last_mut()
            && let Some(values) = open.values
        {
            match open.element.after(token, kind, is_value) {
                Some(next) => {
                    let ends = next == Element::Value && open.element != Element::Value;
                    (open.values, open.element) = (Some(values + usize::from(ends)), next);
                }
                None => open.values = None,
            }
        }
        // `VALUES ROW(1, 2), ROW(3, 4)`.
        if token.eq_ignore_ascii_case("ROW") && (self.state.after == After::Values || self.state.comma) {
            return;
        }
        let row = self.state.row.filter(|_| token == "," && !self.state.comma);
        let after = match token {
            "IN" => After::In,
            "VALUES" => After::Values,
            "ARRAY" => After::Array,
            _ => After::Other,
        };
        self.state = State { after, row, comma: row.is_some() };
    }

    /// What was cut ends in the middle of a list: how many values of it are there says nothing.
    pub(super) fn end(&self, out: &mut String) {
        for open in self.open.iter().rev() {
            if open.values.is_some_and(|values| values > 1) {
                out.truncate(open.inside);
                out.push_str("?+");
            }
            // A row that was begun after others is one more of them.
            match open.outer.row {
                Some((_, end)) => out.truncate(end),
                None if open.part == Part::Other => break,
                None => {}
            }
        }
    }

    fn opened(&mut self, out: &str, start: usize) {
        let bracket = &out[start..] == "[";
        let row = self.state.row.filter(|_| self.state.comma);
        let one_is_a_list = matches!(self.state.after, After::In | After::Values) || row.is_some();
        // Parentheses right inside those after `IN` are rows, and those after `VALUES`.
        let inner = State {
            after: if self.state.after == After::In { After::Values } else { After::Other },
            ..State::default()
        };
        let part = self.open.last_mut().map_or(Part::Other, |open| {
            let part = match (open.element, bracket) {
                (Element::Words(Word::Cast | Word::Row), false) | (Element::Words(Word::Array), true) => Part::Value,
                (Element::Words(Word::Other), false) => Part::Call,
                (Element::Type, _) => Part::Type,
                _ => Part::Other,
            };
            if part == Part::Other {
                open.values = None;
            }
            part
        });
        let is_cast = self.open.last().is_some_and(|open| open.element == Element::Words(Word::Cast));
        let values = (!bracket || self.state.after == After::Array).then_some(0);
        self.open.push(Open {
            inside: out.len(),
            values,
            element: if is_cast { Element::CastStart } else { Element::Start },
            one_is_a_list,
            bracket,
            part,
            outer: State { row, ..self.state },
        });
        self.state = inner;
    }

    fn closed(&mut self, out: &mut String, bracket: bool) {
        let Some(open) = self.open.pop_if(|open| open.bracket == bracket) else {
            if let Some(open) = self.open.last_mut() {
                open.values = None;
            }
            self.state = State::default();
            return;
        };
        let least = if open.one_is_a_list { 1 } else { 2 };
        let is_list = open.values.is_some() && open.element.is_whole();
        if is_list && open.values.is_some_and(|values| values >= least) {
            out.truncate(open.inside);
            out.push_str(if bracket { "?+]" } else { "?+)" });
        }
        self.ended(&open, is_list || open.values == Some(0) && open.element == Element::Start);
        self.state = State::default();
        if bracket {
            return;
        }
        let this = (open.inside - 1, out.len());
        self.state.row = match open.outer.row {
            Some(last) if out[last.0..last.1] == out[this.0..this.1] => {
                out.truncate(last.1);
                Some(last)
            }
            Some(_) => Some(this),
            None => (open.outer.after == After::Values).then_some(this),
        };
    }

    /// Tells the list around what this was to its element; `holds_values` is whether nothing but values stood in it.
    fn ended(&mut self, ended: &Open, holds_values: bool) {
        let Some(around) = self.open.last_mut() else { return };
        let Some(values) = around.values else { return };
        // What a function makes of values is a value where nothing but a list can stand.
        let calls = matches!(around.outer.after, After::In | After::Array);
        match ended.part {
            Part::Type => {}
            Part::Value if holds_values => (around.values, around.element) = (Some(values + 1), Element::Value),
            Part::Call if holds_values && calls => {
                (around.values, around.element) = (Some(values + 1), Element::Value);
            }
            Part::Value | Part::Call | Part::Other => around.values = None,
        }
    }
}
