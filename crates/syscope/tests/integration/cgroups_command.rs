//! `syscope cgroups`: the list equals the file system, in every hierarchy, and everything wrong is said clearly.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use syscope_output::record::{CgroupEntry, OwnerKind, Text};

use crate::support::{Ended, bytes_of, run, syscope, until};

/// Runs the command.
fn cgroups<S: AsRef<OsStr>>(words: &[S]) -> Ended {
    run(syscope().arg("cgroups").args(words))
}

/// Its list as JSON.
fn entries<S: AsRef<OsStr>>(words: &[S]) -> Vec<CgroupEntry> {
    let ended = run(syscope().args(["cgroups", "-o", "json"]).args(words));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    ended.stdout().lines().map(parse).collect()
}

fn bytes(text: &Text) -> Vec<u8> {
    bytes_of(&serde_json::to_value(text).expect("text is JSON"))
}

/// The mount points of cgroup hierarchies: v2 as `unified`, v1 by its controllers or its name.
fn mounts() -> BTreeMap<String, PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").expect("read the mounts");
    let numbers = fs::read_to_string("/proc/self/cgroup").expect("read our cgroups");
    let mut found = BTreeMap::new();
    for line in mounts.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let at = PathBuf::from(fields[1]);
        let options: BTreeSet<&str> = fields[3].split(',').collect();
        match fields[2] {
            "cgroup2" => drop(found.insert("unified".to_owned(), at)),
            "cgroup" => {
                let names = numbers.lines().filter_map(|line| line.split(':').nth(1));
                let is_its =
                    |names: &&str| names.split(',').all(|name| !name.is_empty() && options.contains(name));
                let mut names = names.filter(is_its);
                found.insert(names.next().expect("a mounted hierarchy has a number").to_owned(), at);
            }
            _ => {}
        }
    }
    found
}

/// All directories below a mount point with their inode numbers, as `find -type d` sees them.
fn walk(at: &Path) -> BTreeMap<Vec<u8>, u64> {
    let mut found = BTreeMap::new();
    let mut open = vec![at.to_owned()];
    while let Some(directory) = open.pop() {
        // What vanishes meanwhile is no part of it.
        let (Ok(meta), Ok(entries)) = (fs::metadata(&directory), fs::read_dir(&directory)) else { continue };
        let below = directory.strip_prefix(at).expect("it is below");
        found.insert(Path::new("/").join(below).as_os_str().as_bytes().to_vec(), meta.ino());
        open.extend(
            entries
                .flatten()
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
    }
    found
}

/// The same of all hierarchies.
fn walk_all(mounts: &BTreeMap<String, PathBuf>) -> BTreeMap<String, BTreeMap<Vec<u8>, u64>> {
    mounts.iter().map(|(name, at)| (name.clone(), walk(at))).collect()
}

#[test]
fn the_list_equals_a_walk_of_the_file_system() {
    let mounts = mounts();
    // Others make and remove cgroups meanwhile: a walk before and one after that agree say what is there.
    let (walked, listed) = until("a moment in which no cgroup is made", || {
        let before = walk_all(&mounts);
        let listed = entries(&["--no-containers", "--hierarchy", "all"]);
        (walk_all(&mounts) == before).then_some((before, listed))
    });
    let mut by_hierarchy: BTreeMap<String, BTreeMap<Vec<u8>, u64>> = BTreeMap::new();
    for entry in &listed {
        let of_its = by_hierarchy.entry(entry.hierarchy.clone()).or_default();
        assert_eq!(of_its.insert(bytes(&entry.path), entry.id), None, "{entry:?} is listed twice");
    }
    // The tracked one goes by the controller that it is tracked by.
    let called = |name: &String| {
        by_hierarchy.keys().find(|key| name.split(',').any(|part| part == *key) || *key == name)
    };
    for (name, walked) in &walked {
        let key = called(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(&by_hierarchy[key], walked, "{name}");
    }
    assert_eq!(by_hierarchy.len(), walked.len());
    for entry in &listed {
        let path = bytes(&entry.path);
        let directory = Path::new(OsStr::from_bytes(&path));
        assert_eq!(entry.level as usize, directory.components().count() - 1, "{entry:?}");
        let parent =
            directory.parent().map(|parent| by_hierarchy[&entry.hierarchy][parent.as_os_str().as_bytes()]);
        assert_eq!(entry.parent, parent, "{entry:?}");
    }
}

#[test]
fn every_cgroup_of_the_tracked_hierarchy_has_an_owner() {
    let listed = entries::<&str>(&[]);
    assert!(!listed.is_empty());
    for entry in &listed {
        let owner = entry.owner.as_ref().unwrap_or_else(|| panic!("{entry:?} has none"));
        assert_eq!(entry.container.is_some(), owner.kind == OwnerKind::Container, "{entry:?}");
        assert_eq!(entry.unit.is_some(), owner.kind == OwnerKind::Unit, "{entry:?}");
    }
    let root = &listed[0];
    assert_eq!((root.level, root.owner.as_ref().map(|owner| owner.kind)), (0, Some(OwnerKind::Host)));
    assert!(entries(&["--no-containers"]).iter().all(|entry| entry.owner.is_none()));
}

#[test]
fn a_hierarchy_that_is_not_there_is_an_error() {
    let check = |words: &[&str], messages: &[&str]| {
        let ended = cgroups(words);
        assert_eq!((ended.code(), ended.stdout().as_str()), (Some(2), ""), "{words:?}");
        for message in messages {
            assert!(ended.stderr.contains(message), "{words:?}: {}", ended.stderr);
        }
    };
    check(&["--hierarchy", "nonsense"], &["--hierarchy", "\"nonsense\"", "this host has", "(or all)"]);
    check(&["/no/such/cgroup"], &["no cgroup /no/such/cgroup", "/proc/PID/cgroup"]);
    check(&["--flat", "--tree"], &["--flat", "--tree", "cannot be used with"]);
    check(&["--no-containers", "-c", "web"], &["--no-containers", "cannot be used with"]);
    if let [(one, at), (other, _), ..] = &mounts().into_iter().collect::<Vec<_>>()[..] {
        let at = at.to_str().expect("a path in UTF-8");
        check(&[at, "--hierarchy", other.as_str()], &[at, "in the hierarchy", one, "not in", other]);
    }
}

#[test]
fn the_table_has_a_row_for_each() {
    let (ended, listed) = until("a moment in which no cgroup is made", || {
        let before = entries(&["--no-containers"]);
        let ended = cgroups(&["--no-containers", "--flat"]);
        let names =
            |entries: &[CgroupEntry]| entries.iter().map(|entry| entry.path.clone()).collect::<Vec<_>>();
        (names(&entries(&["--no-containers"])) == names(&before)).then_some((ended, before))
    });
    let stdout = ended.stdout();
    let mut lines = stdout.lines();
    let titles: Vec<&str> = lines.next().expect("titles").split_whitespace().collect();
    assert_eq!(titles, ["HIERARCHY", "ID", "LEVEL", "STATE", "PROCS", "OWNER", "SOURCE", "CGROUP"]);
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), listed.len());
    for (row, entry) in rows.iter().zip(&listed) {
        assert_eq!(
            (row[0], row[1], row[5], row[6]),
            (entry.hierarchy.as_str(), &*entry.id.to_string(), "-", "-")
        );
    }
    assert_eq!(ended.stderr, "");
}

/// A cgroup with a process in it, both removed at the end.
struct Inhabited {
    directory: PathBuf,
    process: Child,
}

impl Inhabited {
    fn new(directory: PathBuf) -> Inhabited {
        fs::create_dir(&directory).unwrap_or_else(|error| panic!("make {}: {error}", directory.display()));
        let process = Command::new("sleep").arg("600").spawn().expect("start sleep");
        let made = Inhabited { directory, process };
        fs::write(made.directory.join("cgroup.procs"), made.process.id().to_string())
            .expect("move a process");
        made
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Inhabited {
    fn drop(&mut self) {
        self.kill();
        for _ in 0..2000 {
            if fs::remove_dir(&self.directory).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        eprintln!("{} is left over", self.directory.display());
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_part_of_the_tree_with_names_of_all_kinds() {
    for (name, at) in mounts() {
        let name = name.split(',').next().expect("a name");
        if name == "cpuset" {
            // A new cgroup has no processors, so no process can move there.
            continue;
        }
        let outer = format!("syscope it[{}]\x1b[2J", std::process::id());
        fs::create_dir(at.join(&outer)).expect("make a cgroup");
        let mut inner = Inhabited::new(at.join(&outer).join("in\u{ad}ner"));
        let directory = at.join(&outer);
        let ended = cgroups(&[directory.as_os_str(), OsStr::new("--no-containers")]);
        // The same by its path in the hierarchy.
        let path = format!("/{outer}");
        let by_path = cgroups(&["--no-containers", "--hierarchy", name, &path]);
        inner.kill();
        let emptied = until("the kernel to notice", || {
            let listed = entries(&[directory.as_os_str(), OsStr::new("--no-containers")]);
            (listed[0].state == "empty").then_some(listed)
        });
        drop(inner);
        fs::remove_dir(&directory).expect("remove a cgroup");
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.stdout(), by_path.stdout(), "{name}: {by_path:?}");
        let rows: Vec<Vec<String>> = ended
            .stdout()
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect();
        assert_eq!((rows.len(), &*rows[0][3], &*rows[0][4]), (2, "running", "0"), "{name}: {rows:?}");
        assert_eq!((&*rows[1][3], &*rows[1][4]), ("running", "1"), "{name}: {rows:?}");
        let quoted = format!("\"/syscope it[{}]\\33[2J\"\n", std::process::id());
        assert!(ended.stdout().contains(&quoted), "{:?}", ended.stdout());
        assert!(ended.stdout().ends_with("└─ in\\xc2\\xadner\n"), "{:?}", ended.stdout());
        assert_eq!((emptied.len(), emptied[1].processes), (2, Some(0)), "{name}");
    }
}
