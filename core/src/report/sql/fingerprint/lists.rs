//! [`Lists`]: lists of values, and rows that are alike, shrink while the fingerprint is written.

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
    /// Whether a comma or nothing stands before what follows.
    expects: bool,
    /// Whether one value is a list too.
    one_is_a_list: bool,
    /// Whether it is a bracket.
    bracket: bool,
    /// What held before it.
    outer: State,
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
    pub(super) fn after(&mut self, out: &mut String, start: usize, is_value: bool) {
        match &out[start..] {
            "(" | "[" => return self.opened(out, start),
            ")" => return self.closed(out, start, false),
            "]" => return self.closed(out, start, true),
            _ => {}
        }
        let token = &out[start..];
        if let Some(open) = self.open.last_mut() {
            match token {
                "," if !open.expects => open.expects = true,
                _ if is_value && open.expects => {
                    open.expects = false;
                    open.values = open.values.map(|values| values + 1);
                }
                _ => open.values = None,
            }
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
                None => break,
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
        if let Some(open) = self.open.last_mut() {
            open.values = None;
        }
        let values = (!bracket || self.state.after == After::Array).then_some(0);
        self.open.push(Open {
            inside: out.len(),
            values,
            expects: true,
            one_is_a_list,
            bracket,
            outer: State { row, ..self.state },
        });
        self.state = inner;
    }

    fn closed(&mut self, out: &mut String, start: usize, bracket: bool) {
        let Some(open) = self.open.pop_if(|open| open.bracket == bracket) else {
            if let Some(open) = self.open.last_mut() {
                open.values = None;
            }
            self.state = State::default();
            return;
        };
        let least = if open.one_is_a_list { 1 } else { 2 };
        if open.values.is_some_and(|values| values >= least) && !open.expects {
            out.truncate(open.inside);
            out.push_str(if bracket { "?+]" } else { "?+)" });
        }
        let _ = start;
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
}
