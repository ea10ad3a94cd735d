//! Values of MySQL and MariaDB: from the binary and text forms of their protocol to [`DbValue`](super::DbValue).
//!
//! Pure code: bytes and a [`MysqlType`] go in, a value comes out. Not here: how an adapter comes by bytes and types.
//!
//! | type | value |
//! | --- | --- |
//! | BOOLEAN | a boolean where it is 0 or 1 |
//! | whole numbers, YEAR, FLOAT, DOUBLE | numbers |
//! | DECIMAL, DATE, DATETIME, TIMESTAMP, TIME | text, as MySQL prints it; the binary format has no scale for seconds, so these have six digits behind the point or, where these are zero, none |
//! | JSON | JSON |
//! | CHAR, VARCHAR, TEXT, ENUM, SET | text |
//! | BINARY, VARBINARY, BLOB, GEOMETRY | bytes |
//! | BIT | zeros and ones; a number where the type does not say how many |
//! | what is unknown or malformed | the bytes as they are |

mod column;
mod decode;
mod temporal;
mod types;

pub use types::MysqlType;

#[cfg(test)]
mod tests;
