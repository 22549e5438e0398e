//! Cgroups made by hand, and what the file system knows of those that runtimes made.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// `unified` for v2, else the first controller, or `name=...`.
    pub name: String,
    /// Where it is mounted.
    pub mount: PathBuf,
}

/// All hierarchies that are mounted, each once.
pub fn hierarchies() -> Vec<Hierarchy> {
    let text = fs::read_to_string("/proc/thread-self/mounts").expect("read the mounts");
    let mut found: Vec<Hierarchy> = Vec::new();
    for hierarchy in text.lines().filter_map(parse_mount) {
        if !found.iter().any(|known| known.name == hierarchy.name) {
            found.push(hierarchy);
        }
    }
    found
}

fn parse_mount(line: &str) -> Option<Hierarchy> {
    const COMMON: [&str; 9] =
        ["rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec", "seclabel", "xattr"];
    let fields: Vec<&str> = line.split(' ').collect();
    let name = match *fields.get(2)? {
        "cgroup2" => "unified",
        "cgroup" => fields.get(3)?.split(',').find(|option| !COMMON.contains(option))?,
        _ => return None,
    };
    Some(Hierarchy { name: name.to_owned(), mount: PathBuf::from(fields[1]) })
}

/// The hierarchy of this name.
pub fn hierarchy(name: &str) -> Hierarchy {
    let found = hierarchies().into_iter().find(|hierarchy| hierarchy.name == name);
    found.unwrap_or_else(|| panic!("no hierarchy {name} is mounted"))
}

/// The hierarchy that Syscope should track cgroups in: v2 where it is alone, else `memory`, `pids`, `cpu`.
pub fn tracked() -> Hierarchy {
    let all = hierarchies();
    let find = |name: &str| all.iter().find(|hierarchy| hierarchy.name == name).cloned();
    let v1 = ["memory", "pids", "cpu"].into_iter().find_map(find);
    v1.or_else(|| find("unified")).expect("a hierarchy is mounted")
}

/// A cgroup that a test made; what was made for it is removed, with all below, when it is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The highest directory that was missing; none if all were there.
    made: Option<PathBuf>,
}

impl Directory {
    /// Makes a cgroup at this path of the file system, and its parents.
    pub fn make(path: impl Into<PathBuf>) -> Directory {
        let path = path.into();
        let made = path.ancestors().take_while(|ancestor| !ancestor.exists()).last().map(Path::to_owned);
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("make {}: {error}", path.display()));
        Directory { path, made }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            super::processes::kill_all(|| members(made));
            remove_tree(made);
        }
    }
}

/// The id of a cgroup in its hierarchy.
pub fn id(directory: &Path) -> u64 {
    let metadata = fs::metadata(directory);
    metadata.unwrap_or_else(|error| panic!("look at {}: {error}", directory.display())).ino()
}

/// Moves a process into a cgroup.
pub fn move_process(pid: u32, directory: &Path) -> io::Result<()> {
    fs::write(directory.join("cgroup.procs"), pid.to_string())
}

/// The path of a process's cgroup in a hierarchy, as `/proc/PID/cgroup` shows it.
pub fn path_of(pid: u32, hierarchy: &str) -> String {
    let file = format!("/proc/{pid}/cgroup");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("read {file}: {error}"));
    let found = text.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let named = controllers.split(',').any(|controller| controller == hierarchy);
        (named || controllers.is_empty() && hierarchy == "unified").then(|| path.to_owned())
    });
    found.unwrap_or_else(|| panic!("process {pid} has no cgroup in {hierarchy}: {text}"))
}

/// The directory of a process's cgroup in a hierarchy.
pub fn directory_of(pid: u32, in_hierarchy: &str) -> PathBuf {
    hierarchy(in_hierarchy).mount.join(path_of(pid, in_hierarchy).trim_start_matches('/'))
}

/// The processes in a cgroup and below it.
pub fn members(directory: &Path) -> BTreeSet<u32> {
    let mut pids = BTreeSet::new();
    visit(directory, &mut |found| {
        let text = fs::read_to_string(found.join("cgroup.procs")).unwrap_or_default();
        pids.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
    });
    pids
}

/// The highest directories below `root` that `wanted` accepts.
pub fn highest(root: &Path, wanted: &impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for child in children(root) {
        if wanted(&child) {
            found.push(child);
        } else {
            found.extend(highest(&child, wanted));
        }
    }
    found
}

/// Removes a cgroup with all below it. Processes that were killed may still be on their way out.
pub fn remove_tree(directory: &Path) {
    let end = Instant::now() + Duration::from_secs(10);
    while directory.is_dir() {
        let mut found = Vec::new();
        visit(directory, &mut |path| found.push(path.to_owned()));
        for path in found.iter().rev() {
            let _ = fs::remove_dir(path);
        }
        if Instant::now() > end {
            eprintln!("{} is left over", directory.display());
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The directory, then all below it, parents first.
fn visit(directory: &Path, each: &mut impl FnMut(&Path)) {
    each(directory);
    for child in children(directory) {
        visit(&child, each);
    }
}

/// What vanishes meanwhile is left out.
fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_hierarchies_are_read() {
        let name = |line| parse_mount(line).map(|found| found.name);
        let check = |line, expected: Option<&str>| assert_eq!(name(line).as_deref(), expected, "{line}");
        check("cgroup /sys/fs/cgroup/memory cgroup rw,nosuid,relatime,memory 0 0", Some("memory"));
        check("cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0", Some("cpu"));
        check("cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0", Some("name=systemd"));
        check("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nsdelegate 0 0", Some("unified"));
        check("tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0", None);
    }
}
