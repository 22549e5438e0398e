//! A cgroup by its id.

use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir};

use super::{LEVELS_MAX, has_directories, open_below, open_root, read_directories};
use crate::layout::Tracked;

/// How many directories one search opens at most (10,000 took 0.05 s here): on a host with more, some ids stay
/// without a path.
const OPENED_MAX: usize = 100_000;

/// A directory that is still to be searched: its parent, its path, and its depth below the mount point.
type Waiting = (Rc<Dir>, Vec<u8>, u32);

/// The path of the cgroup `id` in a hierarchy, `None` if it is gone, or lies deeper than [`LEVELS_MAX`].
///
/// `open_by_handle_at(2)` would find it in one step, but needs CAP_DAC_READ_SEARCH in the first user namespace,
/// and there is no safe wrapper of it. So the hierarchy is searched; the listing of a directory has the
/// inode numbers, so only what has others below it is listed. Meant for the rare id whose making was missed: for
/// many of them use [`super::walk`].
pub fn path_of(tracked: &Tracked, id: u64) -> Option<Box<[u8]>> {
    let root = open_root(tracked).ok()?;
    let stat = rustix::fs::fstat(&root).ok()?;
    if stat.st_ino == id {
        return Some(tracked.base().as_os_str().as_bytes().into());
    }
    let base = match tracked.base().as_os_str().as_bytes() {
        b"/" => Vec::new(),
        base => base.to_vec(),
    };
    let mut waiting = Vec::new();
    if let Some(found) = search(root, &base, 0, (id, stat.st_dev), &mut waiting) {
        return Some(found);
    }
    for _ in 0..OPENED_MAX {
        let (parent, path, depth) = waiting.pop()?;
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(&path);
        let Ok(opened) = open_below(&parent, name) else { continue };
        let Ok(stat) = rustix::fs::fstat(&opened) else { continue };
        if !has_directories(&stat) || depth > LEVELS_MAX {
            continue;
        }
        if let Some(found) = search(opened, &path, depth, (id, stat.st_dev), &mut waiting) {
            return Some(found);
        }
    }
    None
}

/// Looks through one directory, and puts those in it on the waiting list.
fn search(
    fd: OwnedFd,
    path: &[u8],
    depth: u32,
    (id, device): (u64, u64),
    waiting: &mut Vec<Waiting>,
) -> Option<Box<[u8]>> {
    let mut dir = Dir::new(fd).ok()?;
    let names = read_directories(&mut dir);
    let dir = Rc::new(dir);
    for (name, ino) in names {
        let below = [path, b"/", &name].concat();
        if ino == id && is_cgroup(&dir, &name, id, device) {
            return Some(below.into());
        }
        waiting.push((Rc::clone(&dir), below, depth + 1));
    }
    None
}

/// Whether that is the cgroup, and not the mount point of something else.
fn is_cgroup(dir: &Dir, name: &[u8], id: u64, device: u64) -> bool {
    dir.fd()
        .and_then(|fd| rustix::fs::statat(fd, name, AtFlags::SYMLINK_NOFOLLOW))
        .is_ok_and(|stat| stat.st_ino == id && stat.st_dev == device)
}
