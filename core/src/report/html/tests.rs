//! Facts about the page.
