//! The columns of points.

use std::io::Write;

use super::info;
use super::json::{Json, whole, whole_or_none};
use super::params;
use super::statements::Texts;
use super::strings::Strings;
use crate::report::analysis::Statement;
use crate::report::html::content::Content;
use crate::report::{Point, label};

/// Writes one column after the other.
pub(super) fn write<'a>(
    content: &Content<'a>,
    texts: &Texts<'a>,
    json: &mut Json<impl Write>,
    strings: &mut Strings<'a>,
) {
    let points = content.points;
    let distance = |(place, point): (usize, &Point)| point.parent.map_or(0, |parent| whole(place - parent));
    json.column("parent", 0, points.iter().enumerate().map(distance));
    let mut text = |key, of: fn(&'a Point) -> Option<&'a str>| {
        let mut last = ("", 0);
        let places = points.iter().map(|point| {
            // Most points say what the one before said.
            let text = of(point).unwrap_or_default();
            if text != last.0 {
                last = (text, strings.of(text));
            }
            last.1.into()
        });
        json.column(key, 0, places);
    };
    text("name", |point| Some(&point.name));
    text("svc", |point| point.service.as_deref());
    text("host", |point| point.host.as_deref());
    text("proj", |point| point.project.as_deref());
    let mut before = 0;
    json.column(
        "start",
        i64::MIN,
        points.iter().map(|point| {
            let start = whole(point.appeared_us());
            start.wrapping_sub(std::mem::replace(&mut before, start))
        }),
    );
    json.column("dur", -1, points.iter().map(|point| whole_or_none(point.duration_us())));
    of_statements(content, texts, json);
    json.column("rows", -1, points.iter().map(|point| whole_or_none(point.rows())));
    json.column("aff", -1, points.iter().map(|point| whole_or_none(point.rows_affected())));
    json.column("flag", 0, points.iter().map(flags));
    json.column(
        "err",
        0,
        points.iter().map(|point| content.error(point).map_or(0, |error| strings.of_copy(&super::cut(&error)).into())),
    );
    json.column(
        "detail",
        0,
        points.iter().enumerate().map(|(place, point)| {
            let detail = if content.text_of(place).is_some() { None } else { content.detail(point) };
            detail.map_or(0, |detail| strings.of_copy(&super::cut(&detail)).into())
        }),
    );
    json.column("code", 0, points.iter().map(|point| label::status(point).map_or(0, whole)));
    json.column(
        "caller",
        0,
        points.iter().map(|point| {
            point.caller().map_or(0, |caller| match caller.place {
                Some((file, line)) => strings.of_copy(&format!("{file}:{line}")).into(),
                None => strings.of(caller.function).into(),
            })
        }),
    );
    params::write(content, texts, json, strings);
    json.key("id");
    json.open('[');
    for point in points {
        point.trace_id.with_str(|id| json.string(id));
    }
    json.close(']');
    info::write(content, json, strings);
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
fn flags(point: &Point) -> i64 {
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
    ]
    .into_iter()
    .enumerate()
    .fold(0, |flags, (bit, is_so)| flags | i64::from(is_so) << bit)
}
