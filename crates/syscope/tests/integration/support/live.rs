//! Traces that run while a test acts.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use syscope_output::record::{Record, Syscall};

use super::run::{LIMIT, wait};
use super::traced::{Traced, calls, parse};
use super::{Dir, Ended, syscope};

/// A running `syscope trace -o json`.
#[derive(Debug)]
pub struct Live {
    child: Child,
    lines: Receiver<String>,
    dir: Dir,
    records: Vec<Record>,
}

impl Live {
    pub fn start(flags: &[&str]) -> Live {
        let dir = Dir::new();
        let stderr = std::fs::File::create(dir.join("stderr")).expect("make a file for stderr");
        let mut command: Command = syscope();
        command.args(["trace", "-o", "json"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
        let mut child = command.spawn().expect("start syscope");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (send, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Live { child, lines, dir, records: Vec::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the events so far fulfil a condition.
    pub fn until(&mut self, what: &str, condition: impl Fn(&[Record]) -> bool) {
        let end = Instant::now() + LIMIT;
        while !condition(&self.records) {
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => self.records.push(parse(&line)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the trace ended before {what}: {}", self.stderr())
                }
            }
            assert!(Instant::now() < end, "{what} did not come: {}", self.stderr());
        }
    }

    /// Waits for a call that fulfils a condition.
    pub fn until_call(&mut self, what: &str, condition: impl Fn(&Syscall) -> bool) {
        self.until(what, |records| calls(records).any(&condition));
    }

    /// Ends the run by a signal and hands over all of its events.
    pub fn end(mut self, signal: i32) -> Traced {
        // SAFETY: a plain system call on our own child.
        unsafe { libc::kill(self.child.id() as i32, signal) };
        self.finish()
    }

    /// Waits for the end of the run, whatever it has written.
    pub fn wait(&mut self) -> Ended {
        Ended { status: wait(&mut self.child), stdout: Vec::new(), stderr: self.stderr() }
    }

    /// Waits for the end of the run and hands over all of its events.
    pub fn finish(&mut self) -> Traced {
        let ended = self.wait();
        // The writer is gone, so the reader comes to the end.
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            self.records.push(parse(&line));
        }
        Traced { ended, records: std::mem::take(&mut self.records) }
    }

    fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.join("stderr")).unwrap_or_default()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
