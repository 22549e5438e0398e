//! Where the exec log goes: a file that is kept and rotated, or stdout.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use syscope_event::{Event, Loss, LossReason, Timestamp};

use super::View;
use crate::args::ExecTo;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::rotate::{self, Rotating, Rotation};

/// The destination.
pub enum Sink {
    /// A file.
    File(Box<Rotating>),
    /// Stdout.
    Stdout(Output),
}

impl Sink {
    /// Opens it; `losses` writes the records that stand for what a full disk cost.
    pub fn open(to: &ExecTo, mut losses: View) -> Result<Sink, Failure> {
        let Some(path) = to.write.as_deref().filter(|path| *path != Path::new("-")) else {
            return Ok(Sink::Stdout(Output::open(None, output::Default::Stdout)?));
        };
        let rotation = to.rotate_size.map(|size| Rotation { size: size.into(), keep: to.rotate_keep });
        let loss_line = Box::new(move |out: &mut Vec<u8>, loss: rotate::Loss| {
            let event = Event::Loss(Loss {
                time: timestamp(SystemTime::now()),
                reason: LossReason::DiskFull,
                lost: loss.count,
                cpu: None,
                since: Some(timestamp(loss.since)),
            });
            losses.write(out, &event);
        });
        let options = rotate::Options { rotation, fsync: to.fsync };
        let file = Rotating::open(path, options, loss_line).map_err(|err| Failure::Usage(err.into()))?;
        Ok(Sink::File(Box::new(file)))
    }

    /// Whether a person reads it.
    pub fn is_terminal(&self) -> bool {
        match self {
            Sink::File(file) => file.is_terminal(),
            Sink::Stdout(output) => output.is_terminal(),
        }
    }

    /// The buffer that one record is appended to; [`Sink::appended`] must follow.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        match self {
            Sink::File(file) => file.buffer(),
            Sink::Stdout(output) => output.buffer(),
        }
    }

    /// A record is complete.
    pub fn appended(&mut self) -> Result<(), Failure> {
        match self {
            Sink::File(file) => file.appended().map_err(failed),
            Sink::Stdout(output) => output.appended(),
        }
    }

    /// A pause in the stream.
    pub fn idle(&mut self, events: u64) -> Result<(), Failure> {
        match self {
            Sink::File(file) => file.flush().map_err(failed),
            Sink::Stdout(output) => output.idle(events),
        }
    }

    /// Writes what is left; returns how many records found no room.
    pub fn finish(&mut self) -> Result<u64, Failure> {
        match self {
            Sink::File(file) => {
                file.finish().map_err(failed)?;
                Ok(file.dropped())
            }
            Sink::Stdout(output) => {
                output.flush()?;
                output.quiet();
                Ok(0)
            }
        }
    }
}

fn failed(err: rotate::Error) -> Failure {
    Failure::Run(err.into())
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64)
}
