//! [`Rows`]: a result's first rows, as they are kept until the collector's worker writes them.

use std::sync::Arc;

use osprofiler::db::{DbValue, ReturnedRows, RowsWriter};
use sqlx_core::column::Column;
use sqlx_core::row::Row;

/// Rows take no more than about so many bytes.
const CAP: usize = 256 << 10;

/// A value of a row, as a database keeps it.
pub trait Cell: Send + 'static {
    /// The name of its database type.
    fn type_name(&self) -> std::borrow::Cow<'_, str>;

    /// Decodes it, on the collector's worker.
    fn decode(&self) -> DbValue<'_>;

    /// About how many bytes it keeps.
    fn weight(&self) -> usize;
}

/// Kept rows. Those of one result have one list of names.
#[derive(Debug)]
pub struct Rows<C> {
    rows: Vec<(Arc<[String]>, Vec<C>)>,
    weight: usize,
}

impl<C> Default for Rows<C> {
    fn default() -> Self {
        Self { rows: Vec::new(), weight: 0 }
    }
}

impl<C: Cell> Rows<C> {
    /// Keeps a row, if there is room; `cell` gives the value of each column.
    pub(crate) fn keep<R: Row>(&mut self, row: &R, mut cell: impl FnMut(usize) -> Option<C>) {
        if self.weight > CAP {
            return;
        }
        let columns = row.columns();
        let names = match self.rows.last() {
            // Another result of the same call may have other columns.
            Some((names, _)) if names.iter().map(String::as_str).eq(columns.iter().map(Column::name)) => {
                Arc::clone(names)
            }
            _ => columns.iter().map(|column| column.name().to_owned()).collect(),
        };
        let cells: Vec<C> = (0..columns.len()).map_while(&mut cell).collect();
        self.weight += cells.iter().map(C::weight).sum::<usize>();
        self.rows.push((names, cells));
    }
}

impl<C: Cell> ReturnedRows for Rows<C> {
    fn weight(&self) -> usize {
        self.weight
    }

    fn decode(self, rows: &mut RowsWriter<'_>) {
        for (names, cells) in &self.rows {
            let types: Vec<_> = cells.iter().map(Cell::type_name).collect();
            let columns = names.iter().zip(&types).zip(cells);
            rows.row(columns.map(|((name, type_name), cell)| (name.as_str(), &**type_name, cell.decode())));
        }
    }
}

/// The first bytes of a value: all of it, where it is not much longer than `cap`, since only a whole number or date means
/// anything.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn head_of(bytes: &[u8], cap: usize) -> Box<[u8]> {
    const SHORT: usize = 4 << 10;
    bytes[..bytes.len().min(cap.max(SHORT))].into()
}
