//! Where points lie: below which names, and within which points.
//!
//! Nothing here recurses: a trace may be as deep as it likes.

use std::collections::HashMap;

use crate::report::Point;

/// A number for each sequence of names that points lie below, which stands for the stack of calls. Database points do not
/// count: a pool and a transaction are no part of what the program does.
pub(super) struct Paths(Vec<usize>);

impl Paths {
    /// The points are in preorder.
    pub(super) fn of(points: &[Point]) -> Self {
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
        Self(paths)
    }

    pub(super) fn of_point(&self, place: usize) -> usize {
        self.0[place]
    }
}

/// The innermost point around both, or either itself where it is around the other.
pub(super) fn common(points: &[Point], mut a: Option<usize>, mut b: Option<usize>) -> Option<usize> {
    while a != b {
        let (at_a, at_b) = (a?, b?);
        if points[at_a].depth >= points[at_b].depth {
            a = points[at_a].parent;
        } else {
            b = points[at_b].parent;
        }
    }
    a
}

/// Whether a point lies within another, or anywhere where there is none.
pub(super) fn lies_within(points: &[Point], place: usize, within: Option<usize>) -> bool {
    common(points, Some(place), within) == within
}
