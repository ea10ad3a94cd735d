//! Which messages say that their point failed.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Message, json};

/// Whether the message's info has an `etype` that is not null, by which OSProfiler knows errors.
pub(crate) fn is_failure(message: &Message) -> bool {
    #[derive(Default, Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        etype: Option<&'a RawValue>,
    }
    let info = message.info_json();
    // Parsing only what can matter keeps writing quick.
    info.contains("\"etype\"") && json::object::<Peek<'_>>(info).unwrap_or_default().etype.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_an_etype_at_the_top() -> Result<(), serde_json::Error> {
        for (info, fails) in [
            (r#"{"etype": "ValueError"}"#, true),
            (r#"{"etype": null}"#, false),
            (r#"{"etype": 7, "message": NaN}"#, true),
            (r#"{"etype": "\ud83d"}"#, true),
            (r#"{"db": {"statement": "\"etype\""}}"#, false),
            (r#"{"db": {"etype": "x"}}"#, false),
            (r#"["etype"]"#, false),
        ] {
            let text = format!(
                r#"{{"name":"a-stop","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05","info":{info}}}"#
            );
            assert_eq!(is_failure(&Message::from_json(text.as_bytes())?), fails, "{info}");
        }
        Ok(())
    }
}
