//! A log file that rotates by size, survives a full disk and never holds half a line.
//!
//! ```text
//! buffer()/appended() ──> memory, 64 KiB ──> target.rs: FILE ──> FILE.1 ──> FILE.2 ... FILE.N
//!                              │ no room: held back, then dropped and counted
//!                              └─ room again: what was held back, a loss record, what comes next
//! ```
//!
//! **Whole records.** A record is what was appended to the buffer between two calls of
//! [`Rotating::appended`]; it ends in a newline. Records are handed to the kernel in one `write` for as
//! many as are there. The kernel may end a `write` early, between two pages of the file: when the disk
//! fills up, and when the process is killed in the middle. In the first case the file is cut back to the
//! end of its last whole record at once. In the second nobody is left to do it, so the next run does it
//! when it opens the file, and says in the log how many bytes were cut off. Nothing is ever appended to half
//! a line.
//!
//! **No room.** `ENOSPC`, `EDQUOT`, `EFBIG` and `EIO` don't end the run: an exec log that stops for good
//! because a disk was full for a minute is worse than a gap with its size. What does not fit stays in
//! memory, up to 64 KiB and one record; then whole records are dropped and counted. The file is tried
//! again after 100 ms, 200 ms, ... at most every 5 s, not for every record. When there is room again, a
//! loss record (its line is made by the caller) stands exactly where records are missing. Any other error
//! is returned.
//!
//! **What can be written to.** A regular file is appended to, and made with mode 0600 if it is not there.
//! Symbolic links are followed, and rotation happens beside the file they lead to: whoever may replace
//! links in the directory of a log can do the same to the log. One process writes a file at a time
//! (`flock`), because two would rotate away each other's files. FIFOs and other character streams,
//! `-`, `/dev/stdout` and `/dev/fd/N` are written to as they are, without rotation; a FIFO waits for its
//! reader. Directories and block devices are refused.
//!
//! **Rotation.** FILE is renamed to FILE.1 before the record that would make it larger than the limit, so
//! only a record that is larger by itself makes a larger file. FILE.1 becomes FILE.2 and so on; N files
//! are kept beside FILE and older ones are removed. The new file has the owner and mode of the old one.
//! If a rename fails, the file just grows on, and rotation is tried again later.

mod target;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use target::Target;

/// Bytes that are gathered before they are written, and that are held back while there is no room.
const FULL: usize = 64 << 10;
/// How long a file without room is left alone at first, and at most.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What can be wrong with a log file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It can't be opened or made.
    #[error("open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is nothing that a log can be appended to.
    #[error("{path} is {what}: a log needs a file or a stream")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Its end is not that of a log.
    #[error("{path} ends in {bytes} bytes or more without a line end: not a log that can be continued")]
    NotALog {
        /// The file.
        path: PathBuf,
        /// How much was looked at.
        bytes: u64,
    },
    /// Another process has it.
    #[error("{path} is being written by another process")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It can't be written, and not for lack of room.
    #[error("write to {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// How a log file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// When it is rotated; `None`: never.
    pub rotation: Option<Rotation>,
    /// Whether each flush waits until the disk has it.
    pub fsync: bool,
}

/// When a file is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes that a file may have.
    pub size: u64,
    /// How many rotated files are kept beside the one that is written. With 0 the file starts anew.
    pub keep: u32,
}

/// Records that are missing in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// How many.
    pub count: u64,
    /// When the first of them was dropped.
    pub since: SystemTime,
}

/// Appends the line of a loss record.
pub type LossLine = Box<dyn FnMut(&mut Vec<u8>, Loss) + Send>;

/// A log file. [`Rotating::finish`] or dropping it writes what is still in memory.
pub struct Rotating {
    target: Target,
    fsync: bool,
    buffer: Vec<u8>,
    /// The records in `buffer`, in order; what follows the last is being appended.
    sealed: Vec<Sealed>,
    /// Whether the first of them is the rest of a record whose beginning is in the file.
    torn: bool,
    /// Set while there is no room.
    outage: Option<Outage>,
    /// Whether a flush failed to reach the disk, so that it is said once.
    unsynced: bool,
    /// When there was room again last, and how long the file was left alone before.
    resumed: Option<(Instant, Duration)>,
    /// Dropped records that no loss record tells of yet.
    loss: Option<Loss>,
    dropped: u64,
    loss_line: LossLine,
}

/// A record in the buffer.
#[derive(Debug, Clone, Copy)]
struct Sealed {
    end: usize,
    /// Whether it is the caller's; a loss record is ours, and its loss is counted already.
    counts: bool,
}

struct Outage {
    started: Instant,
    retry_at: Instant,
    wait: Duration,
    dropped_before: u64,
}

impl Rotating {
    /// Opens a file to append to. `loss_line` makes the line that stands for records which were dropped.
    pub fn open(path: &Path, options: Options, loss_line: LossLine) -> Result<Rotating, Error> {
        let target = Target::open(path, options)?;
        if target.cut_bytes() > 0 {
            tracing::warn!(
                "{}: cut off {} bytes of a record that an earlier run left unfinished",
                target.path().display(),
                target.cut_bytes()
            );
        }
        Ok(Rotating {
            target,
            fsync: options.fsync,
            buffer: Vec::with_capacity(FULL * 2),
            sealed: Vec::new(),
            torn: false,
            outage: None,
            unsynced: false,
            resumed: None,
            loss: None,
            dropped: 0,
            loss_line,
        })
    }

    /// The buffer that a record is appended to; [`Rotating::appended`] must follow.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// What was appended to the buffer is one whole record (nothing: none). Writes the buffer if it is full.
    pub fn appended(&mut self) -> Result<(), Error> {
        let start = self.sealed_bytes();
        if self.buffer.len() == start {
            return Ok(());
        }
        if self.buffer.last() != Some(&b'\n') {
            self.buffer.push(b'\n');
        }
        if start >= FULL {
            // Only an outage leaves so much behind.
            let tried = self.flush();
            if self.sealed_bytes() >= FULL {
                self.buffer.truncate(self.sealed_bytes());
                self.drop_record();
                return tried;
            }
            tried?;
        }
        self.place_loss();
        self.sealed.push(Sealed { end: self.buffer.len(), counts: true });
        if self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Writes the records in memory, and waits for the disk if that was asked for. While there is no room,
    /// this does nothing until it is time to try again, so it can be called as often as one likes.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.outage.as_ref().is_some_and(|outage| Instant::now() < outage.retry_at) {
            return Ok(());
        }
        self.write_all()
    }

    /// Writes what is in memory, whatever was tried before. What can't be written now is dropped, counted and
    /// reported: nobody will come back for it.
    pub fn finish(&mut self) -> Result<(), Error> {
        let ended = self.write_all();
        self.give_up();
        if let Some(outage) = self.outage.take() {
            let missing = self.dropped - outage.dropped_before;
            tracing::warn!(
                "{}: still no room at the end, {missing} records are missing",
                self.target.path().display()
            );
        }
        ended
    }

    /// How many records were dropped for lack of room.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many bytes of an unfinished record were cut off when the file was opened.
    #[cfg(test)]
    pub fn cut_bytes(&self) -> u64 {
        self.target.cut_bytes()
    }

    /// Whether a person reads it.
    pub fn is_terminal(&self) -> bool {
        self.target.is_terminal()
    }

    fn sealed_bytes(&self) -> usize {
        self.sealed.last().map_or(0, |sealed| sealed.end)
    }

    /// Drops all records in memory; nothing will be written after this, so no loss record tells of them.
    fn give_up(&mut self) {
        self.dropped += self.sealed.iter().filter(|sealed| sealed.counts).count() as u64;
        self.buffer.drain(..self.sealed_bytes());
        self.sealed.clear();
        self.loss = None;
    }

    fn drop_record(&mut self) {
        self.dropped += 1;
        self.loss.get_or_insert_with(|| Loss { count: 0, since: SystemTime::now() }).count += 1;
    }

    /// Puts the loss record behind the last record in memory, where others are missing.
    fn place_loss(&mut self) {
        let at = self.sealed_bytes();
        let Some(loss) = self.loss.take_if(|_| at < FULL) else { return };
        let mut line = Vec::new();
        (self.loss_line)(&mut line, loss);
        if line.is_empty() {
            return;
        }
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        self.sealed.push(Sealed { end: at + line.len(), counts: false });
        self.buffer.splice(at..at, line);
    }

    /// Writes all records there are, and the loss record that belongs behind them.
    fn write_all(&mut self) -> Result<(), Error> {
        if self.sealed.is_empty() && self.loss.is_none() {
            return Ok(());
        }
        loop {
            if let Err(err) = self.write_sealed() {
                if !self.target.lacks_room(&err) {
                    self.give_up();
                    return Err(Error::Write { path: self.target.path().to_owned(), source: err });
                }
                self.no_room(&err);
                break;
            }
            // What stands for dropped records is not what shows that there is room again.
            if self.loss.is_none() {
                self.room_again();
                break;
            }
            self.place_loss();
        }
        if self.fsync {
            self.sync();
        }
        Ok(())
    }

    /// Writes records, file by file, until there are none or the kernel refuses.
    fn write_sealed(&mut self) -> io::Result<()> {
        while !self.sealed.is_empty() {
            let room = self.target.room();
            let fitting = self.sealed.partition_point(|sealed| sealed.end as u64 <= room);
            if fitting == 0 && !self.torn && self.target.rotate() {
                continue;
            }
            let end = self.sealed[fitting.max(1) - 1].end;
            let (written, result) = self.target.write(&self.buffer[..end]);
            let whole = self.sealed.partition_point(|sealed| sealed.end <= written);
            let whole_bytes = whole.checked_sub(1).map_or(0, |last| self.sealed[last].end);
            // Where a torn record can't be taken back, its rest is what is written next.
            let done =
                if self.target.cut_back((written - whole_bytes) as u64) { whole_bytes } else { written };
            self.torn = done > whole_bytes || (self.torn && whole == 0);
            self.forget(whole, done);
            result?;
        }
        Ok(())
    }

    /// Takes written records off the buffer.
    fn forget(&mut self, records: usize, bytes: usize) {
        self.buffer.drain(..bytes);
        self.sealed.drain(..records);
        for sealed in &mut self.sealed {
            sealed.end -= bytes;
        }
    }

    fn no_room(&mut self, err: &io::Error) {
        let now = Instant::now();
        let wait = match (&self.outage, self.resumed) {
            (Some(outage), _) => outage.wait * 2,
            // A disk that is full again at once is the same trouble, and neither the disk nor the log of this
            // program is served by starting over.
            (None, Some((at, wait))) if now - at < WAIT.1 => wait * 2,
            _ => WAIT.0,
        }
        .min(WAIT.1);
        match &mut self.outage {
            Some(outage) => (outage.wait, outage.retry_at) = (wait, now + wait),
            None => {
                tracing::warn!(
                    "{}: {err}: records are held in memory, then dropped, until there is room",
                    self.target.path().display()
                );
                let dropped_before = self.dropped;
                self.outage = Some(Outage { started: now, retry_at: now + wait, wait, dropped_before });
            }
        }
    }

    fn room_again(&mut self) {
        let Some(outage) = self.outage.take() else { return };
        self.resumed = Some((Instant::now(), outage.wait));
        tracing::warn!(
            "{}: there is room again after {:.1} s, {} records were dropped",
            self.target.path().display(),
            outage.started.elapsed().as_secs_f64(),
            self.dropped - outage.dropped_before
        );
    }

    /// Waits for the disk. That it fails is said once: the kernel does not tell which records it is about.
    fn sync(&mut self) {
        let synced = self.target.sync();
        let path = self.target.path().display();
        match (synced, self.unsynced) {
            (Err(err), false) => {
                tracing::warn!("sync {path}: {err}: records since the last sync may not be on the disk");
                self.unsynced = true;
            }
            (Ok(()), true) => {
                tracing::warn!("sync {path}: works again");
                self.unsynced = false;
            }
            _ => {}
        }
    }
}

impl Drop for Rotating {
    fn drop(&mut self) {
        if let Err(err) = self.finish() {
            tracing::warn!("{err}: {}", std::error::Error::source(&err).expect("a write error has a source"));
        }
    }
}
