//! Writes, publishes and shows posts, as diesel's guide "Getting Started" does, and then shows which SQL that was.
//!
//! ```console
//! $ cargo run -p osprofiler-examples-diesel --example diesel_postgres_or_sqlite
//! $ DATABASE_URL=postgres://localhost/blog cargo run -p osprofiler-examples-diesel --features postgres --example diesel_postgres_or_sqlite
//! ```

use std::error::Error;
use std::time::Duration;

use osprofiler::report::{self, Trace, text};
use osprofiler::{Config, Profiler, driver, initializer};
use osprofiler_examples_diesel::{connect, posts};

fn main() -> Result<(), Box<dyn Error>> {
    // The environment decides where traces go; by default into a folder `osprofiler-traces` here.
    let config = Config::default().with_enabled(true).with_trace_sql(true).with_env()?;
    let guard = initializer::init_from_conf(&config, "examples", "blog", None)?;

    let mut connection = connect()?;
    let request = Profiler::new("SECRET_KEY", None, None);
    request.in_scope(|| -> Result<(), Box<dyn Error>> {
        for title in ["Diesel 1.0", "It's \"quoted\"", "Not for everybody"] {
            println!("Saved draft {title} with id {}", posts::write(&mut connection, title, "...")?);
        }
        posts::publish(&mut connection, 1)?;
        posts::publish(&mut connection, 2)?;
        for post in posts::show(&mut connection)? {
            println!("{}\n-----------\n\n{}", post.title, post.body);
        }
        // A post that is not there: the statement goes well and changes nothing.
        println!("Published the post -1: {:?}", posts::publish(&mut connection, -1));
        Ok(())
    })?;

    if !guard.shutdown(Duration::from_secs(10)) {
        return Err("the store took too long".into());
    }
    let trace = Trace::build(driver::connect(config.connection_string())?.read(request.base_id())?);
    println!();
    text::write(&trace, &text::Style::default(), &mut std::io::stdout())?;
    let report_path = std::env::temp_dir().join("diesel_postgres_or_sqlite.html");
    report::write_file(&report_path, |out| report::html::write(&trace, out))?;
    println!("\nfile://{}", report_path.display());
    Ok(())
}
