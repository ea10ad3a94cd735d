//! `bit` and `varbit`, as zeros and ones.

use super::reader::Reader;

/// A count of bits, and the bits from the highest of each byte on.
pub(super) fn bits(reader: &mut Reader<'_>) -> Option<String> {
    let count = usize::try_from(reader.i32()?).ok()?;
    if count.div_ceil(8) != reader.left() {
        return None;
    }
    let mut out = String::with_capacity(count);
    while out.len() < count {
        let byte = reader.u8()?;
        for bit in (0..8).rev().take(count - out.len()) {
            out.push(if byte >> bit & 1 == 0 { '0' } else { '1' });
        }
    }
    Some(out)
}
