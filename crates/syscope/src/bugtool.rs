//! One archive with what a bug report needs, also from a host on which nothing else starts.
//!
//! ```text
//!   collectors (beside each other, each bounded in time and size) ---> texts ---> Scrub ---> Archive
//!        |                                                                          ^
//!        +--> problems ---> errors.txt                 values known to be secret ---+
//! ```
//!
//! A collector that fails or hangs costs its own part of the archive only, and says so in `errors.txt`.
//! Every byte passes the [`scrub::Scrub`]. Nothing on the host is changed.

mod archive;
mod cgroups;
mod collect;
mod configuration;
mod logs;
mod objects;
mod outside;
mod scrub;
mod secrets;
mod system;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use syscope_event::Timestamp;

pub use self::archive::Entry;

use self::archive::Archive;
use self::collect::Collected;
use self::scrub::Scrub;
use crate::doctor;
use crate::doctor::probe::Host;

/// What is collected, and from where.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the doctor is told.
    pub doctor: doctor::Options,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// Patterns to hide beside the usual ones.
    pub redact: Vec<String>,
    /// How old log entries may be.
    pub since: Duration,
}

/// What collectors work with.
#[derive(Debug)]
pub struct Context {
    host: Host,
    options: Options,
    /// The configuration file's content, if it can be read and parsed.
    config: Option<toml::Table>,
    scrub: Scrub,
}

/// What came of it.
#[derive(Debug)]
pub struct Summary {
    /// The files of the archive.
    pub entries: Vec<Entry>,
    /// What could not be collected.
    pub problems: Vec<String>,
}

/// The name of an archive made now: `syscope-bugtool-HOST-20261121T023029Z`.
pub fn name(now: Timestamp) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let host: String = host.trim().chars().take(64).map(plain).collect();
    let host = host.trim_start_matches('.');
    let host = if host.is_empty() { "host" } else { host };
    let c = now.civil();
    let time =
        format!("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
    format!("syscope-bugtool-{host}-{time}")
}

/// Collects everything and writes the archive, whose files are in the directory `top`.
pub fn write(to: impl Write, top: String, now: Timestamp, options: Options) -> anyhow::Result<Summary> {
    let host = Host::new("/", options.doctor.altroot.clone().unwrap_or_else(|| "/".into()));
    let config = configuration::read(options.config.as_deref()).ok().flatten();
    let known = secrets::collect(&host, config.as_ref());
    let mut patterns = options.redact.clone();
    patterns.extend(configuration::redact_patterns(config.as_ref()));
    let scrub = Scrub::new(&patterns, &known)?;
    let context = Arc::new(Context { host, options, config, scrub });
    let mut archive = Archive::new(to, top, now.0 / 1_000_000_000);
    let mut problems = Vec::new();
    for (name, Collected { files, problems: own }) in collect::run_all(&context) {
        problems.extend(own.into_iter().map(|problem| format!("{name}: {problem}")));
        for file in files {
            archive.add(&file.name, &file.text, &context.scrub)?;
        }
    }
    let errors = match problems.as_slice() {
        [] => "everything could be collected\n".to_owned(),
        problems => problems.join("\n") + "\n",
    };
    archive.add("errors.txt", errors.as_bytes(), &context.scrub)?;
    let entries = archive.entries().to_vec();
    archive.finish()?.flush()?;
    Ok(Summary { entries, problems })
}
