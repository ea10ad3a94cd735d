//! What the example programs do, so that tests can do it too. The programs themselves lie beside this folder.

pub mod quickstart;

/// Its code must compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
