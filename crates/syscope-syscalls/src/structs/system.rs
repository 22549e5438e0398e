//! Structures: system.
