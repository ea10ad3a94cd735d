//! The DOT form: the tree as a graph for Graphviz, as OSProfiler 4.4.0 prints it with `trace show --dot`.
//!
//! Node 0 is the trace, the others are its points in preorder. A label is service, name and duration in whole
//! milliseconds; points named `wsgi` have their request below, those named `rpc` and `driver` their function.
//!
//! Three things differ: a point without service has none (OSProfiler writes `None`), a point without the info that its
//! name promises has no second line (OSProfiler fails), and stored text is always text: it can end no label, and is
//! never read as markup, as an escape or as an entity.

mod label;

use std::io;

use self::label::Label;
use super::{Point, Trace};

/// Writes the trace as a graph in the DOT language.
///
/// ```
/// use osprofiler::report::{Trace, dot};
///
/// let mut graph = Vec::new();
/// dot::write(&Trace::default(), &mut graph)?;
/// assert_eq!(graph, b"digraph {\n\t0 [label=\"total - 0 ms\"]\n}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(trace: &Trace, mut out: impl io::Write) -> io::Result<()> {
    writeln!(out, "digraph {{\n\t0 [label=\"total - {} ms\"]", trace.request_us().unwrap_or(0) / 1000)?;
    let points = trace.points();
    for (place, point) in points.iter().enumerate() {
        writeln!(out, "\t{} [label=\"{}\"]", node(Some(place)), Label(point))?;
        // OSProfiler writes an edge when all is said of its lower end. The next point's depth says how many end here.
        let next_depth = points.get(place + 1).map_or(0, |next| next.depth);
        let mut ended = Some(place);
        while let Some(lower) = ended.filter(|lower| points[*lower].depth >= next_depth) {
            let upper = points[lower].parent;
            writeln!(out, "\t{} -> {}", node(upper), node(Some(lower)))?;
            ended = upper;
        }
    }
    writeln!(out, "}}")?;
    out.flush()
}

/// The number of a point's node, or that of the trace itself.
fn node(place: Option<usize>) -> usize {
    place.map_or(0, |place| place + 1)
}

/// From start to stop in whole milliseconds, each cut by itself, as OSProfiler counts.
fn duration_ms(point: &Point) -> i64 {
    let ms = |us: u64| i64::try_from(us / 1000).unwrap_or(i64::MAX);
    let started_us = point.appeared_us();
    ms(point.finished_us.unwrap_or(started_us)) - ms(started_us)
}

#[cfg(test)]
mod tests;
