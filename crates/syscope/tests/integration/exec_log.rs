//! `syscope exec`, the exec log.

mod ends;
mod endings;
mod flags;
mod init;
mod running;
mod scenarios;
mod space;
mod storm;
mod strings;
mod ways;
