//! What the example programs do, so that tests can do it too. The programs themselves lie beside this folder.

pub mod distributed;
pub mod quickstart;
pub mod trace_points;
