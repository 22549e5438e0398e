//! Filters by cgroup, in every kind of hierarchy that this host has.

use std::fs;
use std::path::{Path, PathBuf};

use super::{check, live, single};

/// A cgroup of a test's own, removed at its end.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new(path: PathBuf) -> Cgroup {
        fs::create_dir(&path).unwrap_or_else(|error| panic!("make {}: {error}", path.display()));
        Cgroup(path)
    }

    fn add(&self, pid: u32) {
        fs::write(self.0.join("cgroup.procs"), pid.to_string()).expect("move a process");
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("a name in UTF-8")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Processes that were killed may still be on their way out.
        for _ in 0..2000 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        eprintln!("{} is left over", self.0.display());
    }
}

/// Where hierarchies are mounted: v2, and v1 with the controllers `memory` or `pids`.
fn hierarchies() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").expect("read the mounts");
    let wanted = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let controller = fields[3].split(',').any(|option| matches!(option, "memory" | "pids"));
        (fields[2] == "cgroup2" || fields[2] == "cgroup" && controller).then(|| PathBuf::from(fields[1]))
    };
    let found: Vec<PathBuf> = mounts.lines().filter_map(wanted).collect();
    assert!(!found.is_empty(), "no cgroups are mounted");
    found
}

/// In this hierarchy a cgroup means the processes in it and below it, and no others.
fn check_hierarchy(mount: &Path) {
    let name = format!("syscope-it-{}", std::process::id());
    let outer = Cgroup::new(mount.join(&name));
    let inner = Cgroup::new(outer.0.join("inner"));
    let sibling = Cgroup::new(mount.join(format!("{name}-sibling")));
    let puppets = [single(11), single(12), single(13), single(14)];
    outer.add(puppets[0].pid());
    inner.add(puppets[1].pid());
    sibling.add(puppets[2].pid());

    check(live(&["--cgroup", outer.text()]), &[11, 12]);
    check(live(&["--cgroup", inner.text()]), &[12]);
    check(live(&["--cgroup", sibling.text()]), &[13]);
    // The path as /proc/PID/cgroup shows it.
    check(live(&["--cgroup", &format!("/{name}/inner")]), &[12]);
    check(live(&["--cgroup", outer.text(), "-p", &puppets[0].pid().to_string()]), &[11]);

    // A process that moves is followed.
    let mut moving = live(&["--cgroup", inner.text()]);
    moving.until("the one inside", |records| super::marks(records).contains(&12));
    inner.add(puppets[3].pid());
    moving.until("the one that came", |records| super::marks(records).contains(&14));
    check(moving, &[12, 14]);
    drop(puppets);
}

#[test]
#[ignore = "root+bpf"]
fn a_cgroup_includes_those_below_it_in_every_hierarchy() {
    for mount in hierarchies() {
        eprintln!("{}", mount.display());
        check_hierarchy(&mount);
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_child_is_in_the_cgroup_of_its_parent() {
    for mount in hierarchies() {
        let cgroup = Cgroup::new(mount.join(format!("syscope-it-{}-child", std::process::id())));
        let mut family = super::family();
        cgroup.add(family.pid());
        let live = live(&["--cgroup", cgroup.text()]);
        family.say("x");
        // The process moves with its threads; the children it had stay, those it makes come along.
        check(live, &[1, 2, 6, 7]);
    }
}
