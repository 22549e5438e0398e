//! Cgroups by path: which hierarchy a path lies in, the cgroup's id there, and its depth.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
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

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    at: PathBuf,
    /// The cgroup that is seen at the mount point.
    root: PathBuf,
    hierarchy: Hierarchy,
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
    let mounts = parse_mounts(&text);
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

fn depth(path: &Path) -> u32 {
    path.components().filter(|part| matches!(part, Component::Normal(_))).count() as u32
}

/// The cgroup mounts of a `mountinfo` (proc(5)): `id parent dev root mountpoint options ... - type source
/// super-options`.
fn parse_mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(parse_mount).collect()
}

fn parse_mount(line: &[u8]) -> Option<Mount> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let dash = fields.iter().position(|field| *field == b"-")?;
    let super_options = String::from_utf8_lossy(fields.get(dash + 3)?).into_owned();
    let hierarchy = match *fields.get(dash + 1)? {
        b"cgroup2" => Hierarchy::Unified,
        b"cgroup" => {
            let options: Vec<&str> = super_options.split(',').collect();
            let name = options.iter().find_map(|option| option.strip_prefix("name="));
            let controllers: Vec<String> = options
                .iter()
                .filter(|option| !matches!(**option, "rw" | "ro" | "xattr" | "clone_children" | "noprefix"))
                .filter(|option| !option.contains('='))
                .map(|option| (*option).to_owned())
                .collect();
            match name {
                Some(name) if controllers.is_empty() => Hierarchy::Named(name.to_owned()),
                _ => Hierarchy::Controllers(controllers),
            }
        }
        _ => return None,
    };
    let path = |field: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(&unescape(field)));
    Some(Mount { at: path(fields.get(4)?), root: path(fields.get(3)?), hierarchy })
}

/// `\040` and its like stand for white space in a mount table.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits =
            tail.get(..3).filter(|digits| byte == b'\\' && digits.iter().all(|d| matches!(d, b'0'..=b'7')));
        match digits {
            Some(digits) => {
                out.push(
                    digits.iter().fold(0u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0')),
                );
                rest = &tail[3..];
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
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
    fn mounts_are_told_apart() {
        let mounts = parse_mounts(HYBRID);
        assert_eq!(mounts.len(), 3);
        assert_eq!(mounts[0].hierarchy, Hierarchy::Controllers(vec!["memory".into()]));
        assert_eq!(mounts[1].hierarchy, Hierarchy::Named("systemd".into()));
        assert_eq!(
            (&mounts[2].hierarchy, mounts[2].root.as_path()),
            (&Hierarchy::Unified, Path::new("/a b"))
        );
    }

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
