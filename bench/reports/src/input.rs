//! A large trace, as the adapters write it: a request whose functions run statements with values.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use osprofiler::{Id, Message, MessageFields, Timestamp, driver};
use serde_json::{Value, json};

/// A function runs so many statements.
const STATEMENTS: usize = 50;
/// So many messages a store gets at once.
const BATCH: usize = 1_000;

/// The statements, with the types of their values and what they count.
const TEXTS: [(&str, &[&str], &str); 5] = [
    (
        "SELECT id, title, body, author_id, created_at FROM posts WHERE author_id = $1 ORDER BY created_at DESC LIMIT $2",
        &["INT8", "INT8"],
        "rows",
    ),
    (
        "SELECT \"users\".\"id\", \"users\".\"name\", \"users\".\"email\" FROM \"users\" WHERE \"users\".\"id\" = $1",
        &["INT8"],
        "rows",
    ),
    ("SELECT count(*) FROM comments WHERE post_id = $1 AND deleted_at IS NULL", &["INT8"], "rows"),
    ("INSERT INTO audit_log (actor, action, detail) VALUES ($1, $2, $3)", &["INT8", "TEXT", "JSONB"], "rows_affected"),
    ("UPDATE posts SET views = views + 1 WHERE id = $1", &["INT8"], "rows_affected"),
];

/// Makes messages, the same in each run.
struct Messages {
    random: fastrand::Rng,
    base_id: Id,
    at_us: i64,
}

impl Messages {
    fn new() -> Self {
        let start: Timestamp = "2026-01-02T03:04:05".parse().unwrap_or(Timestamp::from_micros(0));
        let mut random = fastrand::Rng::with_seed(7);
        Self { base_id: id(&mut random), random, at_us: start.as_micros() }
    }

    /// Hands about `count` messages to `take`.
    fn make(mut self, count: usize, mut take: impl FnMut(Message)) -> Result<(), serde_json::Error> {
        let request =
            json!({"request": {"path": "/report", "scheme": "http", "method": "GET", "query": ""}, "host": "node-1"});
        let (base_id, root) = (self.base_id.clone(), id(&mut self.random));
        take(self.message("wsgi-start", &root, &base_id, &request)?);
        for _ in 0..count / (2 * STATEMENTS + 2) {
            let function = id(&mut self.random);
            let info = json!({"function": {"name": "shop::posts::render", "args": ""}, "host": "node-1"});
            take(self.message("function-start", &function, &root, &info)?);
            for _ in 0..STATEMENTS {
                let point = id(&mut self.random);
                let (start, stop) = self.statement();
                take(self.message("db-start", &point, &function, &start)?);
                take(self.message("db-stop", &point, &function, &stop)?);
            }
            take(self.message("function-stop", &function, &root, &json!({"host": "node-1"}))?);
        }
        take(self.message(
            "wsgi-stop",
            &root,
            &base_id,
            &json!({"response": {"status_code": 200}, "host": "node-1"}),
        )?);
        Ok(())
    }

    /// What the start and the stop of a statement say.
    fn statement(&mut self) -> (Value, Value) {
        let random = &mut self.random;
        let (text, types, counts) = TEXTS[random.usize(..TEXTS.len())];
        let params: Vec<Value> = types
            .iter()
            .map(|name| match *name {
                "INT8" => random.u32(..100_000).into(),
                "TEXT" => "update".into(),
                _ => json!({"field": "title", "old": "a \"b\"", "new": "é"}),
            })
            .collect();
        let line = random.u32(40..47);
        let start = json!({"db": {"statement": text, "params": params, "param_types": types, "system": "postgresql",
            "database": "shop", "server": "127.0.0.1:5432", "method": "fetch_all", "connection": random.u32(1..5),
            "caller": {"function": "shop::posts::load", "file": "src/posts.rs", "line": line}}, "host": "node-1"});
        if random.u32(..500) == 0 {
            let stop = json!({"etype": "sqlx::Error", "message": "duplicate key value violates unique constraint \"posts_pkey\"",
                "db": {"sqlstate": "23505"}, "host": "node-1"});
            return (start, stop);
        }
        (start, json!({"db": {counts: random.u32(..30), "first_row_us": 40}, "host": "node-1"}))
    }

    fn message(&mut self, name: &str, id: &Id, parent_id: &Id, info: &Value) -> Result<Message, serde_json::Error> {
        self.at_us += self.random.i64(5..400);
        Message::new(&MessageFields {
            name,
            base_id: &self.base_id,
            trace_id: id,
            parent_id,
            timestamp: Timestamp::from_micros(self.at_us),
            info: &info.to_string(),
            project: Some("shop"),
            service: Some("web"),
        })
    }
}

fn id(random: &mut fastrand::Rng) -> Id {
    let hex = format!("{:032x}", random.u128(..));
    Id::from(format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]).as_str())
}

/// Writes about `count` messages to a file, and says how many bytes they have.
pub(crate) fn write_file(path: &Path, count: usize) -> Result<u64, Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut failed = Ok(());
    Messages::new().make(count, |message| {
        if failed.is_ok() {
            failed = writeln!(out, "{}", message.json());
        }
    })?;
    failed?;
    out.flush()?;
    Ok(path.metadata()?.len())
}

/// Writes about `count` messages to a store, and says which trace they are.
pub(crate) fn write_store(store: &str, count: usize) -> Result<String, Box<dyn Error>> {
    let mut all = Vec::new();
    Messages::new().make(count, |message| all.push(message))?;
    let driver = driver::connect(store)?;
    for batch in all.chunks(BATCH) {
        driver.write(batch)?;
    }
    Ok(all.first().map(|message| message.base_id().to_string()).unwrap_or_default())
}
