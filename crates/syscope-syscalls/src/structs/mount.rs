//! Structures: mount.
