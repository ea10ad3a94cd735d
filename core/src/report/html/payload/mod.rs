//! The payload: the whole trace as columns of JSON, compressed, as text that no page can take for markup.
//!
//! Here: the order of things. Below: JSON (`json`), texts that stand once (`strings`), compression (`gzip`), statements, databases and groups
//! (`statements`), the columns of points (`points`, `params`, `info`), and what else was found out (`conclusions`). The
//! page's script reads it: whoever changes one changes both, and `"v"` where an old page would misread it.
//!
//! All times are whole microseconds from the trace's first message, and points stand in preorder, so that both are small
//! numbers. Bytes are the same for the same trace.

mod conclusions;
mod gzip;
mod info;
mod json;
mod params;
mod points;
mod statements;
mod strings;

use std::io::{self, Write};

use self::gzip::Gzip;
use self::json::{Json, whole};
use self::strings::Strings;
use super::content::Content;
use crate::report::label;
use base64::prelude::BASE64_STANDARD;
use base64::write::EncoderWriter;

/// Writes the payload as Base64 of gzip of JSON.
pub(super) fn write(content: &Content<'_>, out: impl Write) -> io::Result<()> {
    let base64 = EncoderWriter::new(out, &BASE64_STANDARD);
    let gzip = write_json(content, Gzip::new(base64)?)?;
    gzip.finish()?.finish()?;
    Ok(())
}

/// Writes the payload as JSON.
fn write_json<W: Write>(content: &Content<'_>, out: W) -> io::Result<W> {
    let mut json = Json::new(out);
    let mut strings = Strings::new();
    json.open('{');
    json.int_of("v", 1);
    meta(content, &mut json);
    let texts = statements::write(content, &mut json, &mut strings);
    points::write(content, &texts, &mut json, &mut strings);
    conclusions::write(content, &mut json);
    // The texts are known once everything else is written.
    strings.write(&mut json);
    json.close('}');
    json.finish()
}

fn meta(content: &Content<'_>, json: &mut Json<impl Write>) {
    let (analysis, trace) = (content.analysis, content.analysis.trace);
    json.key("meta");
    json.open('{');
    json.string_of("title", &label::title(trace));
    json.string_of("id", &trace.base_id().map(ToString::to_string).unwrap_or_default());
    json.key("when");
    match label::when(trace) {
        Some(when) => json.string(&when),
        None => json.literal("null"),
    }
    json.int_of("us", whole(trace.duration_us()));
    json.ints_of("req", [whole(analysis.window.0), whole(analysis.window.1)]);
    json.key("values");
    json.literal(if content.values() { "true" } else { "false" });
    json.key("status");
    match trace.request().and_then(|request| request.status_code) {
        Some(status) => json.int(whole(status)),
        None => json.literal("null"),
    }
    json.key("losses");
    json.open('[');
    for loss in label::losses(trace) {
        json.string(&loss);
    }
    json.close(']');
    let (options, breakdown) = (&analysis.options, &analysis.breakdown);
    json.ints_of("slow", [whole(options.slow_us), whole(options.very_slow_us)]);
    json.int_of("manyRows", whole(options.many_rows));
    let database = [whole(breakdown.database_us), whole(breakdown.summed_us), whole(breakdown.at_once)];
    json.ints_of("database", database);
    json.key("parts");
    json.open('{');
    json.int_of("db", whole(breakdown.database_us));
    json.int_of("pool", whole(breakdown.pool_us));
    json.int_of("remote", whole(breakdown.remote_us));
    json.int_of("program", whole(breakdown.program_us));
    json.close('}');
    let parts = [breakdown.database_us, breakdown.pool_us, breakdown.remote_us, breakdown.program_us];
    json.ints_of("shares", label::shares(parts).map(whole));
    json.int_of("hidden", whole(content.hidden()));
    json.close('}');
}

#[cfg(test)]
mod tests;
