//! The processes that exist, from `/proc`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use syscope_event::{Namespaces, Owner};
use syscope_output::inventory::{Place, Process};

use super::Users;

/// Bytes of arguments that are read of one process: the kernel takes 2 MiB, a list of 10,000 processes does not.
const ARGS_MAX: usize = 64 << 10;
/// `PF_KTHREAD` (include/linux/sched.h): a thread of the kernel. (Those of io_uring are threads of a process.)
const KERNEL_THREAD: u64 = 0x0020_0000;

/// A process as `/proc/PID` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub pid: u32,
    /// Its parent; 0: none that can be seen.
    pub ppid: u32,
    /// Its real user id.
    pub uid: u32,
    /// Its real group id.
    pub gid: u32,
    /// The name of its main thread.
    pub comm: Box<[u8]>,
    /// Its arguments.
    pub args: Vec<Box<[u8]>>,
    /// Whether some are missing at the end.
    pub args_cut: bool,
    /// Its program.
    pub exe: Option<Box<[u8]>>,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
    /// Its id in its own pid namespace.
    pub ns_pid: Option<u32>,
    /// Its namespaces; those of others may not be read without privilege.
    pub namespaces: Namespaces,
    /// The text of `/proc/PID/cgroup`.
    pub cgroups: Vec<u8>,
}

impl Found {
    /// The path of its cgroup in a hierarchy, by v1 controller (or `name=...`; of several, each is enough), or in v2.
    pub fn cgroup(&self, controller: Option<&str>) -> Option<&[u8]> {
        self.cgroups.split(|byte| *byte == b'\n').find_map(|line| {
            let mut fields = line.splitn(3, |byte| *byte == b':');
            let (number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
            let is_it = match controller {
                None => number == b"0" && names.is_empty(),
                Some(wanted) => {
                    wanted.as_bytes() == names
                        || names.split(|byte| *byte == b',').any(|name| name == wanted.as_bytes())
                }
            };
            is_it.then_some(path)
        })
    }

    /// The process in its cgroup, with its owner, for a list.
    pub fn into_process(self, users: &Users, cgroup: Option<Place>, owner: Option<Arc<Owner>>) -> Process {
        Process {
            user: users.name(self.uid),
            pid: self.pid,
            ppid: Some(self.ppid).filter(|ppid| *ppid != 0),
            uid: self.uid,
            gid: self.gid,
            comm: self.comm,
            args: self.args,
            args_cut: self.args_cut,
            exe: self.exe,
            kernel: self.kernel,
            ns_pid: self.ns_pid,
            namespaces: self.namespaces,
            cgroup,
            owner,
        }
    }
}

/// Reads the processes in the proc file system at `proc`, by their ids. What ends meanwhile is left out.
///
/// # Errors
/// The directory cannot be read.
pub fn read_processes(proc: &Path) -> io::Result<Vec<Found>> {
    let mut pids: Vec<u32> =
        fs::read_dir(proc)?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    Ok(pids.into_iter().filter_map(|pid| read_process(proc, pid)).collect())
}

fn read_process(proc: &Path, pid: u32) -> Option<Found> {
    let dir = proc.join(pid.to_string());
    let stat = parse_stat(&fs::read(dir.join("stat")).ok()?)?;
    let status = fs::read(dir.join("status")).ok()?;
    let cgroups = fs::read(dir.join("cgroup")).ok()?;
    let mut area = Vec::new();
    if let Ok(file) = File::open(dir.join("cmdline")) {
        // A process that ends meanwhile has none.
        let _ = file.take(ARGS_MAX as u64 + 1).read_to_end(&mut area);
    }
    let args_cut = area.len() > ARGS_MAX;
    area.truncate(ARGS_MAX);
    let ns = |name: &str| fs::metadata(dir.join("ns").join(name)).ok().map(|meta| meta.ino() as u32);
    Some(Found {
        pid,
        ppid: stat.ppid,
        uid: number(&status, b"Uid:", Which::First)?,
        gid: number(&status, b"Gid:", Which::First)?,
        comm: stat.comm,
        args: parse_args(&area, args_cut),
        args_cut,
        exe: fs::read_link(dir.join("exe")).ok().map(|path| path.into_os_string().into_vec().into()),
        kernel: stat.flags & KERNEL_THREAD != 0,
        ns_pid: number(&status, b"NSpid:", Which::Last),
        namespaces: Namespaces { pid: ns("pid"), mnt: ns("mnt"), uts: ns("uts") },
        cgroups,
    })
}

/// What is wanted of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    comm: Box<[u8]>,
    ppid: u32,
    flags: u64,
}

/// Reads `/proc/PID/stat` (proc_pid_stat(5)); the name in parentheses may hold anything.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let begin = stat.iter().position(|byte| *byte == b'(')?;
    let end = stat.iter().rposition(|byte| *byte == b')').filter(|end| *end > begin)?;
    let fields: Vec<&str> = std::str::from_utf8(&stat[end + 1..]).ok()?.split_whitespace().collect();
    // The first field here is the third of the file.
    let (ppid, flags) = (fields.get(1)?.parse().ok()?, fields.get(6)?.parse().ok()?);
    Some(Stat { comm: stat[begin + 1..end].into(), ppid, flags })
}

/// The arguments of `/proc/PID/cmdline`. Empty ones at the end are left out: programs that write a title over
/// their arguments fill the rest with zeros.
fn parse_args(area: &[u8], cut: bool) -> Vec<Box<[u8]>> {
    let end = if cut { area.len() } else { area.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1) };
    if end == 0 {
        return Vec::new();
    }
    area[..end].split(|byte| *byte == 0).map(Box::from).collect()
}

enum Which {
    First,
    Last,
}

/// A number of a line of `/proc/PID/status`. The name of the process is in the first line and escaped, so that it
/// can imitate no other.
fn number(status: &[u8], key: &[u8], which: Which) -> Option<u32> {
    let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(key))?;
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let word = match which {
        Which::First => words.next(),
        Which::Last => words.next_back(),
    };
    word?.parse().ok()
}

#[cfg(test)]
mod tests;
