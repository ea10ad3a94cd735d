//! Values of every type, with their exact bytes.
