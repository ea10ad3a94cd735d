//! Values of MySQL and MariaDB: from the binary and text forms of their protocol to [`DbValue`](super::DbValue).
//!
//! Pure code: bytes and a [`MysqlType`] go in, a value comes out. Not here: how an adapter comes by bytes and types.
//!
//! | type | value |
//! | --- | --- |
//! | BOOLEAN | a boolean where it is 0 or 1 |
//! | whole numbers, YEAR, FLOAT, DOUBLE | numbers |
//! | DECIMAL, DATE, DATETIME, TIMESTAMP, TIME | text, as MySQL prints it |
//! | JSON | JSON |
//! | CHAR, VARCHAR, TEXT, ENUM, SET | text |
//! | BINARY, VARBINARY, BLOB, GEOMETRY | bytes |
//! | BIT | zeros and ones; a number where the type does not say how many |
//! | what is unknown or malformed | the bytes as they are |
//!
//! The binary format does not say how many digits a column's seconds have: six are shown, or none where all are zero.
//! Decimals are shown as they were sent, which may be `1.5E-8`.

mod column;
mod decode;
mod temporal;
mod types;

pub use types::MysqlType;

#[cfg(test)]
mod tests;
