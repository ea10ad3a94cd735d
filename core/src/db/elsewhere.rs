//! Whether a source file is a library's: no place that the program's developer can change.

use std::path::{Component, Path};

/// The crates of the standard library, and the name that its compiler's sources have in paths.
pub(super) const STANDARD: [&str; 5] = ["alloc", "core", "rustc", "std", "test"];

/// Directories in which the sources of libraries lie: cargo's registry and checkouts, and the standard library's.
const ELSEWHERE: [&[&str]; 4] = [&["registry", "src"], &["git", "checkouts"], &["rustlib", "src"], &["vendor"]];

/// Whether the file lies where libraries do.
pub(super) fn lies_elsewhere(file: &Path) -> bool {
    let parts: Vec<&str> = file
        .components()
        .filter_map(|part| if let Component::Normal(part) = part { part.to_str() } else { None })
        .collect();
    // The standard library's paths begin so in what is distributed, and may have been cut to what lies below its source.
    let of_standard = match parts[..] {
        ["rustc", ..] => file.has_root(),
        ["library", name, ..] => !file.has_root() && STANDARD.contains(&name),
        _ => false,
    };
    of_standard || ELSEWHERE.iter().any(|directory| parts.windows(directory.len()).any(|window| window == *directory))
}
