//! A web service with a traced request of each kind, and what their traces say: `cargo run --example quickstart`.
//!
//! Not here: the service, its client and the printing. They lie in `src/quickstart`, where a test runs them too.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    // Where the `osprofiler` command looks when nobody says otherwise.
    osprofiler_examples::quickstart::run(Path::new("osprofiler-traces"), std::io::stdout())?;
    Ok(())
}
