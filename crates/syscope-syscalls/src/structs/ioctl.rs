//! Structures: ioctl.
