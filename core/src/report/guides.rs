//! The lines that show a tree in text: `├─`, `└─` and what continues them below.

use super::{Point, Trace};

/// Trees deeper than this are not drawn further to the right: their points say how deep they are.
const DEEPEST: usize = 24;

/// Draws the guides of a trace's points, which are to be asked for in their order.
pub(super) struct Guides<'a> {
    trace: &'a Trace,
    /// For each point around the current one, whether it is the last of its siblings.
    last: Vec<bool>,
}

impl<'a> Guides<'a> {
    pub(super) fn new(trace: &'a Trace) -> Self {
        Self { trace, last: Vec::new() }
    }

    /// What stands before a point's name.
    pub(super) fn before(&mut self, place: usize, point: &Point) -> String {
        self.last.truncate(point.depth);
        let siblings = match point.parent {
            Some(parent) => self.trace.points[parent].children.as_slice(),
            None => self.trace.roots.as_slice(),
        };
        self.last.push(siblings.last() == Some(&place));
        let mut guide = self.above(point.depth.min(DEEPEST));
        match point.depth {
            0 => {}
            depth if depth > DEEPEST => guide.push_str(&format!("… {depth} deep: ")),
            depth if self.last[depth] => guide.push_str("└─ "),
            _ => guide.push_str("├─ "),
        }
        guide
    }

    /// What stands before a further line about the same point.
    pub(super) fn below(&self, point: &Point) -> String {
        let mut guide = self.above((point.depth + 1).min(DEEPEST));
        guide.push_str(if point.children.is_empty() || point.depth >= DEEPEST { "   " } else { "│  " });
        guide
    }

    /// The guides of the points around, down to `depth`. Those at the top have none.
    fn above(&self, depth: usize) -> String {
        self.last.iter().take(depth).skip(1).map(|last| if *last { "   " } else { "│  " }).collect()
    }
}
