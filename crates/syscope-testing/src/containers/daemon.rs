//! Daemons that live as long as a test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::processes::{signal, until};

/// A daemon; stopped when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it and waits until `ready`; what it says goes to `log`.
    pub fn start(command: &mut Command, log: &Path, mut ready: impl FnMut() -> bool) -> Daemon {
        let file = || File::options().append(true).create(true).open(log).expect("make a log");
        command.stdin(Stdio::null()).stdout(file()).stderr(file());
        let child = command.spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let mut daemon = Daemon { child, log: log.to_owned() };
        until("a daemon is ready", || {
            let ended = daemon.child.try_wait().expect("look after the daemon");
            assert!(ended.is_none(), "{command:?} ended ({ended:?}): {}", daemon.said());
            ready().then_some(())
        });
        daemon
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Stops it where it is: it takes connections and answers nothing.
    pub fn freeze(&self) {
        signal(self.pid(), Signal::SIGSTOP);
        let path = format!("/proc/{}/stat", self.pid());
        until("the daemon is stopped", || {
            let stat = std::fs::read_to_string(&path).expect("it exists");
            stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T")).then_some(())
        });
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        signal(self.pid(), Signal::SIGCONT);
    }

    /// Kills it at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        signal(self.pid(), Signal::SIGTERM);
        self.thaw();
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}
