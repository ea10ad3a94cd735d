//! The text of PostgreSQL's arrays: `{1,NULL,"a b"}`.

use serde_json::Value;

use super::type_name::base;
use super::{NoLiteral, postgres};
use crate::python_json;

/// PostgreSQL 17 has no more dimensions, so the recursion is no deeper.
const MAX_DIMENSIONS: usize = 6;

/// The text of an array with elements of the type.
pub(super) fn text(elements: &[Value], element_type: &str) -> Result<String, NoLiteral> {
    // The elements of `box[]` have another character between them.
    if element_type == "box" || element_type.ends_with(']') {
        return Err(NoLiteral::Unknown);
    }
    let mut out = String::new();
    push(&mut out, elements, element_type, MAX_DIMENSIONS)?;
    Ok(out)
}

fn push(out: &mut String, elements: &[Value], element_type: &str, dimensions: usize) -> Result<(), NoLiteral> {
    let dimensions = dimensions.checked_sub(1).ok_or(NoLiteral::Unknown)?;
    let is_json = ["json", "jsonb"].contains(&base(element_type));
    out.push('{');
    for (index, element) in elements.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        match element {
            Value::Null => out.push_str("NULL"),
            // Whether it is a JSON value or a dimension is not to be seen.
            Value::Array(_) if is_json => return Err(NoLiteral::Unknown),
            Value::Array(inner) => push(out, inner, element_type, dimensions)?,
            element if is_json => push_quoted(out, &postgres::json(element)?),
            Value::Bool(value) => out.push_str(if *value { "t" } else { "f" }),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::String(text) if text.contains('\0') => return Err(NoLiteral::Nul),
            Value::String(text) => push_quoted(out, text),
            Value::Object(_) => out.push_str(python_json::number(element).ok_or(NoLiteral::Unknown)?),
        }
    }
    out.push('}');
    Ok(())
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}
