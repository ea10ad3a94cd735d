//! What only PostgreSQL has, a file for each topic.

pub(crate) mod copy;
pub(crate) mod cursors;
pub(crate) mod isolation;
pub(crate) mod notifications;
pub(crate) mod returning;
pub(crate) mod types;

use super::program::{Author, NewAuthor, authors, books, names};
use super::{Conn, raw};
