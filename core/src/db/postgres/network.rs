//! Addresses: `inet` and `cidr` as PostgreSQL's `inet_net_ntop.c` prints them, and those of network cards.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::reader::Reader;

/// PostgreSQL's `PGSQL_AF_INET` and `PGSQL_AF_INET6`, the same on every system.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

/// An address with the bits of its network; `cidr` always shows these.
pub(super) fn address(reader: &mut Reader<'_>, cidr: bool) -> Option<String> {
    let (family, bits, _is_cidr, length) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let (mut out, all) = match (family, length) {
        (IPV4, 4) => (Ipv4Addr::from_bits(reader.u32()?).to_string(), 32),
        (IPV6, 16) => {
            let mut words = [0; 8];
            for word in &mut words {
                *word = reader.u16()?;
            }
            (ipv6(words), 128)
        }
        _ => return None,
    };
    if bits > all {
        return None;
    }
    if cidr || bits < all {
        let _ = write!(out, "/{bits}");
    }
    Some(out)
}

/// Other than Rust's own, this shows the last two words as an IPv4 address after six words of zeros, too.
fn ipv6(words: [u16; 8]) -> String {
    let zeros = zeros(&words);
    let mapped = zeros == (0..6) || (zeros == (0..5) && words[5] == 0xffff);
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if zeros.contains(&index) {
            out.push_str(if index == zeros.start { ":" } else { "" });
            continue;
        }
        out.push_str(if index == 0 { "" } else { ":" });
        if index == 6 && mapped {
            let _ = write!(out, "{}", Ipv4Addr::from_bits(u32::from(*word) << 16 | u32::from(words[7])));
            break;
        }
        let _ = write!(out, "{word:x}");
    }
    if !zeros.is_empty() && zeros.end == words.len() {
        out.push(':');
    }
    out
}

/// The first of the longest runs of zeros, where it is two words long or longer.
fn zeros(words: &[u16; 8]) -> Range<usize> {
    let mut longest = 0..0;
    let mut start = 0;
    for (index, word) in words.iter().enumerate() {
        if *word != 0 {
            start = index + 1;
        } else if index + 1 - start > longest.len() {
            longest = start..index + 1;
        }
    }
    if longest.len() < 2 { 0..0 } else { longest }
}

/// The address of a network card, of so many bytes.
pub(super) fn mac<const BYTES: usize>(reader: &mut Reader<'_>) -> Option<String> {
    let mut out = String::with_capacity(3 * BYTES);
    for index in 0..BYTES {
        let _ = write!(out, "{}{:02x}", if index == 0 { "" } else { ":" }, reader.u8()?);
    }
    Some(out)
}
