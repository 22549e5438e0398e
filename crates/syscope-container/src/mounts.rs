//! The mounted cgroup hierarchies.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::cgroup_path::Hierarchy;

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is mounted.
    pub at: PathBuf,
    /// The cgroup that is seen at the mount point, as seen from the reader's cgroup namespace: `/`, or another
    /// one where a namespace or a bind mount shows a part only, or `/..` and its like above the namespace.
    pub root: PathBuf,
    /// Which one it is.
    pub hierarchy: Hierarchy,
    /// The device number (major, minor) of the hierarchy's file system.
    pub device: (u32, u32),
    /// The id of the cgroup at the mount point (1: the root of the hierarchy); `None` where the mount cannot be
    /// reached, such as one that lies below another mount, or was not looked at.
    pub root_id: Option<u64>,
}

/// A line of a `mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where it is mounted.
    pub at: PathBuf,
    /// What of its file system is seen there.
    pub root: PathBuf,
    /// The options of the mount, with commas between them.
    pub options: &'a [u8],
    /// The type of its file system.
    pub kind: &'a [u8],
    /// The options of its file system.
    pub super_options: &'a [u8],
    device: &'a [u8],
}

/// Reads a `mountinfo` (`proc_pid_mountinfo(5)`): `id parent device root mount-point options [optional...] - type
/// source super-options`. Lines that are something else are passed over.
pub fn entries(mountinfo: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    mountinfo.split(|byte| *byte == b'\n').filter_map(parse_line)
}

/// The cgroup mounts in a `mountinfo`.
pub fn parse(mountinfo: &[u8]) -> Vec<Mount> {
    entries(mountinfo).filter_map(mount).collect()
}

fn parse_line(line: &[u8]) -> Option<Entry<'_>> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    // The first six fields are fixed, and none of them can be a lone dash in place of the separator.
    let dash = 6 + fields.get(6..)?.iter().position(|field| *field == b"-")?;
    let path = |field: &[u8]| PathBuf::from(OsStr::from_bytes(&unescape(field)));
    Some(Entry {
        at: path(fields[4]),
        root: path(fields[3]),
        options: fields[5],
        kind: fields.get(dash + 1)?,
        super_options: fields.get(dash + 3).copied().unwrap_or_default(),
        device: fields[2],
    })
}

fn mount(entry: Entry<'_>) -> Option<Mount> {
    let hierarchy = match entry.kind {
        b"cgroup2" => Hierarchy::Unified,
        b"cgroup" => parse_hierarchy(&String::from_utf8_lossy(entry.super_options)),
        _ => return None,
    };
    let device = parse_device(entry.device)?;
    Some(Mount { at: entry.at, root: entry.root, hierarchy, device, root_id: None })
}

/// Which v1 hierarchy the options of its file system describe: those that are no controllers are the ones
/// that `cgroup1_show_options` of the kernel writes, and the generic ones of the file system.
fn parse_hierarchy(super_options: &str) -> Hierarchy {
    const OTHERS: [&str; 12] = [
        "rw",
        "ro",
        "sync",
        "dirsync",
        "lazytime",
        "mand",
        "seclabel",
        "xattr",
        "clone_children",
        "noprefix",
        "cpuset_v2_mode",
        "favordynmods",
    ];
    let options = || super_options.split(',');
    let name = options().find_map(|option| option.strip_prefix("name="));
    let controllers: Vec<String> = options()
        .filter(|option| !OTHERS.contains(option) && !option.contains('=') && !option.is_empty())
        .map(str::to_owned)
        .collect();
    match name {
        Some(name) if controllers.is_empty() => Hierarchy::Named(name.to_owned()),
        _ => Hierarchy::Controllers(controllers),
    }
}

fn parse_device(field: &[u8]) -> Option<(u32, u32)> {
    let (major, minor) = std::str::from_utf8(field).ok()?.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
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
    use std::path::Path;

    use super::*;

    fn controllers(names: &[&str]) -> Hierarchy {
        Hierarchy::Controllers(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn hierarchies_are_told_apart() {
        let mounts = parse(
            b"\
30 29 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/memory rw,relatime shared:7 master:1 - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/x,name=systemd
33 30 0:29 /a\\040b /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
34 30 0:30 /.. /sys/fs/cgroup/cpu,cpuacct rw - cgroup - rw,seclabel,cpu,cpuacct,clone_children
35 30 0:31 / /both rw - cgroup cgroup rw,pids,name=x
",
        );
        let seen: Vec<_> =
            mounts.iter().map(|mount| (&mount.hierarchy, mount.root.as_path(), mount.device)).collect();
        assert_eq!(
            seen,
            [
                (&controllers(&["memory"]), Path::new("/"), (0, 27)),
                (&Hierarchy::Named("systemd".into()), Path::new("/"), (0, 28)),
                (&Hierarchy::Unified, Path::new("/a b"), (0, 29)),
                (&controllers(&["cpu", "cpuacct"]), Path::new("/.."), (0, 30)),
                (&controllers(&["pids"]), Path::new("/"), (0, 31)),
            ]
        );
    }

    #[test]
    fn a_mount_point_that_looks_like_the_separator_does_not_confuse() {
        let mounts = parse(b"31 30 0:27 - - rw,relatime - cgroup2 - rw\n");
        assert_eq!(mounts[0].at, Path::new("-"));
        assert_eq!(mounts[0].hierarchy, Hierarchy::Unified);
    }

    #[test]
    fn rubbish_is_passed_over() {
        for text in [
            &b""[..],
            b"\n\n",
            b"-",
            b"1 2 3 4 5 6 -",
            b"1 2 3 4 5 6 - cgroup",
            b"1 2 0:x / /a rw - cgroup2 a b",
        ] {
            assert_eq!(parse(text), []);
        }
        assert_eq!(unescape(b"a\\1"), b"a\\1");
        assert_eq!(unescape(b"\\777\\\\"), b"\xff\\\\");
    }
}
