//! Random values, bound and returned, against what the database itself says of them.
//!
//! Values are bound through a traced pool. In the same trace the database makes text or JSON of them with its own functions,
//! and what was recorded has to mean the same: parameters, rows of prepared statements, and rows of statements that are
//! passed as text. `OSPROFILER_TEST_SEED` is a number that chooses other values; a failure says which it was.

mod mysql;
mod postgres;
mod sqlite;
mod values;

use osprofiler::report::Point;
use serde_json::Value;
use values::Random;

/// How many values each test compares at least; MySQL has fewer types than MariaDB.
mod at_least {
    pub(super) const POSTGRES_NUMBERS: usize = 7_680;
    pub(super) const POSTGRES_TEXTS: usize = 4_480;
    pub(super) const POSTGRES_TIMES: usize = 12_160;
    pub(super) const POSTGRES_OTHERS: usize = 10_880;
    pub(super) const POSTGRES_JSON_AND_RANGES: usize = 8_320;
    pub(super) const POSTGRES_ARRAYS: usize = 16_640;
    pub(super) const POSTGRES_DECLARED: usize = 8_960;
    pub(super) const MYSQL: usize = 24_000;
    pub(super) const SQLITE: usize = 15_360;

    const ALL: usize = POSTGRES_NUMBERS
        + POSTGRES_TEXTS
        + POSTGRES_TIMES
        + POSTGRES_OTHERS
        + POSTGRES_JSON_AND_RANGES
        + POSTGRES_ARRAYS
        + POSTGRES_DECLARED
        + MYSQL
        + SQLITE;
    const _: () = assert!(ALL >= 100_000);
}

/// Where values come from, and how many were compared.
struct Tally {
    seed: u64,
    random: Random,
    values: usize,
}

impl Tally {
    fn new() -> Self {
        let seed = std::env::var("OSPROFILER_TEST_SEED").map_or(20_261_124, |seed| seed.parse().expect("a number"));
        Self { seed, random: Random::new(seed), values: 0 }
    }

    /// Values of which one in eight is NULL.
    fn take<T>(&mut self, count: usize, mut make: impl FnMut(&mut Random) -> T) -> Vec<Option<T>> {
        (0..count).map(|_| (self.random.below(8) != 0).then(|| make(&mut self.random))).collect()
    }

    /// Compares a recorded value with what the database says.
    #[track_caller]
    fn compare(&self, what: &str, recorded: &Value, said: &Value, precision: Precision) {
        let seed = self.seed;
        assert!(
            same(&rounded(recorded), said, precision),
            "{what} (OSPROFILER_TEST_SEED={seed})\nrecorded: {recorded}\nis:       {said}"
        );
    }

    /// So many values were compared, wherever they stand.
    fn add(&mut self, values: usize) {
        self.values += values;
    }

    #[track_caller]
    fn finish(self, at_least: usize) {
        assert!(self.values >= at_least, "{} values", self.values);
    }
}

/// The value as `serde_json` reads it: a report keeps all digits of whole numbers that are longer than 64 bits, as
/// `Message::info` says.
fn rounded(recorded: &Value) -> Value {
    match recorded {
        Value::Object(members) => match members.get("osprofiler.number").and_then(Value::as_str) {
            Some(digits) => digits.parse::<f64>().expect("a number").into(),
            None => members.iter().map(|(name, value)| (name.clone(), rounded(value))).collect(),
        },
        Value::Array(values) => values.iter().map(rounded).collect(),
        other => other.clone(),
    }
}

/// How exact floating-point numbers are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Precision {
    Double,
    /// Two decimals may be the shortest for the same number of 32 bits.
    Single,
}

/// Whether both mean the same: whole numbers are equal, and others the same floating-point number with its sign.
fn same(a: &Value, b: &Value, precision: Precision) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            if (a.is_i64() || a.is_u64()) && (b.is_i64() || b.is_u64()) {
                return a == b;
            }
            let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) else { return false };
            match precision {
                Precision::Double => a.to_bits() == b.to_bits(),
                Precision::Single => (a as f32).to_bits() == (b as f32).to_bits(),
            }
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, precision)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b, precision)))
        }
        _ => a == b,
    }
}

/// The point of the only statement.
#[track_caller]
fn only(points: &[Point]) -> &Point {
    assert_eq!(points.len(), 1, "{points:#?}");
    &points[0]
}

/// The recorded parameters with their types, as many as there were.
#[track_caller]
fn params(point: &Point, count: usize) -> (&[Value], &[Value]) {
    let db = &point.start_info["db"];
    let list = |key: &str| db[key].as_array().unwrap_or_else(|| panic!("{key} in {db}")).as_slice();
    assert_eq!((list("params").len(), list("param_types").len()), (count, count), "{db}");
    (list("params"), list("param_types"))
}

/// The recorded rows, as many as there were.
#[track_caller]
fn rows(point: &Point, count: usize) -> &[Value] {
    let db = &point.stop_info["db"];
    let rows = db["result"].as_array().unwrap_or_else(|| panic!("no result in {db}"));
    assert_eq!(rows.len(), count, "{db}");
    rows
}
