//! What only MySQL has, a file for each topic.

pub(crate) mod own;
pub(crate) mod types;

use super::Conn;
use super::program::{Author, NewAuthor, authors, names};
