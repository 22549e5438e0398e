//! Which container is it: on real runtimes, each in a host of the test's own (`syscope_testing::containers`).
//!
//! Programs say who they are by an argument, the mark: `/bin/true MARK`. A test knows where it started which
//! mark, and holds the events against that.

mod crowd;
mod filters;
mod forgeries;
mod hierarchies;
mod lists;
mod moves;
mod nested;
mod outages;
mod pods;
mod sessions;
mod single;
mod watch;
