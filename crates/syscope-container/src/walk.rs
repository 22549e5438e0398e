//! The cgroups that exist, by walking a hierarchy, and the processes in them.

mod members;
mod search;

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::cgroup_path;
use crate::layout::Tracked;

pub use members::{Member, Membership, parse_proc_cgroup, processes};
pub use search::path_of;

/// How deep below the mount point is walked: every level holds one file descriptor, and 256 of them leave
/// room in the usual limit of 1,024. The kernel allows any depth; systemd and runtimes use up to about 12.
pub const LEVELS_MAX: u32 = 256;

/// A cgroup that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id: the inode number of its directory.
    pub id: u64,
    /// Its parent's id; 0 for the first one.
    pub parent: u64,
    /// Its depth in the hierarchy: 0 is the root. Where only a part is seen, the depth as far as the mount
    /// table tells it (a cgroup namespace's root counts as 0).
    pub level: u32,
    /// Its own name; empty for the root.
    pub name: Box<[u8]>,
    /// Whether it or one below it has processes. On v1, processes of pid namespaces that are not ours or below
    /// it are not seen, so from such a namespace this may say `false` wrongly.
    pub populated: bool,
    /// The user its directory belongs to.
    pub owner_uid: u32,
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walk {
    /// The cgroups, parents before their children.
    pub cgroups: Vec<Found>,
    /// Directories at [`LEVELS_MAX`] that were not looked into.
    pub too_deep: u64,
    /// Directories that we may not read: they are in `cgroups`, what lies below them is not.
    pub unreadable: u64,
}

/// Walks a hierarchy, parents before their children.
///
/// What vanishes meanwhile is left out with all below it, and what is made meanwhile may be missing, so events
/// that are read from before the walk on complete it. Symbolic links and what else may be mounted below are
/// not followed. Each directory is opened from its parent's descriptor: a cgroup is never taken for one that
/// was removed and made again, and no path is too long.
///
/// # Errors
/// The mount point cannot be read, or the process has no file descriptors left.
pub fn walk(tracked: &Tracked) -> io::Result<Walk> {
    let root = open_root(tracked)?;
    let mut walker = Walker { unified: tracked.controller.is_none(), ..Walker::new(&root)? };
    let base = tracked.base();
    let name: Box<[u8]> = base.file_name().map_or(&b""[..], |name| name.as_bytes()).into();
    let level = cgroup_path::depth(base);
    // Depth first, so that only the descriptors of one line of ancestors are open at a time.
    let mut waiting: Vec<Waiting> = Vec::new();
    walker.enter(root, Visit { parent: 0, level, depth: 0, name }, &mut waiting)?;
    while let Some((parent, parent_id, depth, name)) = waiting.pop() {
        let opened = match open_below(&parent, &name) {
            Ok(opened) => opened,
            Err(Errno::ACCESS | Errno::PERM) => {
                walker.note_unreadable(&parent, parent_id, level + depth, name);
                continue;
            }
            Err(err) if is_gone(err) => continue,
            Err(err) => return Err(err.into()),
        };
        walker.enter(opened, Visit { parent: parent_id, level: level + depth, depth, name }, &mut waiting)?;
    }
    walker.spread_populated();
    Ok(walker.walk)
}

/// A directory that is still to be opened: its parent, the parent's id, its depth below the mount point, its name.
type Waiting = (Rc<Dir>, u64, u32, Box<[u8]>);

/// A directory on its way into the result.
struct Visit {
    parent: u64,
    level: u32,
    depth: u32,
    name: Box<[u8]>,
}

struct Walker {
    walk: Walk,
    device: u64,
    unified: bool,
}

impl Walker {
    fn new(root: &OwnedFd) -> io::Result<Walker> {
        Ok(Walker { walk: Walk::default(), device: rustix::fs::fstat(root)?.st_dev, unified: false })
    }

    /// Notes an opened directory, and puts those in it on the waiting list.
    fn enter(&mut self, fd: OwnedFd, visit: Visit, waiting: &mut Vec<Waiting>) -> io::Result<()> {
        let stat = match rustix::fs::fstat(&fd) {
            Ok(stat) => stat,
            Err(err) if is_gone(err) && visit.depth > 0 => return Ok(()),
            Err(err) => return Err(err.into()),
        };
        if stat.st_dev != self.device {
            return Ok(());
        }
        let populated = match read_populated(&fd, self.unified) {
            Ok(populated) => populated,
            Err(err) if is_gone(err) && visit.depth > 0 => return Ok(()),
            // The v2 root has no cgroup.events, and is never empty.
            Err(_) => self.unified && visit.depth == 0,
        };
        self.walk.cgroups.push(Found {
            id: stat.st_ino,
            parent: visit.parent,
            level: visit.level,
            name: visit.name,
            populated,
            owner_uid: stat.st_uid,
        });
        if !has_directories(&stat) {
            return Ok(());
        }
        if visit.depth == LEVELS_MAX {
            self.walk.too_deep += 1;
            return Ok(());
        }
        let mut dir = Dir::new(fd)?;
        let names = read_directories(&mut dir);
        let dir = Rc::new(dir);
        waiting
            .extend(names.into_iter().map(|(name, _)| (Rc::clone(&dir), stat.st_ino, visit.depth + 1, name)));
        Ok(())
    }

    /// A directory that cannot be opened is still known by what its parent tells.
    fn note_unreadable(&mut self, parent: &Dir, parent_id: u64, level: u32, name: Box<[u8]>) {
        let Ok(fd) = parent.fd() else { return };
        let Ok(stat) = rustix::fs::statat(fd, &*name, AtFlags::SYMLINK_NOFOLLOW) else { return };
        if stat.st_dev != self.device || FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return;
        }
        self.walk.unreadable += 1;
        let (id, owner_uid) = (stat.st_ino, stat.st_uid);
        self.walk.cgroups.push(Found { id, parent: parent_id, level, name, populated: false, owner_uid });
    }

    /// On v1 a cgroup tells only of its own processes: those below count for it as well.
    fn spread_populated(&mut self) {
        let found = &mut self.walk.cgroups;
        let parents = parents_of(found);
        for index in (1..found.len()).rev() {
            if found[index].populated {
                found[parents[index]].populated = true;
            }
        }
    }
}

/// For each cgroup of a depth-first list the index of its parent.
fn parents_of(found: &[Found]) -> Vec<usize> {
    let mut line: Vec<usize> = Vec::new();
    let base = found.first().map_or(0, |first| first.level);
    let mut parents = Vec::with_capacity(found.len());
    for (index, one) in found.iter().enumerate() {
        line.truncate((one.level - base) as usize);
        parents.push(line.last().copied().unwrap_or(0));
        line.push(index);
    }
    parents
}

fn open_root(tracked: &Tracked) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, &tracked.at, flags, Mode::empty())?)
}

fn open_below(parent: &Dir, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent.fd()?, name, flags, Mode::empty())
}

/// Whether an error says that the cgroup was removed meanwhile, or that another file took its name.
fn is_gone(err: Errno) -> bool {
    matches!(err, Errno::NOENT | Errno::NODEV | Errno::NOTDIR | Errno::LOOP | Errno::STALE)
}

/// kernfs gives a directory one link for each directory in it beside its own two (`kernfs_refresh_inode`), so
/// the many leaves of a host need not be listed.
fn has_directories(stat: &Stat) -> bool {
    stat.st_nlink != 2
}

/// The names and inode numbers of the directories in one; those that vanish meanwhile end the list.
fn read_directories(dir: &mut Dir) -> Vec<(Box<[u8]>, u64)> {
    dir.by_ref()
        .map_while(Result::ok)
        .filter(|entry| entry.file_type() == FileType::Directory)
        .map(|entry| (Box::from(entry.file_name().to_bytes()), entry.ino()))
        .filter(|(name, _): &(Box<[u8]>, u64)| &**name != b"." && &**name != b"..")
        .collect()
}

/// v2: what `cgroup.events` says of it and those below it. v1: whether it has a process itself.
fn read_populated(dir: impl AsFd, unified: bool) -> Result<bool, Errno> {
    let name = if unified { "cgroup.events" } else { "cgroup.procs" };
    let file = rustix::fs::openat(dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    // "populated 0\nfrozen 0\n" and what later kernels may add; of v1's list the first byte is enough.
    let mut buffer = [0u8; 256];
    let length = rustix::io::read(&file, &mut buffer[..if unified { 256 } else { 1 }])?;
    Ok(match unified {
        true => buffer[..length].split(|byte| *byte == b'\n').any(|line| line == b"populated 1"),
        false => length > 0,
    })
}

#[cfg(test)]
mod tests;
