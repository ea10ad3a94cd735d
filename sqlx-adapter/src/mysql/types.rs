//! Types of MySQL's values, from what sqlx's type infos print.

use osprofiler::db::mysql::MysqlType;

/// The protocol's numbers of the types, by sqlx's names.
const COLUMN_TYPES: [(&str, u8); 27] = [
    ("Decimal", 0x00),
    ("Tiny", 0x01),
    ("Short", 0x02),
    ("Long", 0x03),
    ("Float", 0x04),
    ("Double", 0x05),
    ("Null", 0x06),
    ("Timestamp", 0x07),
    ("LongLong", 0x08),
    ("Int24", 0x09),
    ("Date", 0x0a),
    ("Time", 0x0b),
    ("Datetime", 0x0c),
    ("Year", 0x0d),
    ("VarChar", 0x0f),
    ("Bit", 0x10),
    ("Json", JSON),
    ("NewDecimal", 0xf6),
    ("Enum", 0xf7),
    ("Set", 0xf8),
    ("TinyBlob", 0xf9),
    ("MediumBlob", 0xfa),
    ("LongBlob", 0xfb),
    ("Blob", 0xfc),
    ("VarString", 0xfd),
    ("String", STRING),
    ("Geometry", 0xff),
];

const JSON: u8 = 0xf5;
const STRING: u8 = 0xfe;

/// The protocol's flags that matter here.
const FLAGS: [(&str, u16); 4] = [("UNSIGNED", 32), ("BINARY", 128), ("ENUM", 256), ("SET", 2048)];

/// Reads the fields of one `MySqlTypeInfo { .. }`, from the name of the type on.
pub(super) fn read(text: &str) -> Option<MysqlType> {
    let (variant, rest) = text.split_once(", flags: ColumnFlags(")?;
    let (flag_names, rest) = rest.split_once("), collation: Collation(")?;
    let (charset, rest) = rest.split_once("), max_size: ")?;
    let max_size = match rest.split_once(" }")?.0 {
        "None" => None,
        some => Some(some.strip_prefix("Some(")?.strip_suffix(')')?.parse().ok()?),
    };
    let &(_, column_type) = COLUMN_TYPES.iter().find(|(name, _)| *name == variant)?;
    let flags = flag_names
        .split(" | ")
        .filter_map(|name| FLAGS.iter().find(|(known, _)| *known == name))
        .fold(0, |flags, (_, flag)| flags | flag);
    Some(MysqlType::new(column_type, flags, Some(charset.parse().ok()?), max_size))
}

/// As [`read`], of a bound value. sqlx sends JSON as a binary string, which nothing else of it is.
pub(super) fn read_bound(text: &str) -> Option<MysqlType> {
    let ty = read(text)?;
    if ty.column_type == STRING && ty.binary { Some(MysqlType::new(JSON, 0, None, None)) } else { Some(ty) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<&'static str> {
        read(text).map(|ty| ty.name())
    }

    #[test]
    fn the_known_form_is_read() {
        let unsigned = "LongLong, flags: ColumnFlags(UNSIGNED | BINARY), collation: Collation(63), max_size: None }";
        assert_eq!(name(unsigned), Some("BIGINT UNSIGNED"));
        let boolean = "Tiny, flags: ColumnFlags(UNSIGNED | BINARY), collation: Collation(63), max_size: Some(1) }";
        assert_eq!(name(boolean), Some("BOOLEAN"));
        let text = "VarString, flags: ColumnFlags(0x0), collation: Collation(45), max_size: None }";
        assert_eq!(name(text), Some("VARCHAR"));
        let json = "String, flags: ColumnFlags(BINARY), collation: Collation(63), max_size: None }";
        assert_eq!((name(json), read_bound(json).map(|ty| ty.name())), (Some("BINARY"), Some("JSON")));
    }

    #[test]
    fn other_forms_are_not_guessed() {
        assert_eq!(name("Quux, flags: ColumnFlags(0x0), collation: Collation(45), max_size: None }"), None);
        assert_eq!(name("Long"), None);
    }
}
