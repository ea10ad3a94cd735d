//! The README, whose code must compile. The suites lie in `all`.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
