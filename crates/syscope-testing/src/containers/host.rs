//! A host of a test's own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::{Rootfs, cgroups, processes};

/// What a container runtime keeps on a host, beside `/run`.
const STORAGE: [&str; 6] = [
    "/etc/cni/net.d",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/log/pods",
];

/// Directories that runtimes make at the top of the hierarchies and leave there; those inside come first.
const PARENTS: [&str; 9] = [
    "default",
    "docker",
    "k8s.io",
    "kubepods/besteffort",
    "kubepods/burstable",
    "kubepods",
    "libpod_parent/conmon",
    "libpod_parent",
    "user.slice",
];

/// The test's host: a mount namespace with fresh state directories, and all that was started in it.
#[derive(Debug)]
pub struct Host {
    rootfs: Rootfs,
    /// Names of cgroups that belong to this host's containers.
    names: Mutex<BTreeSet<String>>,
    /// Directories of [`PARENTS`] that were there before, and stay.
    kept: Vec<PathBuf>,
    /// Cleans up where the test itself cannot, because it was killed.
    keeper: Child,
}

/// Waits for the end of the test, by the end of its standard input. Then all that runs in its own mount namespace,
/// and in cgroups with the names that the test noted, is killed, and those cgroups are removed.
const KEEPER: &str = r#"
cat >/dev/null
own=$(readlink /proc/$$/ns/mnt)
for round in 1 2 3 4 5; do
	for process in /proc/[0-9]*; do
		[ "$process" != "/proc/$$" ] || continue
		[ "$(readlink "$process/ns/mnt")" = "$own" ] || grep -qFf "$1" "$process/cgroup" || continue
		kill -KILL "${process#/proc/}"
	done
	sleep 0.2
	find /sys/fs/cgroup -depth -type d | grep -Ff "$1" | while read -r directory; do rmdir "$directory"; done
done 2>/dev/null
"#;

/// The names of [`Host::own`], for the keeper.
const NAMES: &str = "/run/syscope-host/names";

impl Host {
    /// Moves the calling thread, and so all that it starts from now on, into a mount namespace of its own.
    pub fn enter() -> Host {
        // The file system attributes of a thread are shared with the others until it leaves them.
        unshare(CloneFlags::CLONE_NEWNS).expect("make a mount namespace (root is needed)");
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("make the mounts private");
        empty(Path::new("/run"));
        for directory in STORAGE {
            if Path::new(directory).is_dir() {
                empty(Path::new(directory));
            }
        }
        for directory in ["/run/lock", "/run/syscope-host"] {
            fs::create_dir_all(directory).unwrap_or_else(|error| panic!("make {directory}: {error}"));
        }
        let rootfs = Rootfs::make(Path::new("/run/syscope-host/rootfs"));
        Host { rootfs, names: Mutex::default(), kept: parents().collect(), keeper: start_keeper() }
    }

    /// A directory for what the test itself keeps, gone with the host.
    pub fn directory(&self) -> &Path {
        Path::new("/run/syscope-host")
    }

    /// The root file system that all containers share or begin with.
    pub fn rootfs(&self) -> &Rootfs {
        &self.rootfs
    }

    /// Cgroups whose name contains `name` belong to this host and are removed with it. Give whole ids, or
    /// names that nobody else has.
    pub fn own(&self, name: &str) {
        assert!(name.len() >= 8, "{name:?} is too common to remove every cgroup with it");
        if self.names.lock().expect("nobody panics with it").insert(name.to_owned()) {
            let noted =
                File::options().append(true).open(NAMES).and_then(|mut names| writeln!(names, "{name}"));
            noted.expect("note a name for the keeper");
        }
    }

    fn is_own(&self, directory: &Path) -> bool {
        let names = self.names.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let last = directory.file_name().unwrap_or_default().to_string_lossy();
        names.iter().any(|name| last.contains(name.as_str()))
    }

    /// The highest directories that are this host's own, in every hierarchy.
    fn own_cgroups(&self) -> Vec<PathBuf> {
        let roots = cgroups::hierarchies();
        roots.iter().flat_map(|root| cgroups::highest(&root.mount, &|found| self.is_own(found))).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The keeper is one of those that are killed, so nothing is done twice.
        let own = self.own_cgroups();
        processes::kill_all(|| {
            let mut pids = processes::in_this_mount_namespace();
            pids.extend(own.iter().flat_map(|directory| cgroups::members(directory)));
            pids
        });
        let _ = self.keeper.wait();
        for directory in self.own_cgroups() {
            cgroups::remove_tree(&directory);
        }
        for directory in parents().filter(|directory| !self.kept.contains(directory)) {
            // It stays where another test or a runtime of the machine uses it too.
            let _ = fs::remove_dir(directory);
        }
    }
}

fn start_keeper() -> Child {
    File::create(NAMES).expect("make a file for names");
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", KEEPER, "keeper", NAMES]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("start the keeper")
}

fn empty(directory: &Path) {
    let mounted = mount(Some("tmpfs"), directory, Some("tmpfs"), MsFlags::empty(), Some("mode=755"));
    mounted.unwrap_or_else(|error| panic!("mount an empty directory at {}: {error}", directory.display()));
}

/// The directories of [`PARENTS`] that exist, in every hierarchy.
fn parents() -> impl Iterator<Item = PathBuf> {
    let roots = cgroups::hierarchies().into_iter().map(|hierarchy| hierarchy.mount);
    roots.flat_map(|root| PARENTS.map(|name| root.join(name))).filter(|directory| directory.is_dir())
}
