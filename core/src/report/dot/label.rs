//! [`Label`]: what stands on a point's node.

use std::fmt::{self, Write as _};

use super::duration_ms;
use crate::report::Point;
use crate::report::label::shortened;
use crate::report::visible::one_line;

/// How many characters a name or a function may have. OSProfiler has no such limit, and Graphviz draws what it gets.
const NAME: usize = 200;
/// How many characters of a request's path OSProfiler shows.
const PATH: usize = 30;

/// A point's label, without the quotes around it.
pub(super) struct Label<'a>(pub(super) &'a Point);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let point = self.0;
        if let Some(service) = &point.service {
            write!(f, "{}:", Quoted(&name(service)))?;
        }
        write!(f, "{} - {} ms", Quoted(&name(&point.name)), duration_ms(point))?;
        match point.name.as_str() {
            "wsgi" => {
                let Some(request) = point.request() else { return Ok(()) };
                let path: String = request.path.chars().take(PATH).collect();
                write!(f, "\\n{} {}..", Quoted(&name(request.method)), Quoted(&one_line(&path)))
            }
            "rpc" | "driver" => {
                let Some(function) = point.function() else { return Ok(()) };
                write!(f, "\\n{}", Quoted(&name(function.rsplit('.').next().unwrap_or(function))))
            }
            _ => Ok(()),
        }
    }
}

fn name(text: &str) -> String {
    shortened(&one_line(text), Some(NAME))
}

/// Text as it may stand between double quotes in a label, and be nothing but text there.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.char_indices() {
            match c {
                // Graphviz also knows escapes such as `\N` in labels.
                '"' | '\\' => write!(f, "\\{c}")?,
                '&' if begins_entity(&self.0[at + 1..]) => f.write_str("&amp;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Whether Graphviz would read an ampersand before this as an entity, such as `&lt;`.
fn begins_entity(rest: &str) -> bool {
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
    name.is_some_and(|end| end > 0 && rest[end..].starts_with(';'))
}
