//! Structures: ipc.
