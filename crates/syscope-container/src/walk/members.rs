//! The processes in the cgroups of a hierarchy.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use syscope_event::Pid;

use crate::layout::Tracked;

/// A process and its cgroup in one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The process, as that proc file system numbers it.
    pub pid: Pid,
    /// The cgroup's path in the hierarchy; where our cgroup namespace hides where it begins, as seen from there
    /// (`/..` above it).
    pub path: Box<[u8]>,
    /// The cgroup's id; `None` where it is removed, or lies outside what the mount shows.
    pub cgroup: Option<u64>,
    /// Whether the cgroup is removed already (v2 only; the process is then a zombie).
    pub deleted: bool,
}

/// A line of `/proc/PID/cgroup`: the cgroup in one hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The kernel's number of the hierarchy; 0 is v2.
    pub number: u32,
    /// The controllers of a v1 hierarchy with commas between them, `name=NAME` among them; empty for v2.
    pub controllers: &'a str,
    /// The path in the hierarchy, as seen from our cgroup namespace.
    pub path: &'a [u8],
    /// Whether the line ends in ` (deleted)`, which is then not part of `path`. A cgroup may be named so as well:
    /// where one with that whole name exists, it is that one.
    pub deleted: bool,
}

impl Membership<'_> {
    /// Whether this is the hierarchy that is tracked.
    pub fn is_in(&self, tracked: &Tracked) -> bool {
        match &tracked.controller {
            None => self.number == 0,
            Some(controller) => {
                self.number != 0 && self.controllers.split(',').any(|name| name == controller)
            }
        }
    }
}

/// Reads the lines of a `/proc/PID/cgroup` (`cgroups(7)`): `number:controllers:path`. A path may have colons
/// and any other byte but a line feed. Lines that are something else are passed over.
pub fn parse_proc_cgroup(text: &[u8]) -> impl Iterator<Item = Membership<'_>> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut fields = line.splitn(3, |byte| *byte == b':');
        let number = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let controllers = std::str::from_utf8(fields.next()?).ok()?;
        let path = fields.next().filter(|path| path.starts_with(b"/"))?;
        Some(match path.strip_suffix(b" (deleted)") {
            Some(path) => Membership { number, controllers, path, deleted: true },
            None => Membership { number, controllers, path, deleted: false },
        })
    })
}

/// The processes that the proc file system `proc` shows (usually `/proc`), each with its cgroup in the tracked
/// hierarchy, by pid. Kernel threads are among them. What ends meanwhile is left out.
///
/// # Errors
/// `proc` cannot be listed.
pub fn processes(proc: &Path, tracked: &Tracked) -> io::Result<Vec<Member>> {
    let mut ids: HashMap<Box<[u8]>, Option<u64>> = HashMap::new();
    let mut id_of = |path: &[u8]| match ids.get(path) {
        Some(id) => *id,
        None => {
            let id = read_id(tracked, path);
            ids.insert(path.into(), id);
            id
        }
    };
    let mut members = Vec::new();
    for entry in fs::read_dir(proc)? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(Pid) else {
            continue;
        };
        let Ok(text) = fs::read(entry.path().join("cgroup")) else { continue };
        let Some(line) = parse_proc_cgroup(&text).find(|line| line.is_in(tracked)) else { continue };
        let path = tracked.resolve(line.path);
        let named = line.deleted.then(|| [&path, &b" (deleted)"[..]].concat());
        let member = match named.map(|path| (id_of(&path), path)) {
            Some((Some(id), path)) => Member { pid, path: path.into(), cgroup: Some(id), deleted: false },
            Some((None, _)) => Member { pid, path: path.into(), cgroup: None, deleted: true },
            None => Member { pid, cgroup: id_of(&path), path: path.into(), deleted: false },
        };
        members.push(member);
    }
    members.sort_by_key(|member| member.pid);
    Ok(members)
}

fn read_id(tracked: &Tracked, path: &[u8]) -> Option<u64> {
    let meta = fs::symlink_metadata(real_path(tracked, path)?).ok()?;
    (meta.is_dir() && meta.dev() == fs::metadata(&tracked.at).ok()?.dev()).then(|| meta.ino())
}

/// Where a cgroup's directory is.
fn real_path(tracked: &Tracked, path: &[u8]) -> Option<PathBuf> {
    let below = Path::new(OsStr::from_bytes(path)).strip_prefix(tracked.base()).ok()?;
    let above = below.components().any(|part| !matches!(part, Component::Normal(_)));
    (!above).then(|| tracked.at.join(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(controller: Option<&str>, at: &Path, root: &str) -> Tracked {
        Tracked {
            name: controller.unwrap_or("unified").into(),
            controller: controller.map(str::to_owned),
            hierarchy_id: 0,
            at: at.to_owned(),
            root: root.into(),
            whole: root == "/",
            namespace: Some("/".into()),
        }
    }

    #[test]
    fn lines_are_read_as_the_kernel_writes_them() {
        let text =
            b"12:cpu,cpuacct:/a\n3:name=systemd:/system.slice:nerdctl:x\n0::/x y (deleted)\n4:memory:/\xff\n";
        let lines: Vec<_> = parse_proc_cgroup(text).collect();
        let expected = [
            (12, "cpu,cpuacct", &b"/a"[..], false),
            (3, "name=systemd", b"/system.slice:nerdctl:x", false),
            (0, "", b"/x y", true),
            (4, "memory", b"/\xff", false),
        ]
        .map(|(number, controllers, path, deleted)| Membership {
            number,
            controllers,
            path,
            deleted,
        });
        assert_eq!(lines, expected);
        for rubbish in [&b""[..], b"\n", b"x::/", b"1:/", b"0::", b"0::a", b"-1:a:/", b"99999999999:a:/"] {
            assert_eq!(parse_proc_cgroup(rubbish).count(), 0);
        }
    }

    #[test]
    fn the_line_of_the_tracked_hierarchy_is_taken() {
        let text = b"12:cpu,cpuacct:/c\n0::/u\n";
        let path = |controller| {
            let tracked = tracked(controller, Path::new("/"), "/");
            parse_proc_cgroup(text).find(|line| line.is_in(&tracked)).map(|line| line.path)
        };
        assert_eq!(path(None), Some(&b"/u"[..]));
        assert_eq!(path(Some("cpuacct")), Some(&b"/c"[..]));
        assert_eq!(path(Some("cpu")), Some(&b"/c"[..]));
        assert_eq!(path(Some("acct")), None);
    }

    #[test]
    fn members_have_the_id_of_their_directory() {
        let dir = tempfile::tempdir().unwrap();
        let (proc, mount) = (dir.path().join("proc"), dir.path().join("cg"));
        for cgroup in ["a/b", "d (deleted)", "gone"] {
            fs::create_dir_all(mount.join(cgroup)).unwrap();
        }
        fs::remove_dir(mount.join("gone")).unwrap();
        for (pid, path) in [
            ("1", "/a"),
            ("20", "/a/b"),
            ("3", "/d (deleted)"),
            ("4", "/gone (deleted)"),
            ("5", "/../x"),
            ("self", "/a"),
        ] {
            fs::create_dir_all(proc.join(pid)).unwrap();
            fs::write(proc.join(pid).join("cgroup"), format!("1:pids:/p\n0::{path}\n")).unwrap();
        }
        fs::create_dir_all(proc.join("6")).unwrap();
        let members = processes(&proc, &tracked(None, &mount, "/")).unwrap();
        let id = |below: &str| Some(fs::metadata(mount.join(below)).unwrap().ino());
        let seen: Vec<_> = members
            .iter()
            .map(|one| (one.pid.0, std::str::from_utf8(&one.path).unwrap(), one.cgroup, one.deleted))
            .collect();
        assert_eq!(
            seen,
            [
                (1, "/a", id("a"), false),
                (3, "/d (deleted)", id("d (deleted)"), false),
                (4, "/gone", None, true),
                (5, "/../x", None, false),
                (20, "/a/b", id("a/b"), false),
            ]
        );
        // A mount that shows a part.
        let path = |root, path: &[u8]| real_path(&tracked(None, Path::new("/m"), root), path);
        assert_eq!(path("/a", b"/a/b"), Some("/m/b".into()));
        assert_eq!(path("/a", b"/ab"), None);
        assert_eq!(path("/", b"/../x"), None);
    }
}
