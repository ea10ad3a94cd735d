//! Two services and one trace: `cargo run --example distributed`.
//!
//! Not here: the services, the client and the printing. They lie in `src/distributed`, where a test runs them too.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    // Where the `osprofiler` command looks when nobody says otherwise.
    osprofiler_examples::distributed::run(Path::new("osprofiler-traces"), std::io::stdout())?;
    Ok(())
}
