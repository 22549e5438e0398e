//! What can go wrong with the kernel programs.

use std::io;
use std::path::PathBuf;

/// Why a session could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller lacks the right to load programs.
    #[error("loading eBPF programs needs root or the capabilities CAP_BPF and CAP_PERFMON (try sudo)")]
    Privilege(#[source] io::Error),
    /// The kernel has no type information.
    #[error("{} is missing: the kernel was built without BTF (CONFIG_DEBUG_INFO_BTF)", .0.display())]
    NoBtf(PathBuf),
    /// The kernel refused the programs.
    #[error("load the kernel programs{}", hint(.log))]
    Load {
        /// What the verifier said last.
        log: String,
        /// The cause.
        #[source]
        source: libbpf_rs::Error,
    },
    /// A step of the set-up failed.
    #[error("{step}")]
    Step {
        /// What was tried.
        step: String,
        /// The cause.
        #[source]
        source: libbpf_rs::Error,
    },
    /// A ring could not be mapped.
    #[error("map the ring of cpu {cpu}")]
    Ring {
        /// The ring's CPU.
        cpu: usize,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Waiting for records failed.
    #[error("wait for records")]
    Wait(#[source] io::Error),
    /// There is no process to trace.
    #[error("no process {0}")]
    NoProcess(u32),
}

impl Error {
    /// Whether the host lacks something (privilege, kernel feature), rather than the run having failed.
    pub fn host_lacks(&self) -> bool {
        matches!(self, Error::Privilege(_) | Error::NoBtf(_) | Error::Load { .. })
    }
}

fn hint(log: &str) -> String {
    if log.is_empty() { String::new() } else { format!(" (the kernel says: {log})") }
}
