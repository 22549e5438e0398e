//! Structures: file.
