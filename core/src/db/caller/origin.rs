//! Whether a function is the program's own: by where its source lies, and where that does not tell by its name.

use std::path::Path;

use super::own::Directories;
use crate::db::elsewhere::{STANDARD, lies_elsewhere};

/// The crates of this project, which a workspace may have beside its own. Their functions are no call sites. This counts where their
/// names have a crate; where their files lie is known as well (`own`).
const OURS: [&str; 4] = ["osprofiler", "osprofiler_diesel", "osprofiler_macros", "osprofiler_sqlx"];

/// What libraries' crates are called, where the build has no files: the first words, beside the standard library's.
const LIBRARIES: [&str; 18] = [
    "async_std",
    "axum",
    "backtrace",
    "bb8",
    "deadpool",
    "diesel",
    "futures",
    "hyper",
    "mobc",
    "pin_project",
    "r2d2",
    "rayon",
    "scoped_futures",
    "smol",
    "sqlx",
    "tokio",
    "tower",
    "tracing",
];

/// Whether the function in this file is the program's own. `ours` is where the files of this project's crates lie.
pub(super) fn is_own(file: Option<&Path>, name: &str, ours: &Directories) -> bool {
    let crates = crates(name);
    if crates.iter().any(|of| OURS.contains(of)) {
        return false;
    }
    match file {
        Some(file) => !ours.contain(file) && !lies_elsewhere(file),
        // The C library's and the compiler's own have no path of Rust.
        None => name.contains("::") && !crates.first().is_none_or(|of| is_library(of)),
    }
}

/// The function's path, without the closures and async blocks in it.
pub(super) fn function(name: &str) -> &str {
    let mut name = name;
    while let Some((rest, last)) = name.rsplit_once("::")
        && last.starts_with('{')
    {
        name = rest;
    }
    name
}

fn is_library(name: &str) -> bool {
    let is_of = |library: &str| name.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    STANDARD.contains(&name) || LIBRARIES.iter().any(|library| is_of(library))
}

/// The crate that a function is of and, for a method of a trait, the type's and the trait's. None where the name has no path.
fn crates(name: &str) -> Vec<&str> {
    let (subject, of_trait) = match name.strip_prefix('<') {
        Some(rest) => (rest, trait_of(rest)),
        None => (name, None),
    };
    [Some(subject), of_trait].into_iter().flatten().filter_map(crate_of).collect()
}

/// The trait in `Type as Trait>::method`; brackets within the type may have traits too.
fn trait_of(name: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, c) in name.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            // An arrow is no bracket.
            '>' if name[..at].ends_with('-') => {}
            '>' | ')' | ']' => depth = depth.checked_sub(1)?,
            ' ' if depth == 0 => {
                if let Some(rest) = name[at..].strip_prefix(" as ") {
                    return Some(rest);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first name of a path of several, behind references and brackets.
fn crate_of(path: &str) -> Option<&str> {
    let mut path = path;
    loop {
        let trimmed = path.trim_start_matches(['&', '*', '(', '[', '<', ' ']);
        let trimmed = ["mut ", "dyn ", "const "].iter().find_map(|word| trimmed.strip_prefix(word)).unwrap_or(trimmed);
        if trimmed.len() == path.len() {
            break;
        }
        path = trimmed;
    }
    let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(path.len());
    path[end..].starts_with("::").then(|| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "/srv/me/blog/src/posts.rs";
    const OURS: [&str; 2] = ["/srv/me/osprofiler/core/src", "/remapped/osprofiler-sqlx-0.1.0/src"];

    fn is_own(file: Option<&str>, name: &str) -> bool {
        super::is_own(file.map(Path::new), name, &OURS[..].into())
    }

    #[test]
    fn a_function_is_the_programs_by_where_its_source_lies() {
        for (file, own) in [
            (USERS, true),
            ("src/main.rs", true),
            ("/srv/me/library/src/lib.rs", true),
            ("/srv/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/sqlx-core-0.9.0/src/query.rs", false),
            ("/srv/me/.cargo/git/checkouts/diesel-1234/abc/diesel/src/lib.rs", false),
            ("/srv/me/blog/vendor/sqlx/src/lib.rs", false),
            ("/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs", false),
            ("/srv/me/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/rt.rs", false),
            ("library/core/src/future/future.rs", false),
        ] {
            assert_eq!(is_own(Some(file), "blog::posts::list"), own, "{file}");
        }
    }

    #[test]
    fn crates_of_this_project_are_told_by_name_wherever_they_lie() {
        for (name, own) in [
            ("osprofiler_sqlx::pool::TracedPool<DB>::begin", false),
            ("<osprofiler_sqlx::pool::TracedPool<DB> as sqlx_core::executor::Executor>::fetch_all", false),
            ("<&mut osprofiler_diesel::connection::TracedConnection<C> as diesel::Connection>::begin", false),
            ("<blog::Row<fn() -> i32, (A, B)> as osprofiler::context::future::TraceExt>::traced", false),
            ("osprofiler_examples::handler", true),
            ("<blog::Posts as blog::Store>::list", true),
            ("<alloc::vec::Vec<osprofiler::Id> as blog::Shown>::shown", true),
        ] {
            assert_eq!(is_own(Some(USERS), name), own, "{name}");
        }
    }

    #[test]
    fn crates_of_this_project_are_told_by_where_they_lie_if_names_have_no_crate() {
        for (file, name, own) in [
            ("/srv/me/osprofiler/core/src/db/caller/mod.rs", "here", false),
            ("/srv/me/osprofiler/core/src/db/caller/mod.rs", "", false),
            ("/remapped/osprofiler-sqlx-0.1.0/src/call.rs", "new<sqlx_sqlite::database::Sqlite>", false),
            // The repository's own programs and tests, and a neighbour.
            ("/srv/me/osprofiler/core/tests/collector.rs", "main", true),
            ("/srv/me/osprofiler/examples/src/quickstart/blog.rs", "{async_fn#0}", true),
            ("/srv/me/osprofiler/core/src2/lib.rs", "list", true),
            (USERS, "list", true),
            (USERS, "osprofiler", true),
            (USERS, "osprofiler_sqlx<blog::Row>", true),
            (USERS, "", true),
        ] {
            assert_eq!(is_own(Some(file), name), own, "{file} {name}");
        }
    }

    #[test]
    fn names_tell_where_there_are_no_files() {
        for (name, own) in [
            ("blog::posts::list::{{closure}}", true),
            ("sqlx_core::query::Query<DB,A>::fetch_all", false),
            ("<&mut dyn futures_core::stream::Stream as core::future::Future>::poll", false),
            ("core::ops::function::FnOnce::call_once", false),
            ("__libc_start_main", false),
            ("main", false),
            ("core_banking::run", true),
            ("<T as core::convert::Into<U>>::into", false),
            ("<T as blog::Store>::list", true),
            ("poll<blog::Row>", false),
        ] {
            assert_eq!(is_own(None, name), own, "{name}");
        }
    }

    #[test]
    fn functions_are_named_without_their_closures() {
        assert_eq!(function("blog::posts::list::{{closure}}::{{closure}}"), "blog::posts::list");
        assert_eq!(function("blog::posts::list::{closure#0}"), "blog::posts::list");
        assert_eq!(function("<blog::Posts as blog::Store>::list"), "<blog::Posts as blog::Store>::list");
    }
}
