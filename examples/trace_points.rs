//! Five ways to make a trace point: `cargo run -p osprofiler-examples --example trace_points`.
//!
//! Not here: the ways themselves. They lie in `src/trace_points`, where a test compares them with Python's.

fn main() -> std::io::Result<()> {
    osprofiler_examples::trace_points::show("file:osprofiler-traces", std::io::stdout())
}
