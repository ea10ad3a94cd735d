//! The server's own types: their OIDs, names and forms. From `pg_type.dat` of PostgreSQL 15.

use std::borrow::Cow;

/// How the bytes of a type are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Unsigned, of 32 bits.
    Oid,
    /// Unsigned, of 64 bits.
    Xid8,
    Float4,
    Float8,
    Numeric,
    Text,
    /// One byte, where zero is no text.
    Char,
    Bytea,
    Uuid,
    Date,
    Time,
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    Json,
    Jsonb,
    Money,
    /// Text behind a version, which is 1.
    Versioned,
    Inet,
    Cidr,
    Macaddr,
    Macaddr8,
    Bit,
    Point,
    Lseg,
    Path,
    Box,
    Polygon,
    Line,
    Circle,
    Cube,
    Lsn,
    Tid,
    Void,
    Hstore,
    Record,
    /// A range with bounds of the type with this OID.
    Range(u32),
    Multirange(u32),
    /// An array with elements of the type with this OID.
    Array(u32),
    /// An array whose text is numbers between spaces.
    Vector(u32),
}

/// OID, name, OID of the array type, form.
const TYPES: [(u32, &str, u32, Form); 63] = [
    (16, "bool", 1000, Form::Bool),
    (17, "bytea", 1001, Form::Bytea),
    (18, "char", 1002, Form::Char),
    (19, "name", 1003, Form::Text),
    (20, "int8", 1016, Form::Int8),
    (21, "int2", 1005, Form::Int2),
    (22, "int2vector", 1006, Form::Vector(21)),
    (23, "int4", 1007, Form::Int4),
    (25, "text", 1009, Form::Text),
    (26, "oid", 1028, Form::Oid),
    (27, "tid", 1010, Form::Tid),
    (28, "xid", 1011, Form::Oid),
    (29, "cid", 1012, Form::Oid),
    (30, "oidvector", 1013, Form::Vector(26)),
    (114, "json", 199, Form::Json),
    (142, "xml", 143, Form::Text),
    (600, "point", 1017, Form::Point),
    (601, "lseg", 1018, Form::Lseg),
    (602, "path", 1019, Form::Path),
    (603, "box", 1020, Form::Box),
    (604, "polygon", 1027, Form::Polygon),
    (628, "line", 629, Form::Line),
    (650, "cidr", 651, Form::Cidr),
    (700, "float4", 1021, Form::Float4),
    (701, "float8", 1022, Form::Float8),
    (705, "unknown", 0, Form::Text),
    (718, "circle", 719, Form::Circle),
    (774, "macaddr8", 775, Form::Macaddr8),
    (790, "money", 791, Form::Money),
    (829, "macaddr", 1040, Form::Macaddr),
    (869, "inet", 1041, Form::Inet),
    (1042, "bpchar", 1014, Form::Text),
    (1043, "varchar", 1015, Form::Text),
    (1082, "date", 1182, Form::Date),
    (1083, "time", 1183, Form::Time),
    (1114, "timestamp", 1115, Form::Timestamp),
    (1184, "timestamptz", 1185, Form::Timestamptz),
    (1186, "interval", 1187, Form::Interval),
    (1266, "timetz", 1270, Form::Timetz),
    (1560, "bit", 1561, Form::Bit),
    (1562, "varbit", 1563, Form::Bit),
    (1700, "numeric", 1231, Form::Numeric),
    (1790, "refcursor", 2201, Form::Text),
    (2249, "record", 2287, Form::Record),
    (2275, "cstring", 1263, Form::Text),
    (2278, "void", 0, Form::Void),
    (2950, "uuid", 2951, Form::Uuid),
    (3220, "pg_lsn", 3221, Form::Lsn),
    (3802, "jsonb", 3807, Form::Jsonb),
    (3904, "int4range", 3905, Form::Range(23)),
    (3906, "numrange", 3907, Form::Range(1700)),
    (3908, "tsrange", 3909, Form::Range(1114)),
    (3910, "tstzrange", 3911, Form::Range(1184)),
    (3912, "daterange", 3913, Form::Range(1082)),
    (3926, "int8range", 3927, Form::Range(20)),
    (4072, "jsonpath", 4073, Form::Versioned),
    (4451, "int4multirange", 6150, Form::Multirange(23)),
    (4532, "nummultirange", 6151, Form::Multirange(1700)),
    (4533, "tsmultirange", 6152, Form::Multirange(1114)),
    (4534, "tstzmultirange", 6153, Form::Multirange(1184)),
    (4535, "datemultirange", 6155, Form::Multirange(1082)),
    (4536, "int8multirange", 6157, Form::Multirange(20)),
    (5069, "xid8", 271, Form::Xid8),
];

/// What SQL calls types whose `typname` is another.
const ALIASES: [(&str, Form); 17] = [
    ("bigint", Form::Int8),
    ("bit varying", Form::Bit),
    ("boolean", Form::Bool),
    ("character", Form::Text),
    ("character varying", Form::Text),
    ("dec", Form::Numeric),
    ("decimal", Form::Numeric),
    ("double precision", Form::Float8),
    ("int", Form::Int4),
    ("integer", Form::Int4),
    ("real", Form::Float4),
    ("smallint", Form::Int2),
    ("time with time zone", Form::Timetz),
    ("time without time zone", Form::Time),
    ("timestamp with time zone", Form::Timestamptz),
    ("timestamp without time zone", Form::Timestamp),
    ("float", Form::Float8),
];

/// The first OID that a server gives to types that are not its own: `FirstNormalObjectId`.
const FIRST_CUSTOM_OID: u32 = 16384;

/// Whether a type with this OID is one of the server's own.
pub(super) fn is_builtin(oid: u32) -> bool {
    (1..FIRST_CUSTOM_OID).contains(&oid)
}

/// How the type with this OID is read.
pub(super) fn form(oid: u32) -> Option<Form> {
    match TYPES.binary_search_by_key(&oid, |entry| entry.0) {
        Ok(index) => Some(TYPES[index].3),
        Err(_) => element(oid).map(|(oid, _)| Form::Array(oid)),
    }
}

/// The name of the type with this OID.
pub(super) fn name(oid: u32) -> Option<Cow<'static, str>> {
    match TYPES.binary_search_by_key(&oid, |entry| entry.0) {
        Ok(index) => Some(TYPES[index].1.into()),
        Err(_) => element(oid).map(|(_, name)| format!("{name}[]").into()),
    }
}

/// The OID of the type with this `typname`.
pub(super) fn oid(name: &str) -> Option<u32> {
    TYPES.iter().find(|(_, typname, ..)| *typname == name).map(|(oid, ..)| *oid)
}

/// How the type with this name is read.
pub(super) fn named(name: &str) -> Option<Form> {
    if let Some(entry) = TYPES.iter().find(|entry| entry.1 == name) {
        return Some(entry.3);
    }
    ALIASES.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
}

/// How a type of an extension is read. These have other OIDs on each server.
pub(super) fn extension(name: &str) -> Option<Form> {
    match name {
        "citext" => Some(Form::Text),
        "cube" => Some(Form::Cube),
        "hstore" => Some(Form::Hstore),
        "lquery" | "ltree" | "ltxtquery" => Some(Form::Versioned),
        _ => None,
    }
}

/// OID and name of the elements of the array type with this OID.
fn element(array: u32) -> Option<(u32, &'static str)> {
    let entry = TYPES.iter().find(|entry| array != 0 && entry.2 == array)?;
    Some((entry.0, entry.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_the_order_of_their_oids() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
        for (oid, name, array, expected) in TYPES {
            assert_eq!(form(oid), Some(expected), "{name}");
            assert_eq!(named(name), Some(expected), "{name}");
            assert!(is_builtin(oid));
            if array != 0 {
                assert_eq!(form(array), Some(Form::Array(oid)), "{name}[]");
            }
        }
        assert_eq!(form(0), None);
    }
}
