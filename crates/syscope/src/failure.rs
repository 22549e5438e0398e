//! How a run can fail, and the exit status that says so.

use std::io;
use std::process::ExitCode;

use crate::logging;

/// A failed run.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong while running: status 1.
    Run(anyhow::Error),
    /// The command line or the configuration makes no sense: status 2.
    Usage(anyhow::Error),
    /// The host lacks a privilege or a kernel feature: status 3.
    Host(anyhow::Error),
    /// Clap has its own words, and its own way to show them (help and version end well).
    Clap(Box<clap::Error>),
}

impl Failure {
    /// A usage error in our own words.
    pub fn usage(message: impl std::fmt::Display) -> Failure {
        Failure::Usage(anyhow::anyhow!("{message}"))
    }

    /// Whether the reader of our output is gone, as with `| head`.
    pub fn is_closed_pipe(&self) -> bool {
        let Failure::Run(err) = self else { return false };
        err.chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|err| err.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Says what is wrong on stderr, once, and how the process ends.
    pub fn report(&self) -> ExitCode {
        let (err, status) = match self {
            Failure::Run(err) => (err, 1),
            Failure::Usage(err) => (err, 2),
            Failure::Host(err) => (err, 3),
            Failure::Clap(err) => {
                let _ = err.print();
                return ExitCode::from(err.exit_code() as u8);
            }
        };
        logging::complain(format_args!("{err:#}"));
        ExitCode::from(status)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(err: anyhow::Error) -> Failure {
        Failure::Run(err)
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Failure {
        Failure::Run(err.into())
    }
}

impl From<syscope_tracer::Error> for Failure {
    fn from(err: syscope_tracer::Error) -> Failure {
        use syscope_tracer::Error;
        match err {
            Error::Syscalls(_) | Error::NoProcess(_) | Error::NoPidNamespace(_) => Failure::Usage(err.into()),
            err if err.host_lacks() => Failure::Host(err.into()),
            err => Failure::Run(err.into()),
        }
    }
}
