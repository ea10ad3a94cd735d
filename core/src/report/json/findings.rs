//! The list of findings.

use std::io;

use super::indent::Indented;
use super::text;
use crate::report::analysis::Analysis;
use crate::report::findings::Finding;

/// How many points of a finding are named.
const POINTS: usize = 100;

/// Writes what stands in the list.
pub(super) fn write(json: &mut Indented<impl io::Write>, analysis: &Analysis<'_>) -> io::Result<()> {
    for (place, finding) in analysis.findings.iter().enumerate() {
        if place > 0 {
            json.push(",")?;
        }
        write_finding(json, analysis, finding)?;
    }
    Ok(())
}

fn write_finding(json: &mut Indented<impl io::Write>, analysis: &Analysis<'_>, finding: &Finding) -> io::Result<()> {
    let or_null = |value: Option<String>| value.map_or_else(|| "null".to_owned(), |value| text(&value));
    let id = |place: &usize| text(&analysis.trace.points()[*place].trace_id.to_string());
    let group = finding.group.map(|group| &analysis.groups[group]);
    json.push(&format!(
        r#"{{"rule":{},"level":{},"confidence":{},"fingerprint":{},"statement":{},"count":{},"points":[{}]"#,
        text(finding.rule.name()),
        text(finding.level.name()),
        text(finding.confidence.name()),
        or_null(group.map(|group| group.id.clone())),
        or_null(group.map(|group| analysis.texts[group.text].analyzed.fingerprint.clone())),
        finding.points.len(),
        finding.points.iter().take(POINTS).map(id).collect::<Vec<_>>().join(","),
    ))?;
    if let Some(more @ 1..) = finding.points.len().checked_sub(POINTS) {
        json.push(&format!(r#","more":{more}"#))?;
    }
    json.push(&format!(
        r#","source":{},"cost_us":{},"wasted_us":{},"title":{},"text":{}}}"#,
        finding.source.as_ref().map_or_else(|| "null".to_owned(), id),
        finding.cost_us,
        finding.wasted_us,
        text(&finding.title),
        text(&finding.text),
    ))
}
