//! Where points lie: below which names, and within which points.
//!
//! Nothing here recurses: a trace may be as deep as it likes.

use std::collections::HashMap;

use crate::report::Point;

/// The tree of a trace, for questions that are asked often.
pub(super) struct Tree<'a> {
    points: &'a [Point],
    /// A number for each sequence of names that points lie below.
    paths: Vec<usize>,
    /// For each point, the place after the last one within it. The points are in preorder, so that those within it are what
    /// lies between.
    ends: Vec<usize>,
    /// For each point one around it, far up: so the way up takes as many steps as the depth has digits.
    jumps: Vec<usize>,
}

impl<'a> Tree<'a> {
    pub(super) fn of(points: &'a [Point]) -> Self {
        let mut ends: Vec<usize> = (1..=points.len()).collect();
        for (place, point) in points.iter().enumerate().rev() {
            if let Some(parent) = point.parent {
                ends[parent] = ends[parent].max(ends[place]);
            }
        }
        let mut jumps: Vec<usize> = Vec::with_capacity(points.len());
        for (place, point) in points.iter().enumerate() {
            let Some(parent) = point.parent else {
                jumps.push(place);
                continue;
            };
            let (near, far) = (jumps[parent], jumps[jumps[parent]]);
            let depth = |place: usize| points[place].depth;
            jumps.push(if depth(parent) - depth(near) == depth(near) - depth(far) { far } else { parent });
        }
        Self { points, paths: paths(points), ends, jumps }
    }

    /// A number that stands for the stack of calls: it is the same for points below the same names. Database points do not
    /// count: a pool and a transaction are no part of what the program does.
    pub(super) fn path(&self, place: usize) -> usize {
        self.paths[place]
    }

    /// The innermost point around all of these, or the one of them that is around the others; `None` where there is no such
    /// point, and for no points.
    pub(super) fn around_all(&self, places: &[usize]) -> Option<usize> {
        // In preorder, what is around the first and the last is around those between.
        let (mut at, last) = (*places.iter().min()?, *places.iter().max()?);
        while self.ends[at] <= last {
            let jump = self.jumps[at];
            at = if jump != at && self.ends[jump] <= last { jump } else { self.points[at].parent? };
        }
        Some(at)
    }

    /// Whether a point lies within another, or anywhere where there is none.
    pub(super) fn lies_within(&self, place: usize, within: Option<usize>) -> bool {
        within.is_none_or(|within| (within..self.ends[within]).contains(&place))
    }
}

fn paths(points: &[Point]) -> Vec<usize> {
    let mut numbers: HashMap<(usize, &str), usize> = HashMap::new();
    // What lies within each point; 0 is what lies at the top.
    let mut within: Vec<usize> = Vec::with_capacity(points.len());
    let mut paths = Vec::with_capacity(points.len());
    for point in points {
        let path = point.parent.map_or(0, |parent| within[parent]);
        paths.push(path);
        within.push(if point.is_database() {
            path
        } else {
            let next = numbers.len() + 1;
            *numbers.entry((path, &point.name)).or_insert(next)
        });
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Trace;
    use crate::report::samples::{self, BASE};

    #[test]
    fn what_is_around_points_is_found_at_any_depth() {
        let chain = samples::chain(5_000);
        let tree = Tree::of(chain.points());
        assert_eq!(tree.around_all(&[4_999, 17, 3_000]), Some(17));
        assert!(tree.lies_within(4_999, Some(17)) && !tree.lies_within(16, Some(17)) && tree.lies_within(0, None));

        let mut messages = Vec::new();
        for (id, parent) in [("a", BASE), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("f", BASE)] {
            messages.extend(samples::point("p", id, parent, 0, 9));
        }
        let trace = Trace::build(messages);
        let place = |id: &str| trace.points().iter().position(|point| point.trace_id.to_string() == id).expect("there");
        let tree = Tree::of(trace.points());
        for (ids, around) in [("cd", Some("b")), ("ce", Some("a")), ("dbe", Some("a")), ("b", Some("b")), ("cf", None)]
        {
            let places: Vec<usize> = ids.chars().map(|id| place(&id.to_string())).collect();
            assert_eq!(tree.around_all(&places), around.map(place), "{ids}");
        }
        assert_eq!(tree.around_all(&[]), None);
    }
}
