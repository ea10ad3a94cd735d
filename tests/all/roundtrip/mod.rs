//! Random values through diesel and through sqlx, against what the database itself says of them.
//!
//! One statement binds a batch of values and asks the database what it takes them for. It runs in one trace three times:
//! by a traced connection of diesel, by one of diesel-async, and by a traced pool of sqlx. What was recorded of the values
//! has to mean what the database says, and has to be the same all three times, with the same names of types.
//! `OSPROFILER_TEST_SEED` is a number that chooses other values; a failure says which it was.

mod literals;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod values;

use osprofiler::db::DbOptions;
use osprofiler::report::Point;
use serde_json::Value;
use values::Random;

/// So many values of each type are compared, a batch in each statement.
const BATCHES: usize = 8;
const BATCH: usize = 40;

/// No value of a batch is cut.
fn whole() -> DbOptions {
    DbOptions::default().value_cap(64 << 10).statement_cap(16 << 20)
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

    /// A batch of values, of which one in eight is NULL.
    fn take<T>(&mut self, mut make: impl FnMut(&mut Random) -> T) -> Vec<Option<T>> {
        (0..BATCH).map(|_| (!self.random.rarely(8)).then(|| make(&mut self.random))).collect()
    }

    /// Compares recorded values with what the database says of them.
    #[track_caller]
    fn compare(&mut self, what: &str, recorded: &[Value], said: &[Value], precision: Precision) {
        let seed = self.seed;
        assert_eq!(recorded.len(), said.len(), "{what}");
        for (recorded, said) in recorded.iter().zip(said) {
            assert!(
                means_same(recorded, said, precision),
                "{what} (OSPROFILER_TEST_SEED={seed})\nrecorded: {recorded}\nis:       {said}"
            );
        }
        self.values += said.len();
    }

    #[track_caller]
    fn finish(self, types: usize) {
        assert_eq!(self.values, types * BATCHES * BATCH);
    }
}

/// How exact floating-point numbers are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Precision {
    Double,
    /// Two decimals may be the shortest for the same number of 32 bits.
    Single,
}

/// Whole numbers are equal, and others the same floating-point number with its sign.
fn means_same(a: &Value, b: &Value, precision: Precision) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            if !a.is_f64() && !b.is_f64() {
                return a == b;
            }
            let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) else { return false };
            match precision {
                Precision::Double => a.to_bits() == b.to_bits(),
                Precision::Single => (a as f32).to_bits() == (b as f32).to_bits(),
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| means_same(a, b, precision))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| means_same(a, b, precision)))
        }
        _ => a == b,
    }
}

/// The recorded values with their types, as many of the one as of the other.
#[track_caller]
fn params(point: &Point) -> (&[Value], &[Value]) {
    let db = &point.start_info["db"];
    let list = |key: &str| db[key].as_array().unwrap_or_else(|| panic!("{key} in {db}")).as_slice();
    let (params, types) = (list("params"), list("param_types"));
    assert_eq!(params.len(), types.len(), "{db}");
    (params, types)
}

#[test]
fn what_means_something_else_is_told_apart() {
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    for (a, b, precision, equal) in [
        ("1", "1.0", Precision::Double, true),
        ("0.0", "-0", Precision::Double, false),
        ("9007199254740993", "9007199254740992", Precision::Double, false),
        ("0.1", "0.10000000149", Precision::Double, false),
        ("0.1", "0.10000000149", Precision::Single, true),
        ("[1, 2]", "[1]", Precision::Double, false),
        ("{\"a\": 1}", "{\"b\": 1}", Precision::Double, false),
        ("\"1\"", "1", Precision::Double, false),
    ] {
        assert_eq!(means_same(&json(a), &json(b), precision), equal, "{a} {b}");
    }
}
