//! [`HtmlOptions`]: what of a trace a page holds.

use crate::Timestamp;

/// What of a trace a page holds.
///
/// ```
/// use osprofiler::report::html::HtmlOptions;
///
/// let mut options = HtmlOptions::default();
/// options.values = false;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HtmlOptions {
    /// Whether the page holds values that the program worked with. Default: yes, and its header says so.
    ///
    /// Without them the page is that of [`Trace::without_values`](crate::report::Trace::without_values), which says what that
    /// leaves.
    pub values: bool,
    /// How many points the page holds, the first of the tree; its header says how many are left out. Default: all.
    /// Counts, times and findings are those of the whole trace.
    pub max_points: Option<usize>,
    /// A time that the header gives as that of the page's making. Default: none, so that the same trace always gives the
    /// same bytes.
    pub stamp: Option<Timestamp>,
}

impl Default for HtmlOptions {
    fn default() -> Self {
        Self { values: true, max_points: None, stamp: None }
    }
}
