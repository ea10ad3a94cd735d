//! Points and what is made of them, as PostgreSQL's `geo_ops.c` prints them, and the extension `cube`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::float::float8;
use super::reader::Reader;

/// The bytes of a point.
const POINT: usize = 16;
/// The flag of a cube that is a point: its second corner is left out.
const IS_POINT: u32 = 1 << 31;
/// `CUBE_MAX_DIM`.
const MAX_CUBE_DIMENSIONS: u32 = 100;

pub(super) fn point(reader: &mut Reader<'_>) -> Option<String> {
    Some(format!("({},{})", number(reader)?, number(reader)?))
}

pub(super) fn lseg(reader: &mut Reader<'_>) -> Option<String> {
    Some(format!("[{},{}]", point(reader)?, point(reader)?))
}

pub(super) fn path(reader: &mut Reader<'_>) -> Option<String> {
    let (open, close) = match reader.u8()? {
        0 => ('[', ']'),
        1 => ('(', ')'),
        _ => return None,
    };
    points(reader, open, close)
}

pub(super) fn polygon(reader: &mut Reader<'_>) -> Option<String> {
    points(reader, '(', ')')
}

fn points(reader: &mut Reader<'_>, open: char, close: char) -> Option<String> {
    let count = reader.count(POINT).filter(|count| *count > 0)?;
    let mut out = String::from(open);
    for index in 0..count {
        out.push_str(if index == 0 { "" } else { "," });
        out.push_str(&point(reader)?);
    }
    out.push(close);
    Some(out)
}

/// A box. PostgreSQL puts the larger coordinates first, whatever a client sends.
pub(super) fn rectangle(reader: &mut Reader<'_>) -> Option<String> {
    let (x1, y1, x2, y2) = (reader.f64()?, reader.f64()?, reader.f64()?, reader.f64()?);
    let (high_x, low_x) = if less(x1, x2) { (x2, x1) } else { (x1, x2) };
    let (high_y, low_y) = if less(y1, y2) { (y2, y1) } else { (y1, y2) };
    Some(format!("({},{}),({},{})", float8(high_x), float8(high_y), float8(low_x), float8(low_y)))
}

/// Whether `a` is less in PostgreSQL's order, where NaN is larger than all.
fn less(a: f64, b: f64) -> bool {
    match a.partial_cmp(&b) {
        Some(order) => order == Ordering::Less,
        None => !a.is_nan(),
    }
}

pub(super) fn line(reader: &mut Reader<'_>) -> Option<String> {
    Some(format!("{{{},{},{}}}", number(reader)?, number(reader)?, number(reader)?))
}

pub(super) fn circle(reader: &mut Reader<'_>) -> Option<String> {
    Some(format!("<{},{}>", point(reader)?, number(reader)?))
}

/// `cube_send` and `cube_out` of the extension.
pub(super) fn cube(reader: &mut Reader<'_>) -> Option<String> {
    let header = reader.u32()?;
    let dimensions = (header & !IS_POINT <= MAX_CUBE_DIMENSIONS).then_some(header & !IS_POINT)?;
    let mut out = String::new();
    for corner in 0..if header & IS_POINT == 0 { 2 } else { 1 } {
        out.push_str(if corner == 0 { "(" } else { ",(" });
        for index in 0..dimensions {
            let _ = write!(out, "{}{}", if index == 0 { "" } else { ", " }, number(reader)?);
        }
        out.push(')');
    }
    Some(out)
}

fn number(reader: &mut Reader<'_>) -> Option<String> {
    reader.f64().map(float8)
}
