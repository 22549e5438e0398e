//! The cgroup layout: what is mounted, where we are, and the trees with their ids and counts.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Context;
use super::collect::Collected;
use crate::doctor::mounts::{self, Mounted};

/// Cgroups of one hierarchy that are listed.
const CGROUPS_MAX: usize = 20_000;
/// Deeper ones are left out, as the kernel itself allows no deeper by default for most users.
const DEPTH_MAX: usize = 64;

/// All of it.
pub fn collect(context: &Context) -> Collected {
    let mut collected = Collected::default();
    collected.add_or_say("cgroups/controllers.txt", context.host.read("proc/cgroups"));
    collected.add_or_say("cgroups/self.txt", context.host.read("proc/self/cgroup"));
    let mountinfo = match context.host.read("proc/self/mountinfo") {
        Ok(text) => text,
        Err(err) => {
            collected.problems.push(format!("the mounts: {err}"));
            return collected;
        }
    };
    let lines = mountinfo.lines().filter(|line| line.contains(" - cgroup"));
    collected.add("cgroups/mounts.txt", lines.collect::<Vec<_>>().join("\n"));
    let mounted = mounts::read(&context.host).unwrap_or_default();
    for mount in mounted.iter().filter(|mount| mount.kind.starts_with("cgroup")) {
        let (name, text) = tree(mount);
        collected.add(name, text);
    }
    collected
}

/// The cgroups of a hierarchy, each with its id, its owner and the number of its processes.
fn tree(mount: &Mounted) -> (String, String) {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let place: String = mount.at.trim_start_matches("/sys/fs/").chars().map(plain).collect();
    let mut text = format!("# {} at {}: id, uid, processes, cgroup\n", mount.kind, mount.at);
    let mut open: Vec<(PathBuf, usize)> = vec![(PathBuf::from(&mount.at), 0)];
    let mut count = 0;
    while let Some((path, depth)) = open.pop() {
        if count == CGROUPS_MAX {
            let _ = writeln!(text, "... more than {CGROUPS_MAX}");
            break;
        }
        count += 1;
        // What vanishes meanwhile is left out.
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        let name = if depth == 0 { "/" } else { &*name(&path) };
        let line =
            format!("{:>8} {:>6} {:>6} {}", meta.ino(), meta.uid(), processes(&path), "  ".repeat(depth));
        let _ = writeln!(text, "{line}{name}");
        if depth < DEPTH_MAX {
            let mut below: Vec<PathBuf> = fs::read_dir(&path)
                .map(|entries| entries.flatten().filter(is_dir).map(|entry| entry.path()).collect())
                .unwrap_or_default();
            below.sort();
            open.extend(below.into_iter().rev().map(|path| (path, depth + 1)));
        }
    }
    (format!("cgroups/tree-{place}.txt"), text)
}

fn is_dir(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn name(path: &Path) -> String {
    let mut out = Vec::new();
    syscope_syscalls::sink::text::escape(&mut out, path.file_name().unwrap_or_default().as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// How many processes are in a cgroup itself; `-` where that cannot be read (threaded ones).
fn processes(path: &Path) -> String {
    match fs::read(path.join("cgroup.procs")) {
        Ok(text) => text.iter().filter(|byte| **byte == b'\n').count().to_string(),
        Err(_) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_in_order() {
        let top = std::env::temp_dir().join(format!("syscope-tree-{}", std::process::id()));
        for (path, procs) in [("", "1\n"), ("b", "2\n3\n"), ("a", ""), ("a/x\u{1b}y", "4\n")] {
            fs::create_dir_all(top.join(path)).unwrap();
            fs::write(top.join(path).join("cgroup.procs"), procs).unwrap();
        }
        let mount = Mounted { kind: "cgroup2".into(), at: top.display().to_string(), writable: true };
        let (_, text) = tree(&mount);
        fs::remove_dir_all(&top).unwrap();
        let lines: Vec<String> = text
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().skip(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(lines, ["1 /", "0 a", "1 x\\33y", "2 b"]);
    }
}
