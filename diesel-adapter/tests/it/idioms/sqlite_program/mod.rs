//! What only SQLite has, a file for each topic.

pub(crate) mod extensions;
pub(crate) mod own;
pub(crate) mod returning;

use super::program::{Author, NewAuthor, authors, names};
use super::{Conn, raw};
