//! Suites that cross crates, in one program.
