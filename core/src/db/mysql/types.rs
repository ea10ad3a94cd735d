//! [`MysqlType`]: what the protocol says of a value's type.

use super::column::*;
use super::decode;
use crate::db::DbValue;

/// The type of a parameter or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MysqlType {
    /// The protocol's number of the type, `MYSQL_TYPE_*`.
    pub column_type: u8,
    /// Whether numbers have no sign.
    pub unsigned: bool,
    /// Whether strings are bytes and no text.
    pub binary: bool,
    /// Whether strings are labels of an ENUM.
    pub enumeration: bool,
    /// Whether strings are those of a SET.
    pub set: bool,
    /// The length that the column definition says: for BIT the number of bits, for TINYINT the width, where 1 makes it
    /// BOOLEAN. `None` where nobody said.
    pub max_size: Option<u32>,
}

impl MysqlType {
    /// From what a column definition says.
    ///
    /// `charset` is the collation's number; strings of the collation 63 are bytes. Where it is not known the flag BINARY
    /// decides. Columns of text have it, too, where their collation compares bytes, as `utf8mb4_bin` does: these would
    /// be shown as bytes.
    #[must_use]
    pub fn new(column_type: u8, flags: u16, charset: Option<u16>, max_size: Option<u32>) -> Self {
        Self {
            column_type,
            unsigned: flags & UNSIGNED_FLAG != 0,
            binary: charset.map_or(flags & BINARY_FLAG != 0, |charset| charset == BINARY_CHARSET),
            enumeration: flags & ENUM_FLAG != 0,
            set: flags & SET_FLAG != 0,
            max_size,
        }
    }

    /// The name in SQL, the same that sqlx 0.9 has for it, except that it takes a SET for CHAR.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.column_type {
            TINY if self.is_boolean() => "BOOLEAN",
            TINY if self.unsigned => "TINYINT UNSIGNED",
            SHORT if self.unsigned => "SMALLINT UNSIGNED",
            LONG if self.unsigned => "INT UNSIGNED",
            INT24 if self.unsigned => "MEDIUMINT UNSIGNED",
            LONGLONG if self.unsigned => "BIGINT UNSIGNED",
            TINY => "TINYINT",
            SHORT => "SMALLINT",
            LONG => "INT",
            INT24 => "MEDIUMINT",
            LONGLONG => "BIGINT",
            FLOAT => "FLOAT",
            DOUBLE => "DOUBLE",
            NULL => "NULL",
            TIMESTAMP => "TIMESTAMP",
            DATE => "DATE",
            TIME => "TIME",
            DATETIME => "DATETIME",
            YEAR => "YEAR",
            BIT => "BIT",
            ENUM => "ENUM",
            SET => "SET",
            DECIMAL | NEWDECIMAL => "DECIMAL",
            GEOMETRY => "GEOMETRY",
            JSON => "JSON",
            STRING if self.enumeration => "ENUM",
            STRING if self.set => "SET",
            STRING if self.binary => "BINARY",
            STRING => "CHAR",
            VARCHAR | VAR_STRING if self.binary => "VARBINARY",
            VARCHAR | VAR_STRING => "VARCHAR",
            TINY_BLOB if self.binary => "TINYBLOB",
            TINY_BLOB => "TINYTEXT",
            BLOB if self.binary => "BLOB",
            BLOB => "TEXT",
            MEDIUM_BLOB if self.binary => "MEDIUMBLOB",
            MEDIUM_BLOB => "MEDIUMTEXT",
            LONG_BLOB if self.binary => "LONGBLOB",
            LONG_BLOB => "LONGTEXT",
            _ => "UNKNOWN",
        }
    }

    /// Takes one value off the front of the values of a `COM_STMT_EXECUTE`, which has none for NULL.
    ///
    /// `None` where it is cut off, or where the type and with it the length is unknown: what follows means nothing then.
    pub fn decode_param<'a>(&self, values: &mut &'a [u8]) -> Option<DbValue<'a>> {
        decode::param(self, values)
    }

    /// Decodes one value of a row in the binary format.
    ///
    /// Strings come without their length; dates and times with it, in their first byte, as sqlx 0.9 has them.
    #[must_use]
    pub fn decode_binary<'a>(&self, value: &'a [u8]) -> DbValue<'a> {
        decode::binary(self, value)
    }

    /// Decodes one value of a row in the text format.
    #[must_use]
    pub fn decode_text<'a>(&self, value: &'a [u8]) -> DbValue<'a> {
        decode::text(self, value)
    }

    pub(super) fn is_boolean(&self) -> bool {
        self.column_type == TINY && self.max_size == Some(1)
    }
}
