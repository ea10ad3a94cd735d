//! What makes two traces hard to compare, in sentences.

use crate::report::analysis::Analysis;
use crate::report::label;

pub(super) fn of(before: &Analysis<'_>, after: &Analysis<'_>, by_text: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if before.trace.base_id().is_some() && before.trace.base_id() == after.trace.base_id() {
        notes.push("both are the same trace".to_owned());
    }
    let [first, second] = [before, after].map(|analysis| label::title(analysis.trace));
    if first != second {
        notes.push(format!("the requests differ: {first}, then {second}"));
    }
    if by_text {
        notes.push("the traces have no database in common: statements are compared by their text alone".to_owned());
    }
    for (which, analysis) in [("first", before), ("second", after)] {
        for loss in label::losses(analysis.trace) {
            notes.push(format!("the {which} trace is not whole: {loss}"));
        }
    }
    notes
}
