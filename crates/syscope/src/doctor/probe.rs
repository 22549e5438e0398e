//! What probes are made of: a host to look at, findings to give, and a time limit.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::report::{Finding, Group, Status};

/// No file that a probe reads is longer than this; what is longer is cut.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The host as probes see it. Tests build a tree of their own.
#[derive(Debug, Clone)]
pub struct Host {
    /// What `/proc` and `/sys` lie below; `/` for real.
    root: PathBuf,
    /// Where the host's own files are (`/boot`, `/etc`, sockets): elsewhere in a container.
    altroot: PathBuf,
}

impl Host {
    /// The host seen from `root`, whose own files are below `altroot`.
    pub fn new(root: impl Into<PathBuf>, altroot: impl Into<PathBuf>) -> Host {
        Host { root: root.into(), altroot: altroot.into() }
    }

    /// A file of this process's view: `proc/...` or `sys/...`.
    pub fn path(&self, inner: &str) -> PathBuf {
        self.root.join(inner.trim_start_matches('/'))
    }

    /// A file of the host: `boot/...`, `etc/...`, `run/...`.
    pub fn file(&self, inner: &str) -> PathBuf {
        self.altroot.join(inner.trim_start_matches('/'))
    }

    /// The host's root directory.
    pub fn altroot(&self) -> &Path {
        &self.altroot
    }

    /// The text of a file of this process's view, without white space at its ends.
    pub fn read(&self, inner: &str) -> io::Result<String> {
        read_text(&self.path(inner)).map(|text| text.trim().to_owned())
    }

    /// What a namespace link of this process points to: `pid:[4026531836]` gives the number.
    pub fn namespace(&self, name: &str) -> Option<u64> {
        let link = fs::read_link(self.path(&format!("proc/self/ns/{name}"))).ok()?;
        let text = link.to_str()?;
        text.split_once('[')?.1.trim_end_matches(']').parse().ok()
    }

    /// A field of `/proc/self/status`.
    pub fn status_field(&self, name: &str) -> Option<String> {
        let status = self.read("proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.trim().to_owned())
    }
}

/// The text of a regular file, of at most a mebibyte; what is not UTF-8 is replaced.
pub fn read_text(path: &Path) -> io::Result<String> {
    // Opening a pipe would wait for its other end.
    let file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Finding {
    /// A finding of this group.
    pub fn new(group: Group, name: impl Into<String>, status: Status, result: impl Into<String>) -> Finding {
        let (name, result) = (name.into(), result.into());
        Finding { group, name, status, result, reason: None, consequence: None }
    }

    /// Why it is so.
    pub fn because(mut self, reason: impl Into<String>) -> Finding {
        self.reason = Some(reason.into());
        self
    }

    /// What follows.
    pub fn so(mut self, consequence: impl Into<String>) -> Finding {
        self.consequence = Some(consequence.into());
        self
    }
}

/// Probes that run beside others.
pub struct Pending<T> {
    limit: Duration,
    started: Instant,
    done: Receiver<T>,
}

/// Starts probes. They get `limit`; whatever hangs (a dead network file system, a name server) holds
/// nothing else up.
pub fn start<T: Send + 'static>(limit: Duration, probes: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
    let (send, done) = channel();
    // A thread that cannot be started drops the sender, which is told like one that has died.
    let _ = thread::Builder::new().name("probe".into()).spawn(move || send.send(probes()));
    Pending { limit, started: Instant::now(), done }
}

impl<T> Pending<T> {
    /// What was found, or why that is not known.
    pub fn finish(self) -> Result<T, String> {
        let rest = self.limit.saturating_sub(self.started.elapsed());
        self.done.recv_timeout(rest).map_err(|err| match err {
            RecvTimeoutError::Timeout => format!("the probe took longer than {:?}", self.limit),
            RecvTimeoutError::Disconnected => "the probe failed (this is a bug)".to_owned(),
        })
    }
}

/// The findings of a group, or the one that there are none.
pub fn findings(group: Group, found: Result<Vec<Finding>, String>) -> Vec<Finding> {
    found.unwrap_or_else(|reason| {
        vec![Finding::new(group, "probes", Status::Degraded, "unknown").because(reason)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_or_dies_is_a_finding() {
        let hangs = start(Duration::from_millis(10), || thread::sleep(Duration::from_secs(5)));
        assert_eq!(hangs.finish(), Err("the probe took longer than 10ms".to_owned()));
        let (send, done) = channel::<()>();
        drop(send);
        let died = Pending { limit: Duration::from_secs(5), started: Instant::now(), done };
        let found = findings(Group::Clock, died.finish().map(|()| Vec::new()));
        assert_eq!((found.len(), found[0].result.as_str()), (1, "unknown"));
    }

    #[test]
    fn only_regular_files_are_read() {
        assert!(read_text(Path::new("/dev/zero")).is_err());
        assert!(read_text(Path::new("/")).is_err());
        assert!(read_text(Path::new("/proc/self/status")).unwrap().contains("Pid:"));
    }
}
