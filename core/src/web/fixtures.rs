//! What the Python OSProfiler made of the inputs in `fixtures/vectors.json`; `tests/python/web_vectors.py` writes it.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(super) struct Vectors {
    pub(super) headers: Headers,
    pub(super) headers_without_parent: Headers,
    pub(super) pack: Vec<Pack>,
    pub(super) unpack: Vec<Unpack>,
    /// Texts, and the bytes in hexadecimal digits that they are read as.
    pub(super) base64: Vec<[Option<String>; 2]>,
}

#[derive(Deserialize)]
pub(super) struct Headers {
    pub(super) info: String,
    pub(super) hmac: String,
}

#[derive(Deserialize)]
pub(super) struct Pack {
    pub(super) data: Map<String, Value>,
    pub(super) key: Option<String>,
    pub(super) packed: String,
    pub(super) hmac: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Unpack {
    pub(super) name: String,
    pub(super) data: Option<String>,
    pub(super) hmac: Option<String>,
    pub(super) keys: Option<Vec<String>>,
    /// `None` also where Python raises.
    pub(super) unpacked: Option<Map<String, Value>>,
}

pub(super) fn vectors() -> Vectors {
    serde_json::from_str(include_str!("fixtures/vectors.json")).expect("the fixture is what the script writes")
}
