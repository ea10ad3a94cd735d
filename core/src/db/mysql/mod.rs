//! Values of MySQL and MariaDB: from the binary and text forms of their protocol to [`DbValue`](super::DbValue).
