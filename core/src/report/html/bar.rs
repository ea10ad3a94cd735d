//! [`Bar`]: how long something took, as a picture.

use std::fmt;

/// A bar that shows a part of a whole. An image, because the page's policy allows no style of an element's own.
pub(super) struct Bar {
    pub(super) from: u64,
    pub(super) length: u64,
    pub(super) whole: u64,
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: u64 = 100;
        let scaled = |us: u64| us.saturating_mul(WIDTH * 10).checked_div(self.whole).unwrap_or(0).min(WIDTH * 10);
        // What took any time at all is to be seen.
        let length = scaled(self.length).max(10);
        let from = scaled(self.from).min(WIDTH * 10 - length);
        write!(
            f,
            "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect x=\"{}.{}\" width=\"{}.{}\" height=\"10\"/></svg>",
            from / 10,
            from % 10,
            length / 10,
            length % 10
        )
    }
}
