//! The columns of points.
//!
//! What a point says is gathered in one visit, because a trace is larger than a processor's caches, and written column by column
//! afterwards.

use std::io::Write;

use super::info;
use super::json::{Json, whole, whole_or_none};
use super::params::{Params, Values};
use super::statements::Texts;
use super::strings::{Place, Strings};
use crate::report::analysis::Statement;
use crate::report::html::content::{self, Content};
use crate::report::html::cut::{VALUE_BYTES, marked};
use crate::report::{Point, label};

/// What the columns say of one point.
struct Row {
    name: Place,
    service: Place,
    host: Place,
    project: Place,
    rows: i64,
    affected: i64,
    flags: u32,
    error: Place,
    detail: Place,
    code: i64,
    caller: Place,
    values: Values,
    more: Place,
    more_stop: Place,
}

/// Writes one column after the other.
pub(super) fn write<'a>(
    content: &Content<'a>,
    texts: &Texts<'a>,
    json: &mut Json<impl Write>,
    strings: &mut Strings<'a>,
) {
    let points = content.points;
    let mut params = Params::default();
    let mut rows: Vec<Row> = Vec::with_capacity(points.len());
    let mut buffer = String::new();
    for (place, point) in points.iter().enumerate() {
        let row = row(content, texts, (place, point), &mut params, &mut buffer, strings);
        rows.push(row);
    }

    let distance = |(place, point): (usize, &Point)| point.parent.map_or(0, |parent| whole(place - parent));
    json.column("parent", 0, points.iter().enumerate().map(distance));
    let mut column = |key, usual, of: fn(&Row) -> i64| json.column(key, usual, rows.iter().map(of));
    column("name", 0, |row| row.name.into());
    column("svc", 0, |row| row.service.into());
    column("host", 0, |row| row.host.into());
    column("proj", 0, |row| row.project.into());
    column("rows", -1, |row| row.rows);
    column("aff", -1, |row| row.affected);
    column("flag", 0, |row| row.flags.into());
    column("err", 0, |row| row.error.into());
    column("detail", 0, |row| row.detail.into());
    column("code", 0, |row| row.code);
    column("caller", 0, |row| row.caller.into());
    column("ptype", 0, |row| row.values.types.into());
    column("pname", 0, |row| row.values.names.into());
    column("norun", 0, |row| row.values.reason.into());
    column("more", 0, |row| row.more.into());
    column("moreStop", 0, |row| row.more_stop.into());
    params.write(rows.iter().map(|row| row.values.count), json);
    of_statements(content, texts, json);
    times(points, json);
    json.key("id");
    json.open('[');
    for point in points {
        point.trace_id.with_str(|id| json.string(id));
    }
    json.close(']');
}

fn row<'a>(
    content: &Content<'a>,
    texts: &Texts<'a>,
    (place, point): (usize, &'a Point),
    params: &mut Params<'a>,
    buffer: &mut String,
    strings: &mut Strings<'a>,
) -> Row {
    let text = content.text_of(place);
    let entry = text.and_then(|text| texts.place_of[text]).map(|place| &texts.entries[place]);
    let detail = if text.is_some() { None } else { content::detail(point) };
    let mut line = |text: Option<String>| text.map_or(0, |text| strings.of_copy(&marked(&text, 4 * VALUE_BYTES)));
    let (error, detail) = (line(content::error(point)), line(detail));
    let (rows, affected) = (whole_or_none(point.rows()), whole_or_none(point.rows_affected()));
    let code = label::status(point).map_or(0, whole);
    Row {
        name: strings.of(&point.name),
        service: strings.of(point.service.as_deref().unwrap_or_default()),
        host: strings.of(point.host.as_deref().unwrap_or_default()),
        project: strings.of(point.project.as_deref().unwrap_or_default()),
        rows,
        affected,
        flags: flags(point),
        error,
        detail,
        code,
        caller: caller(point, strings),
        values: params.row(content, point, entry, strings),
        more: info::of_start(point, buffer, strings),
        more_stop: info::of_stop(point, buffer, strings),
    }
}

fn caller<'a>(point: &'a Point, strings: &mut Strings<'a>) -> Place {
    match point.caller() {
        None => 0,
        Some(caller) => match caller.place {
            Some((file, line)) => strings.of_copy(&format!("{file}:{line}")),
            None => strings.of(caller.function),
        },
    }
}

fn times(points: &[Point], json: &mut Json<impl Write>) {
    json.key("start");
    json.open('[');
    let mut before = 0;
    for point in points {
        let start = whole(point.appeared_us());
        json.int(start - before);
        before = start;
    }
    json.close(']');
    json.column("dur", -1, points.iter().map(|point| whole_or_none(point.duration_us())));
    let shorter = |point: &Point| point.took_us().filter(|us| Some(*us) != point.duration_us());
    json.column("took", -1, points.iter().map(|point| whole_or_none(shorter(point))));
}

fn of_statements(content: &Content<'_>, texts: &Texts<'_>, json: &mut Json<impl Write>) {
    let analysis = content.analysis;
    let mut column = |key, of: &dyn Fn(&Statement) -> Option<usize>| {
        let places = analysis.statement_of[..content.points.len()].iter().map(|statement| {
            let place = statement.and_then(|statement| of(&analysis.statements[statement]));
            place.map_or(0, |place| whole(place + 1))
        });
        json.column(key, 0, places);
    };
    column("st", &|statement| texts.place_of[statement.text]);
    column("cn", &|statement| Some(statement.connection));
    column("grp", &|statement| statement.group);
    column("tx", &|statement| statement.transaction);
}

/// What is said of a point by one bit each; the page's script has the same.
fn flags(point: &Point) -> u32 {
    let rolled_back = point.outcome().filter(|(outcome, _)| *outcome == "rolled_back");
    [
        point.is_unfinished(),
        point.is_cancelled(),
        point.error().is_some(),
        point.is_bypassed(),
        point.is_internal(),
        point.orphan,
        point.cycle,
        point.clock_skew,
        point.start.is_none(),
        point.statement().is_some() && point.prepares(),
        point.is_database(),
        rolled_back.is_some(),
        rolled_back.is_some_and(|(_, by_drop)| by_drop),
        point.waits_for_connection(),
        point.is_remote(),
        point.is_unsent(),
        point.is_incomplete(),
    ]
    .into_iter()
    .enumerate()
    .fold(0, |flags, (bit, is_so)| flags | u32::from(is_so) << bit)
}
