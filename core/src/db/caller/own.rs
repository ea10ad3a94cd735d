//! Where the sources of this project's crates lie, as the program's own debug information has it.
//!
//! Names of functions do not always tell which crate they are of: with `debug = "line-tables-only"` an inlined one is called `fetch_all`
//! and no more. Their files tell, wherever the crates were built from: a path, cargo's registry, a vendored copy or behind
//! `--remap-path-prefix`. So each crate has one small function, an anchor, and what the debug information says of its address
//! is the directory that all of the crate's files lie in.
//!
//! A crate of cargo's registry is looked up the same way: where paths are remapped, the registry's directory may have any name.

use std::ffi::{OsStr, c_void};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use backtrace::Backtrace;

/// A function whose file is to be looked up. It returns that file's path from the crate's name on, such as
/// `osprofiler/src/db/caller/own.rs`; these differ, so that no compiler or linker makes one function of two anchors.
pub(super) type Anchor = fn() -> &'static str;

/// This crate, its adapters, and room for others.
static ANCHORS: [OnceLock<Anchor>; 8] = [const { OnceLock::new() }; 8];

/// Tells that functions of the crate with this anchor are no call sites.
///
/// For adapters, before they make a call with a caller: `anchor` is a function in the crate's `src/lib.rs` that is never inlined and
/// returns the crate's name with `/src/lib.rs` behind it. Cheap, and does nothing when it is called again.
pub fn register_own_frames(anchor: fn() -> &'static str) {
    for slot in &ANCHORS {
        if is_same(*slot.get_or_init(|| anchor), anchor) {
            return;
        }
    }
}

fn is_same(one: Anchor, other: Anchor) -> bool {
    one as usize == other as usize
}

/// The anchor of this crate.
#[inline(never)]
fn here() -> &'static str {
    "osprofiler/src/db/caller/own.rs"
}

/// The directories of the crates whose anchors are known so far, and where cargo's registry is.
#[derive(Default)]
pub(super) struct Directories {
    looked_up: usize,
    known: Vec<PathBuf>,
    registry: Option<PathBuf>,
}

impl Directories {
    /// Looks up what was registered since the last time; `true` if there was anything.
    pub(super) fn update(&mut self) -> bool {
        let before = self.looked_up;
        if before == 0 {
            register_own_frames(here);
            // Any function of a crate from there that is neither generic nor inlined.
            self.registry = file_of(Backtrace::new as fn() -> Backtrace as usize).and_then(|file| registry(&file));
        }
        while let Some(anchor) = ANCHORS.get(self.looked_up).and_then(OnceLock::get) {
            self.looked_up += 1;
            self.known.extend(file_of(*anchor as usize).and_then(|file| directory(&file, anchor())));
        }
        self.looked_up > before
    }

    /// Whether a file is one of these crates', or of a crate in the registry.
    pub(super) fn contain(&self, file: &Path) -> bool {
        let in_registry = || {
            let below = file.strip_prefix(self.registry.as_ref()?).ok()?;
            below.components().next().filter(|package| has_version(package.as_os_str()))
        };
        self.known.iter().any(|directory| file.starts_with(directory)) || in_registry().is_some()
    }
}

/// The directory of cargo's registry in which a package is that has this file; `None` where the package was vendored or lies at some
/// other path, with the program's own crates beside it perhaps.
fn registry(file: &Path) -> Option<PathBuf> {
    let source = file.ancestors().find(|directory| directory.ends_with("src"))?;
    let package = source.parent()?;
    has_version(package.file_name()?).then(|| package.parent().map(Path::to_path_buf)).flatten()
}

/// Whether a directory is called as cargo calls those of packages in its registry: `backtrace-0.3.77`.
fn has_version(directory: &OsStr) -> bool {
    let version = directory.to_str().and_then(|name| {
        let ends = name.match_indices('-').map(|(at, _)| &name[at + 1..]);
        ends.into_iter().find(|end| end.starts_with(|c: char| c.is_ascii_digit()))
    });
    version.is_some_and(|version| {
        version.splitn(3, '.').filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).count() == 3
    })
}

/// The file that a function is in; `None` where the build has no line tables.
fn file_of(function: usize) -> Option<PathBuf> {
    let mut file = None;
    // It is told a return address, and looks up the instruction before. The function itself comes last, behind what is inlined.
    backtrace::resolve((function + 1) as *mut c_void, |symbol| {
        file = symbol.filename().map(Path::to_path_buf).or(file.take());
    });
    file
}

/// The directory `src` of the crate whose file this is. `None` if it is another file, or if the directory has no other above it: paths
/// may be remapped so that each crate's are `src/lib.rs`, and these tell nothing apart.
fn directory(file: &Path, anchor: &str) -> Option<PathBuf> {
    let (_, below) = anchor.split_once("/src/")?;
    if !file.ends_with(below) {
        return None;
    }
    let directory = file.ancestors().nth(Path::new(below).components().count())?;
    let names = directory.components().filter(|part| matches!(part, Component::Normal(_))).count();
    (names > 1).then(|| directory.to_path_buf())
}

#[cfg(test)]
impl From<&[&str]> for Directories {
    fn from(known: &[&str]) -> Self {
        Self { looked_up: ANCHORS.len(), known: known.iter().map(PathBuf::from).collect(), registry: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_is_that_of_the_crates_sources() {
        for (file, anchor, expected) in [
            (
                "/srv/osprofiler/sqlx-adapter/src/lib.rs",
                "osprofiler-sqlx/src/lib.rs",
                Some("/srv/osprofiler/sqlx-adapter/src"),
            ),
            ("/srv/core/src/db/caller/own.rs", "osprofiler/src/db/caller/own.rs", Some("/srv/core/src")),
            ("sqlx-adapter/src/lib.rs", "osprofiler-sqlx/src/lib.rs", Some("sqlx-adapter/src")),
            // Not the anchor's file.
            ("/srv/core/src/notice.rs", "osprofiler/src/db/caller/own.rs", None),
            // Every crate's file is called so there.
            ("src/lib.rs", "osprofiler-sqlx/src/lib.rs", None),
            ("/src/lib.rs", "osprofiler-sqlx/src/lib.rs", None),
        ] {
            assert_eq!(directory(Path::new(file), anchor).as_deref(), expected.map(Path::new), "{file}");
        }
    }

    #[test]
    fn this_crates_own_directory_is_found() {
        let mut directories = Directories::default();
        assert!(directories.update());
        let file = file_of(here as Anchor as usize).expect("tests have line tables");
        assert!(directories.contain(&file), "{:?}", directories.known);
        assert!(directories.contain(&file.with_file_name("mod.rs")));
        // Below the package, but not of its library.
        let tests = file.ancestors().nth(4).expect("the package").join("tests/collector.rs");
        assert!(!directories.contain(&tests), "{}", tests.display());
    }

    #[test]
    fn registry_is_found_whatever_it_is_called() {
        for (of, file, in_registry) in [
            ("/dep/index-1/backtrace-0.3.77/src/capture.rs", "/dep/index-1/sqlx-core-0.9.0/src/query.rs", true),
            ("/dep/index-1/backtrace-0.3.77/src/capture.rs", "/dep/index-1/x-1.0.0-rc.1+2-3/src/a/b.rs", true),
            ("/dep/index-1/backtrace-0.3.77/src/capture.rs", "/dep/index-1/blog/src/main.rs", false),
            ("/dep/index-1/backtrace-0.3.77/src/capture.rs", "/dep/blog-0.1.0/src/main.rs", false),
            ("backtrace-0.3.77/src/capture.rs", "sqlx-core-0.9.0/src/query.rs", true),
            ("backtrace-0.3.77/src/capture.rs", "src/main.rs", false),
            ("backtrace-0.3.77/src/capture.rs", "/build/blog-0.1.0/src/main.rs", false),
            // Vendored, perhaps beside the program's own.
            ("/srv/third-party/backtrace/src/capture.rs", "/srv/third-party/sqlx-core-0.9.0/src/query.rs", false),
        ] {
            let directories = Directories { registry: registry(Path::new(of)), ..Directories::default() };
            assert_eq!(directories.contain(Path::new(file)), in_registry, "{of} {file}");
        }
        let mut directories = Directories::default();
        directories.update();
        assert!(directories.registry.is_some(), "tests have line tables, and backtrace is from the registry");
    }

    #[test]
    fn anchors_are_registered_once_and_looked_up_when_they_come() {
        #[inline(never)]
        fn late() -> &'static str {
            "late/src/db/caller/own.rs"
        }
        let mut directories = Directories::default();
        directories.update();
        register_own_frames(late);
        register_own_frames(late);
        assert!(directories.update());
        assert!(!directories.update());
    }
}
