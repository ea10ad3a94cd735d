#!/usr/bin/env bash
# rust-ini 0.21.3: a backslash at the end of a value joins the next line to it, although `ParseOption::enabled_escape` is
# false, which leaves every other backslash alone. The next key is gone without an error. A password or a Windows path may end
# with a backslash.
#
# Output seen, for "[s]\na = x\\y\\\nb = 1\n":
#     a = "x\\yb = 1"
#     b = None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding .
echo 'rust-ini = "=0.21.3"' >> Cargo.toml
cat > src/main.rs <<'RUST'
use ini::{Ini, ParseOption};

fn main() {
    let options = ParseOption { enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt("[s]\na = x\\y\\\nb = 1\n", options).expect("no error is reported");
    println!("a = {:?}", ini.get_from(Some("s"), "a").expect("a value"));
    println!("b = {:?}", ini.get_from(Some("s"), "b"));
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = $'a = "x\\\\yb = 1"\nb = None' ]
