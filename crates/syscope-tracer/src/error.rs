//! What can go wrong with a trace.

use std::io;

/// Why a trace could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel programs.
    #[error(transparent)]
    Kernel(#[from] syscope_bpf::Error),
    /// The list of system calls.
    #[error(transparent)]
    Syscalls(#[from] syscope_syscalls::set::Error),
    /// There is no such process.
    #[error("no process {0}")]
    NoProcess(u32),
    /// No process lives in that pid namespace.
    #[error("no process lives in pid namespace {0} (see lsns -t pid)")]
    NoPidNamespace(u32),
    /// Containers were asked for where none can be told.
    #[error("containers cannot be selected here: {0}")]
    NoContainers(String),
    /// There are as many jobs as there can be.
    #[error("at most {0} jobs can run at a time")]
    TooManyJobs(u8),
    /// The host's state could not be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Whether the host lacks something (privilege, kernel feature).
    pub fn host_lacks(&self) -> bool {
        match self {
            Error::Kernel(err) => err.host_lacks(),
            Error::NoContainers(_) => true,
            _ => false,
        }
    }
}
