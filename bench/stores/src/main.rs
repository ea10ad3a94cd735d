//! What the stores take, with real servers of this program's own.
//!
//! `throughput` records as fast as the collector takes messages and prints messages per second and memory, one process for
//! each store. `outage MINUTES` records for so long into stores whose servers are killed and started again at random, and checks
//! that every message is in the store or counted as lost. `cargo xtask bench` and `cargo xtask outage` run them.

mod outage;
mod targets;
mod throughput;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["throughput"] => throughput::table(),
        ["throughput", name, connection_string, options] => throughput::measure(name, connection_string, options),
        ["outage", minutes] => outage::run(minutes.parse()?),
        _ => Err("usage: throughput, or outage MINUTES".into()),
    }
}
