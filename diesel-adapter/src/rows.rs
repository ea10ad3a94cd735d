//! [`Rows`]: a result's first rows, as they are kept until the collector's worker writes them.

use std::borrow::Cow;
use std::sync::Arc;

use diesel::backend::Backend;
use diesel::row::{Field, Row};
use osprofiler::db::{DbValue, ReturnedRows, RowsWriter};

/// Rows take no more than about so many bytes.
const CAP: usize = 256 << 10;

/// A value of a row, as a backend keeps it.
pub trait Cell: Send + 'static {
    /// The name of its database type.
    fn type_name(&self) -> Cow<'_, str>;

    /// Decodes it, on the collector's worker.
    fn decode(&self) -> DbValue<'_>;

    /// About how many bytes it keeps.
    fn weight(&self) -> usize;
}

/// Kept rows. They have one list of names.
#[derive(Debug)]
pub struct Rows<C> {
    names: Arc<[String]>,
    rows: Vec<Vec<Option<C>>>,
    weight: usize,
}

impl<C> Default for Rows<C> {
    fn default() -> Self {
        Self { names: Arc::default(), rows: Vec::new(), weight: 0 }
    }
}

impl<C: Cell> Rows<C> {
    /// Keeps a row, if there is room; `cell` keeps a value that is not NULL.
    pub(crate) fn keep<'r, DB: Backend>(&mut self, row: &impl Row<'r, DB>, cell: impl Fn(DB::RawValue<'_>) -> C) {
        if self.weight > CAP {
            return;
        }
        let columns = 0..row.field_count();
        if self.rows.is_empty() {
            let name =
                |index| row.get(index).and_then(|field| Some(field.field_name()?.to_owned())).unwrap_or_default();
            self.names = columns.clone().map(name).collect();
        }
        let cells: Vec<Option<C>> = columns.map(|index| row.get(index)?.value().map(&cell)).collect();
        self.weight += cells.iter().flatten().map(C::weight).sum::<usize>();
        self.rows.push(cells);
    }
}

impl<C: Cell> ReturnedRows for Rows<C> {
    fn weight(&self) -> usize {
        self.weight
    }

    fn decode(self, rows: &mut RowsWriter<'_>) {
        for cells in &self.rows {
            let types: Vec<_> = cells.iter().map(|cell| cell.as_ref().map_or("NULL".into(), Cell::type_name)).collect();
            let columns = self.names.iter().zip(&types).zip(cells);
            rows.row(columns.map(|((name, type_name), cell)| {
                (name.as_str(), &**type_name, cell.as_ref().map_or(DbValue::Null, Cell::decode))
            }));
        }
    }
}

/// The first bytes of a value: all of it, where it is not much longer than `cap`, since only a whole number or date means
/// anything.
pub(crate) fn head_of(bytes: &[u8], cap: usize) -> Box<[u8]> {
    const SHORT: usize = 4 << 10;
    bytes[..bytes.len().min(cap.max(SHORT))].into()
}
