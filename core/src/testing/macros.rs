//! The macros: a capture and an assertion in one line, which evaluates to what the future returned.

/// Awaits a future and asserts how many queries it ran: an integer, or a range of integers. Evaluates to the future's output.
///
/// Queries count as [`testing::Trace::queries`](crate::testing::Trace::queries) says. The failure is at the place of the
/// macro's use and names the statements:
///
/// ```text
/// expected at most 3 queries, and 26 ran:
///    25 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …
///     1 × SELECT id, name FROM authors
/// ```
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let output = osprofiler::assert_queries!(..=3, async { "done" });
/// assert_eq!(output, "done");
/// # }
/// ```
#[macro_export]
macro_rules! assert_queries {
    ($expected:expr, $future:expr $(,)?) => {{
        let expected = $expected;
        let (output, trace) = $crate::testing::capture_output($future).await;
        trace.assert_queries(expected);
        output
    }};
}

/// Awaits a future and asserts that it does not ask the database for many things one by one. Evaluates to the future's output.
///
/// What that means is said at [`findings::n_plus_one`](crate::report::findings::n_plus_one): at least five reads that differ
/// only in their values, whether these are bound or stand in the text.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// osprofiler::assert_no_n_plus_one!(async { /* a handler */ });
/// # }
/// ```
#[macro_export]
macro_rules! assert_no_n_plus_one {
    ($future:expr $(,)?) => {{
        let (output, trace) = $crate::testing::capture_output($future).await;
        trace.assert_no_n_plus_one();
        output
    }};
}
