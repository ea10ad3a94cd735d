#!/usr/bin/env bash
# backtrace 0.3.77, as built by rustc 1.95 on x86_64 Linux: with `debug = "line-tables-only"`, which still has files and lines, the
# name of an inlined function is its last part alone, without crate and module: `list`, where a build with full debug
# information has `finding::posts::list`. Code that tells libraries from a program by the crate in a frame's name takes every
# library for the program.
#
# Output seen (the frame of the same inlined function in both builds):
#     full: finding::posts::list
#     line-tables-only: list
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding .
cargo add --quiet backtrace@=0.3.77
cat > src/main.rs <<'RUST'
mod posts {
    #[inline(always)]
    pub fn list() {
        backtrace::trace(|frame| {
            backtrace::resolve_frame(frame, |symbol| {
                // The innermost frame of this function; those of closures in it come before.
                if let (Some(name), Some(line)) = (symbol.name(), symbol.lineno())
                    && symbol.filename().is_some_and(|file| file.ends_with("src/main.rs"))
                {
                    let name = format!("{name:#}");
                    if name.rsplit("::").next() == Some("list") && line > 0 {
                        println!("{name}");
                    }
                }
            });
            true
        });
    }
}

fn main() {
    posts::list();
}
RUST
shown() { CARGO_PROFILE_RELEASE_DEBUG=$1 cargo run --quiet --release | head -1; }
full=$(shown full)
lines=$(shown line-tables-only)
echo "full: $full"
echo "line-tables-only: $lines"
[ "$full" = "finding::posts::list" ] && [ "$lines" = "list" ]
