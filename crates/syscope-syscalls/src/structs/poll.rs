//! Structures: poll.
