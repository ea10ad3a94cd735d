//! Decoded values, for the tests of each database's arguments.

use osprofiler::InfoWriter;
use osprofiler::db::{BoundValues, DbOptions, ParamsWriter};
use serde_json::Value;

/// What the worker writes of kept values.
pub(crate) fn read(values: &mut impl BoundValues) -> Value {
    let mut info = InfoWriter::new();
    ParamsWriter::write(&mut info, "", &DbOptions::default(), |params| values.decode(params));
    serde_json::from_str(&info.finish()).expect("JSON")
}
