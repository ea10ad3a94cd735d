//! Headers that nobody should send: never a trace, never an error, and the request and its response as they were.

use futures::executor::block_on;
use http::{HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use sha1::{Digest, Sha1};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::web::MAX_INFO_BYTES;

/// Names and values, in the order in which they are sent.
type Headers = Vec<(&'static str, Vec<u8>)>;

fn signed_by(key: &str) -> Headers {
    headers("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", key)
        .into_iter()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect()
}

/// Sends a request with these headers, checks that request and response pass through untouched, and says whether it was
/// traced.
fn is_traced(sent: &Headers) -> bool {
    let store = Store::new();
    let service = service_fn(async |request: Request<&'static str>| {
        assert_eq!(*request.body(), "asked");
        let inside = crate::profiler::get().is_some();
        let mut response = Response::builder().status(418).header("x-own", "1");
        for (name, value) in request.headers() {
            response = response.header(name, value);
        }
        Ok::<_, Infallible>(response.body(Full::<Bytes>::from(inside.to_string())).expect("a valid response"))
    });
    let mut request = Request::new("asked");
    for (name, value) in sent {
        let name = HeaderName::try_from(*name).expect("a name");
        request.headers_mut().append(name, HeaderValue::from_bytes(value).expect("a value"));
    }
    let expected = request.headers().clone();
    let response = block_on(store.layer().layer(service).oneshot(request)).expect("no error to the request");
    let (mut parts, body) = response.into_parts();
    let traced = parts.headers.remove(web::X_TRACE_ID).is_some();
    parts.headers.remove("server-timing");
    assert_eq!((parts.status.as_u16(), parts.headers.remove("x-own").is_some()), (418, true));
    assert_eq!(parts.headers, expected);
    let body = block_on(http_body_util::BodyExt::collect(body)).expect("infallible").to_bytes();
    assert_eq!(body, traced.to_string());
    // Without a trace nothing was made: neither a profiler, which the service would have seen, nor a point.
    assert_eq!(store.messages().len(), if traced { 2 } else { 0 });
    traced
}

#[test]
fn hostile_headers_make_no_trace_and_no_error() {
    let good = signed_by(KEY);
    let [(_, info), (_, hmac)] = &good[..] else { panic!("{good:?}") };
    let pair = |info: &[u8], hmac: &[u8]| vec![(web::X_TRACE_INFO, info.to_vec()), (web::X_TRACE_HMAC, hmac.to_vec())];
    let with = |extra: &[(&'static str, Vec<u8>)]| [&good[..], extra].concat();
    assert!(is_traced(&good));
    for (case, headers) in [
        ("of a key that is configured no longer", signed_by("OLD_KEY")),
        ("of an empty key", pair(info, b"")),
        ("info cut", pair(&info[..info.len() - 1], hmac)),
        ("signature cut", pair(info, &hmac[..39])),
        ("info oversized", pair(&b"A".repeat(MAX_INFO_BYTES + 1), hmac)),
        ("info oversized by far", pair(&b"A".repeat(1 << 20), hmac)),
        ("signature oversized", pair(info, &b"a".repeat(1 << 20))),
        ("signature padded beyond reason", pair(info, &[&hmac[..], &b" ".repeat(200), b"x"].concat())),
        ("info twice", with(&good[..1])),
        ("signature twice", with(&good[1..])),
        ("both twice", with(&good)),
        ("another info behind", with(&signed_by("OLD_KEY")[..1])),
        ("another signature in front", [&signed_by("OLD_KEY")[1..], &good[..]].concat()),
        ("empty info beside", with(&[(web::X_TRACE_INFO, Vec::new())])),
        ("swapped", pair(hmac, info)),
        ("info in obs-text", pair(b"\xff\xfe\x80", hmac)),
        ("info with obs-text behind", pair(&[&info[..], b"\xe9"].concat(), hmac)),
        ("signature in obs-text", pair(info, &[0xe9; 40])),
        ("signature in UTF-8", pair(info, "é".repeat(20).as_bytes())),
    ] {
        assert!(!is_traced(&headers), "{case}");
    }
}

#[test]
fn lengths_are_looked_at_before_anything_is_computed() {
    // Signed, so that only its length speaks against it.
    let long = " ".repeat(MAX_INFO_BYTES) + "e30=";
    let hmac = independent_hmac(long.as_bytes());
    assert!(!is_traced(&vec![(web::X_TRACE_INFO, long.into_bytes()), (web::X_TRACE_HMAC, hmac)]));
}

/// RFC 2104 by hand, so that the check does not check itself: in hexadecimal digits, with [`KEY`].
fn independent_hmac(text: &[u8]) -> Vec<u8> {
    let pad =
        |byte: u8| -> Vec<u8> { (0..64).map(|place| KEY.as_bytes().get(place).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha1::digest([pad(0x36), text.to_vec()].concat());
    let outer = Sha1::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
}

/// Whether it is a pair, each there once, of which one signs the other. The contents that the fuzz begins with are good,
/// and nobody finds another signature by chance.
fn is_validly_signed(headers: &Headers) -> bool {
    let values =
        |wanted| headers.iter().filter(|(name, _)| *name == wanted).map(|(_, value)| value).collect::<Vec<_>>();
    match (&values(web::X_TRACE_INFO)[..], &values(web::X_TRACE_HMAC)[..]) {
        // Whitespace around a signature is no part of it, as in OSProfiler; a tab is the only other that a header may have.
        ([info], [hmac]) => hmac.len() <= 128 && hmac.trim_ascii() == independent_hmac(info),
        _ => false,
    }
}

/// One thing that is done to a list of headers.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(Index, Index, u8),
    Cut(Index, Index),
    Insert(Index, Index, Vec<u8>),
    Replace(Index, Vec<u8>),
    Pad(Index, usize),
    SwapValues(Index, Index),
    SwapNames(Index),
    Duplicate(Index),
    Remove(Index),
    Reverse,
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let (header, at) = (any::<Index>, any::<Index>);
    let bytes = || vec(any::<u8>(), 0..60);
    prop_oneof![
        (header(), at(), any::<u8>()).prop_map(|(header, at, bits)| Mutation::Flip(header, at, bits)),
        (header(), at()).prop_map(|(header, at)| Mutation::Cut(header, at)),
        (header(), at(), bytes()).prop_map(|(header, at, bytes)| Mutation::Insert(header, at, bytes)),
        (header(), bytes()).prop_map(|(header, bytes)| Mutation::Replace(header, bytes)),
        (header(), 0..120_usize).prop_map(|(header, spaces)| Mutation::Pad(header, spaces)),
        (header(), header()).prop_map(|(one, other)| Mutation::SwapValues(one, other)),
        header().prop_map(Mutation::SwapNames),
        header().prop_map(Mutation::Duplicate),
        header().prop_map(Mutation::Remove),
        Just(Mutation::Reverse),
    ]
}

fn mutate(headers: &mut Headers, mutation: Mutation) {
    if headers.is_empty() {
        return;
    }
    let count = headers.len();
    match mutation {
        Mutation::Flip(header, at, bits) => {
            let value = &mut headers[header.index(count)].1;
            if !value.is_empty() {
                let at = at.index(value.len());
                value[at] ^= bits;
            }
        }
        Mutation::Cut(header, at) => {
            let value = &mut headers[header.index(count)].1;
            value.truncate(at.index(value.len() + 1));
        }
        Mutation::Insert(header, at, bytes) => {
            let value = &mut headers[header.index(count)].1;
            let at = at.index(value.len() + 1);
            value.splice(at..at, bytes);
        }
        Mutation::Replace(header, bytes) => headers[header.index(count)].1 = bytes,
        Mutation::Pad(header, spaces) => headers[header.index(count)].1.extend(std::iter::repeat_n(b' ', spaces)),
        Mutation::SwapValues(one, other) => {
            let (one, other) = (one.index(count), other.index(count));
            let value = headers[one].1.clone();
            headers[one].1 = std::mem::replace(&mut headers[other].1, value);
        }
        Mutation::SwapNames(header) => {
            let name = &mut headers[header.index(count)].0;
            *name = if *name == web::X_TRACE_INFO { web::X_TRACE_HMAC } else { web::X_TRACE_INFO };
        }
        Mutation::Duplicate(header) => headers.push(headers[header.index(count)].clone()),
        Mutation::Remove(header) => drop(headers.remove(header.index(count))),
        Mutation::Reverse => headers.reverse(),
    }
    for (_, value) in headers {
        // What no server would accept as a header's value never comes so far.
        value.retain(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn request_is_traced_exactly_where_its_headers_are_validly_signed(mutations in vec(mutations(), 0..4)) {
        let mut headers = signed_by(KEY);
        for mutation in mutations {
            mutate(&mut headers, mutation);
        }
        prop_assert_eq!(is_traced(&headers), is_validly_signed(&headers), "{:?}", headers);
    }
}
