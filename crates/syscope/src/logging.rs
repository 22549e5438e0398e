//! What is said on stderr: the log, and words for whoever runs the command. Stdout is data.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use crate::args::{Global, LogFormat};

/// What is said whatever the level of the log is.
const SAID: &str = "syscope::said";

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Starts the log as the global flags ask.
pub fn start(global: &Global) {
    let _ = FORMAT.set(global.log_format);
    let filter = EnvFilter::try_new(&global.log_level).unwrap_or_else(|_| EnvFilter::new("warn"));
    let filter = filter.add_directive(format!("{SAID}=info").parse().expect("it is a directive"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// Says one line to whoever runs the command: as it is, or as an object of the log. That stderr may be gone is no reason to fail.
pub fn say(line: impl Display) {
    if is_json() {
        tracing::info!(target: SAID, "{line}");
    } else {
        say_plainly(line);
    }
}

/// The same for what ends a command.
pub fn complain(line: impl Display) {
    if is_json() {
        tracing::error!(target: SAID, "{line}");
    } else {
        say_plainly(line);
    }
}

/// Whether lines are objects of the log.
fn is_json() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

fn say_plainly(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "syscope: {line}");
}
