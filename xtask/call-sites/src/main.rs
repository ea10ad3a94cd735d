//! Runs the quickstart, and a statement by each way to run one, and prints where in this program each came from.
//!
//! Not here: the module `quickstart`, which is the one of the examples. `cargo xtask call-sites` puts it here.

mod adapters;
#[allow(dead_code, reason = "what an example shows need not be read here")]
mod quickstart;

use std::error::Error;
use std::path::Path;

use osprofiler::report::Trace;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = Path::new("traces");
    for (_, trace) in quickstart::run(directory, std::io::sink())? {
        print(&trace);
    }
    print(&adapters::run(directory)?);
    Ok(())
}

fn print(trace: &Trace) {
    for point in trace.points() {
        let Some(statement) = point.statement() else { continue };
        let site = match point.caller() {
            Some(caller) => match caller.place {
                Some((file, line)) => format!("{file}:{line}"),
                None => caller.function.to_owned(),
            },
            None => "nowhere".to_owned(),
        };
        println!("{site}\t{statement}");
    }
}
