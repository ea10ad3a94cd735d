//! What compiles with the attributes, what does not, and what the compiler says then.
//!
//! `TRYBUILD=overwrite` writes what it says into the files beside the cases: read them before they are kept.

#[test]
fn what_rust_allows_compiles_with_the_attributes() {
    trybuild::TestCases::new().pass("tests/pass/*.rs");
}

#[test]
fn what_cannot_be_traced_is_refused_with_a_reason() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
