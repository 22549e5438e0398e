//! What the host says of processes, in `/proc`.

use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use syscope_event::Namespaces;

use crate::Error;

/// A `/proc` file system.
#[derive(Debug, Clone)]
pub struct Procfs {
    root: PathBuf,
}

/// What `/proc/PID` says of a living process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The path of its program.
    pub exe: Option<Box<[u8]>>,
    /// Its session.
    pub session: Option<u32>,
    /// Its start in clock ticks since boot.
    pub start_ticks: u64,
    /// Its id in its own pid namespace.
    pub ns_pid: Option<u32>,
    /// Its namespaces.
    pub namespaces: Namespaces,
}

impl Default for Procfs {
    fn default() -> Procfs {
        Procfs::at("/proc")
    }
}

impl Procfs {
    /// The one mounted at `root`.
    pub fn at(root: impl Into<PathBuf>) -> Procfs {
        Procfs { root: root.into() }
    }

    /// Reads what is known of `pid`; `None` if it is gone.
    pub fn read_status(&self, pid: u32) -> Option<Status> {
        let dir = self.root.join(pid.to_string());
        let stat = fs::read(dir.join("stat")).ok()?;
        let (session, start_ticks) = parse_stat(&stat)?;
        let status = fs::read_to_string(dir.join("status")).unwrap_or_default();
        Some(Status {
            exe: fs::read_link(dir.join("exe")).ok().map(|path| path.into_os_string().into_vec().into()),
            session: Some(session),
            start_ticks,
            ns_pid: parse_ns_pid(&status),
            namespaces: Namespaces {
                pid: inode(&dir.join("ns/pid")),
                mnt: inode(&dir.join("ns/mnt")),
                uts: inode(&dir.join("ns/uts")),
            },
        })
    }

    /// Whether there is a process `pid`.
    pub fn exists(&self, pid: u32) -> bool {
        self.root.join(pid.to_string()).exists()
    }

    /// Makes sure that some process lives in the pid namespace with this inode number. From inside another
    /// one only those below it can be seen, so there every number is believed.
    pub fn check_pid_namespace(&self, wanted: u32) -> Result<(), Error> {
        /// The first pid namespace of every machine (PROC_PID_INIT_INO in include/linux/proc_ns.h).
        const FIRST: u32 = 0xEFFF_FFFC;
        if self.own_pid_namespace() != Some(FIRST) {
            return Ok(());
        }
        let entries = fs::read_dir(&self.root)
            .map_err(|source| Error::Read { path: self.root.display().to_string(), source })?;
        let lives = |dir: &Path| inode(&dir.join("ns/pid")) == Some(wanted);
        if entries.flatten().any(|entry| lives(&entry.path())) {
            Ok(())
        } else {
            Err(Error::NoPidNamespace(wanted))
        }
    }

    /// The pid namespace of this process.
    pub fn own_pid_namespace(&self) -> Option<u32> {
        inode(&self.root.join("self/ns/pid"))
    }
}

fn inode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|meta| meta.ino() as u32)
}

/// Session and start time from `/proc/PID/stat` (proc(5)); the name in parentheses may hold anything.
fn parse_stat(stat: &[u8]) -> Option<(u32, u64)> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let text = std::str::from_utf8(&stat[end + 1..]).ok()?;
    let fields: Vec<&str> = text.split_whitespace().collect();
    // The first field here is the third of the file.
    Some((fields.get(3)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

fn parse_ns_pid(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("NSpid:"))?.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_the_fields() {
        let stat = b"7 (a) S 1 2 3) R 5 6 42 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 987 24 25\n";
        assert_eq!(parse_stat(stat), Some((42, 987)));
        assert_eq!(parse_stat(b"7 (cut"), None);
    }

    #[test]
    fn the_innermost_pid_is_the_own_view() {
        assert_eq!(parse_ns_pid("Name:\tx\nNSpid:\t300\t12\t1\n"), Some(1));
        assert_eq!(parse_ns_pid("Name:\tx\n"), None);
    }
}
