//! `numeric`: groups of four decimal digits, as `numeric_out` of PostgreSQL's `numeric.c` prints them.

use super::reader::Reader;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;
/// The largest scale that PostgreSQL takes.
const MAX_SCALE: u16 = 0x3FFF;

/// `padding` is how many digits may be written that were not sent; what is used is taken off.
pub(super) fn numeric(mut reader: Reader<'_>, padding: &mut usize) -> Option<String> {
    let (count, weight, sign, scale) = (reader.u16()?, reader.i16()?, reader.u16()?, reader.u16()?);
    let groups = reader.rest();
    if groups.len() != usize::from(count) * 2 || scale > MAX_SCALE {
        return None;
    }
    match sign {
        0 | NEGATIVE => {}
        NAN => return Some("NaN".to_owned()),
        INFINITY => return Some("Infinity".to_owned()),
        NEGATIVE_INFINITY => return Some("-Infinity".to_owned()),
        _ => return None,
    }
    let (groups, _) = groups.as_chunks::<2>();
    if groups.iter().any(|group| u16::from_be_bytes(*group) > 9999) {
        return None;
    }

    // The group at `weight` is the last before the point. Groups that were not sent are zero.
    let integer = usize::try_from(i32::from(weight) + 1).unwrap_or(0);
    let scale = usize::from(scale);
    *padding = padding.checked_sub((integer * 4 + scale).saturating_sub(groups.len() * 4))?;
    let group = |index: i32| usize::try_from(index).ok().and_then(|index| groups.get(index));
    let mut digits = Vec::with_capacity(integer * 4 + scale + 4);
    for index in (0..).take(integer) {
        push(&mut digits, group(index));
    }
    let point = digits.len();
    for index in (i32::from(weight) + 1..).take(scale.div_ceil(4)) {
        push(&mut digits, group(index));
    }
    // The scale cuts what is behind it off.
    digits.truncate(point + scale);

    let mut out = String::with_capacity(digits.len() + 3);
    if sign == NEGATIVE && digits.iter().any(|digit| *digit != b'0') {
        out.push('-');
    }
    let (integer, fraction) = digits.split_at(point);
    let zeros = integer.iter().take_while(|digit| **digit == b'0').count();
    let integer = &integer[zeros..];
    out.extend(if integer.is_empty() { b"0" } else { integer }.iter().copied().map(char::from));
    if scale > 0 {
        out.push('.');
        out.extend(fraction.iter().copied().map(char::from));
    }
    Some(out)
}

/// Four digits.
fn push(digits: &mut Vec<u8>, group: Option<&[u8; 2]>) {
    let group = group.map_or(0, |group| u16::from_be_bytes(*group));
    for unit in [1000, 100, 10, 1] {
        digits.push(b'0' + u8::try_from(group / unit % 10).unwrap_or(0));
    }
}
