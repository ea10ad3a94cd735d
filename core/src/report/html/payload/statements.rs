//! The tables that columns of points refer to: texts, databases, groups.

use std::io::Write;

use super::json::{Json, whole, whole_or_none};
use super::strings::Strings;
use crate::report::Point;
use crate::report::html::content::Content;
use crate::report::html::cut::{STATEMENT_BYTES, capped};
use crate::report::html::layout::{self, Places};
use crate::report::sql::explain::{analyzed_only_reads, before_bind, explain};
use crate::report::sql::{Dialect, Kind};

/// So many texts are taken apart into tokens: a program that writes values into its texts has one for each execution.
const MOST_TOKENIZED: usize = 5_000;

/// What the columns of points need to know of a text that the payload holds.
pub(super) struct TextEntry<'a> {
    pub(super) dialect: Dialect,
    /// Where its values go.
    pub(super) places: Places,
    /// The first point that has this text and values, whose names and number say which goes where.
    pub(super) first: Option<&'a Point>,
    /// Whether only its beginning is there.
    pub(super) cut: bool,
}

/// The texts of the payload.
pub(super) struct Texts<'a> {
    /// For each text of the trace, its place here.
    pub(super) place_of: Vec<Option<usize>>,
    pub(super) entries: Vec<TextEntry<'a>>,
}

/// Writes `stmt`, `conn` and `group`.
pub(super) fn write<'a>(content: &Content<'a>, json: &mut Json<impl Write>, strings: &mut Strings<'a>) -> Texts<'a> {
    let texts = write_texts(content, json, strings);
    json.key("conn");
    json.open('[');
    for connection in &content.analysis.connections {
        json.open('{');
        for (key, text) in [
            ("service", connection.service),
            ("system", connection.system),
            ("database", connection.database),
            ("server", connection.server),
        ] {
            json.int_of(key, strings.of(text.unwrap_or_default()).into());
        }
        json.close('}');
    }
    json.close(']');
    json.key("group");
    json.open('[');
    for group in &content.analysis.groups {
        json.open('{');
        json.string_of("id", &group.id);
        json.int_of("conn", whole(group.connection));
        json.int_of("stmt", texts.place_of[group.text].map_or(-1, whole));
        json.int_of("n", whole(group.points.len()));
        json.int_of("total", whole(group.total_us));
        json.int_of("union", whole(group.union_us));
        json.int_of("p50", whole(group.p50_us));
        json.int_of("p95", whole(group.p95_us));
        json.int_of("max", whole(group.max_us));
        json.int_of("rows", whole_or_none(group.rows));
        json.int_of("aff", whole_or_none(group.rows_affected));
        json.int_of("err", whole(group.errors));
        json.int_of("once", whole(group.at_once));
        json.close('}');
    }
    json.close(']');
    texts
}

fn write_texts<'a>(content: &Content<'a>, json: &mut Json<impl Write>, strings: &mut Strings<'a>) -> Texts<'a> {
    let analysis = content.analysis;
    let mut place_of: Vec<Option<usize>> = vec![None; analysis.texts.len()];
    let firsts = first_points(content);
    let of_groups = analysis.groups.iter().map(|group| group.text);
    let mut order: Vec<usize> = of_groups.filter(|text| firsts[*text].is_none()).collect();
    order.extend((0..analysis.texts.len()).filter(|text| firsts[*text].is_some()));
    order.sort_unstable();
    order.dedup();
    let mut entries = Vec::new();
    json.key("stmt");
    json.open('[');
    for text in order {
        let first = firsts[text].map(|place| &content.points[place]);
        place_of[text] = Some(entries.len());
        entries.push(write_text(content, text, first, entries.len() < MOST_TOKENIZED, json, strings));
    }
    json.close(']');
    Texts { place_of, entries }
}

/// For each text, the first point of the page that has it and values, or else the first that has it.
fn first_points(content: &Content<'_>) -> Vec<Option<usize>> {
    let mut firsts: Vec<Option<usize>> = vec![None; content.analysis.texts.len()];
    for (place, point) in content.points.iter().enumerate() {
        let Some(first) = content.text_of(place).map(|text| &mut firsts[text]) else { continue };
        let without = first.is_none_or(|first| content.points[first].params().is_none());
        if first.is_none() || without && point.params().is_some() {
            *first = Some(place);
        }
    }
    firsts
}

fn write_text<'a>(
    content: &Content<'a>,
    text: usize,
    first: Option<&'a Point>,
    tokenized: bool,
    json: &mut Json<impl Write>,
    strings: &mut Strings<'a>,
) -> TextEntry<'a> {
    let dialect = content.dialect(text);
    let (sql, left_out) = capped(content.sql(text), STATEMENT_BYTES);
    let analyzed = &content.analysis.texts[text].analyzed;
    json.open('{');
    json.int_of("t", strings.of(sql).into());
    if left_out > 0 {
        json.int_of("cut", whole(left_out));
    }
    json.string_of("fp", &format!("{:08x}", analyzed.hash >> 32));
    json.int_of("ft", strings.of(capped(&analyzed.fingerprint, STATEMENT_BYTES).0).into());
    json.string_of("kind", kind(analyzed.kind));
    json.int_of("verb", strings.of(&analyzed.verb).into());
    json.int_of("label", strings.of(&analyzed.label).into());
    json.int_of("compact", strings.of(content.compact(text)).into());
    json.ints_of("tables", analyzed.tables.iter().map(|table| strings.of(table).into()));
    json.string_of("d", name(dialect));
    if tokenized {
        json.ints_of("tok", layout::tokens(sql, dialect));
        json.ints_of("br", layout::breaks(sql, dialect));
    }
    // Of a text that is cut nothing can be run.
    if left_out == 0 {
        if let Some(explain) = explain(sql, dialect) {
            json.int_of("ex", strings.of(explain.prefix).into());
            if let Some(why) = explain.not_run {
                json.string_of("exw", &why);
            }
        }
        if let Some(before) = before_bind(sql, dialect) {
            json.string_of("bind", before);
        }
        if analyzed_only_reads(sql, dialect, analyzed) {
            json.int_of("run", 1);
        }
    }
    let places = Places::of(sql, dialect, &first.map(Point::parameters).unwrap_or_default());
    json.ints_of("ph", places.numbers.iter().copied());
    json.close('}');
    TextEntry { dialect, places, first, cut: left_out > 0 || layout::was_cut(sql) }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "read",
        Kind::Write => "write",
        Kind::Ddl => "ddl",
        Kind::Transaction => "tx",
        Kind::Other => "other",
    }
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::Mysql => "mysql",
        Dialect::Sqlite => "sqlite",
        Dialect::Generic => "generic",
    }
}
