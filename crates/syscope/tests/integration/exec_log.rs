//! `syscope exec`, the exec log.

mod endings;
mod ends;
mod flags;
mod init;
mod running;
mod scenarios;
mod space;
mod storm;
mod strings;
mod ways;
mod workers;
