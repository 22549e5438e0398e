//! Cgroups by path: which hierarchy a path lies in, the cgroup's id there, and its depth.

use crate::mounts::{self, Mount};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

/// A cgroup, by what the kernel knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup {
    /// Its hierarchy.
    pub hierarchy: Hierarchy,
    /// Its id in that hierarchy: the inode number of its directory (`cgroup_id`, since Linux 5.5).
    pub id: u64,
    /// Its depth: 0 is the root.
    pub level: u32,
}

/// A cgroup hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hierarchy {
    /// The v2 hierarchy.
    Unified,
    /// A v1 hierarchy with these controllers.
    Controllers(Vec<String>),
    /// A v1 hierarchy that has only a name.
    Named(String),
}

/// Why a path names no cgroup.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mounts could not be read.
    #[error("read {}", .0.display())]
    Mounts(PathBuf, #[source] io::Error),
    /// There is no such directory.
    #[error("no cgroup {} (give its directory below /sys/fs/cgroup, or its path as /proc/PID/cgroup shows it)", .0.display())]
    NotFound(PathBuf),
    /// The directory is not a cgroup's.
    #[error("{} is not in a mounted cgroup hierarchy", .0.display())]
    NotACgroup(PathBuf),
}

/// Finds the cgroup that `path` names: a directory of a mounted hierarchy, or a path within one as
/// `/proc/PID/cgroup` shows it (then the v2 hierarchy is tried first). `mountinfo` is usually
/// `/proc/self/mountinfo`.
pub fn read_cgroup(path: &Path, mountinfo: &Path) -> Result<Cgroup, Error> {
    let text = fs::read(mountinfo).map_err(|source| Error::Mounts(mountinfo.to_owned(), source))?;
    let mounts = mounts::parse(&text);
    if let Ok(real) = fs::canonicalize(path) {
        let mount = mounts
            .iter()
            .filter(|mount| real.starts_with(&mount.at))
            .max_by_key(|mount| mount.at.as_os_str().len());
        return match mount {
            Some(mount) => cgroup_at(mount, &real),
            None => Err(Error::NotACgroup(path.to_owned())),
        };
    }
    let inner = path.strip_prefix("/").unwrap_or(path);
    let unified_first = mounts
        .iter()
        .filter(|mount| mount.hierarchy == Hierarchy::Unified)
        .chain(mounts.iter().filter(|mount| mount.hierarchy != Hierarchy::Unified));
    for mount in unified_first {
        let below_root = Path::new("/").join(inner);
        let Ok(relative) = below_root.strip_prefix(&mount.root) else { continue };
        let real = mount.at.join(relative);
        if real.is_dir() {
            return cgroup_at(mount, &real);
        }
    }
    Err(Error::NotFound(path.to_owned()))
}

fn cgroup_at(mount: &Mount, real: &Path) -> Result<Cgroup, Error> {
    let meta = fs::metadata(real).map_err(|_| Error::NotFound(real.to_owned()))?;
    let below = real.strip_prefix(&mount.at).unwrap_or(Path::new(""));
    Ok(Cgroup {
        hierarchy: mount.hierarchy.clone(),
        id: meta.ino(),
        level: depth(&mount.root) + depth(below),
    })
}

/// How many names a path has.
pub(crate) fn depth(path: &Path) -> u32 {
    path.components().filter(|part| matches!(part, Component::Normal(_))).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &[u8] = b"\
30 29 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
33 30 0:29 /a\\040b /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn depth_counts_the_mount_root_too() {
        assert_eq!(depth(Path::new("/")), 0);
        assert_eq!(depth(Path::new("/kubepods/pod1")), 2);
    }

    #[test]
    fn a_path_that_is_no_cgroup_is_said_to_be_none() {
        let dir = std::env::temp_dir().join(format!("cgroup-path-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let table = dir.join("mountinfo");
        fs::write(&table, HYBRID).unwrap();
        assert!(matches!(read_cgroup(&dir, &table), Err(Error::NotACgroup(_))));
        assert!(matches!(read_cgroup(Path::new("/no/such"), &table), Err(Error::NotFound(_))));
        fs::remove_dir_all(&dir).unwrap();
    }
}
