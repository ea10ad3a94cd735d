//! The program's own mistakes are told as they are without the attribute.

use osprofiler::trace;

#[trace("sync")]
fn number() -> u8 {
    "text"
}

#[trace("async")]
async fn async_number(text: &str) -> u8 {
    let _ = text.parse::<u8>()?;
    text
}

#[trace("moved")]
fn moved(text: String) -> String {
    drop(text);
    text
}

fn main() {}
