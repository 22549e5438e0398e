//! Diagnostics: always to stderr, because stdout is data.

use tracing_subscriber::EnvFilter;

use crate::args::{Global, LogFormat};

/// Starts the log as the global flags ask.
pub fn start(global: &Global) {
    let filter = EnvFilter::try_new(&global.log_level).unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}
