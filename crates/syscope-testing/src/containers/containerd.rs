//! containerd, with its CRI plugin and by `ctr`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::processes::{attempt, output, run};
use super::{Cri, Daemon, Host};

/// The image that [`Containerd`] imports, in the namespaces of CRI and of `ctr`.
pub const IMAGE: &str = "test.local/busybox:1";

/// The image of pods' sandboxes: it waits.
pub const PAUSE: &str = "test.local/pause:1";

/// Where it listens: its usual place.
pub const SOCKET: &str = "/run/containerd/containerd.sock";

/// A containerd with its socket at the usual place. There is no network plugin: pods are on the host's network.
#[derive(Debug)]
pub struct Containerd<'h> {
    host: &'h Host,
    daemon: Daemon,
}

impl<'h> Containerd<'h> {
    /// Starts the daemon and imports the images.
    pub fn start(host: &'h Host) -> Containerd<'h> {
        let base = host.directory().join("containerd");
        fs::create_dir_all(&base).expect("make a directory for the daemon");
        let config = base.join("config.toml");
        fs::write(&config, configuration(&base)).expect("write its configuration");
        let containerd = Containerd { host, daemon: daemon(&config, &base.join("log")) };
        let image = host.rootfs().image(&base.join("image"), IMAGE, &["/bin/sh"]);
        let pause = host.rootfs().image(&base.join("pause"), PAUSE, &["/bin/sleep", "100000"]);
        for (namespace, archive) in [("k8s.io", &image), ("default", &image), ("k8s.io", &pause)] {
            run(containerd.ctr(namespace).args(["images", "import"]).arg(archive));
        }
        containerd
    }

    /// The daemon.
    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Starts the daemon again after it was killed; the containers went on meanwhile.
    pub fn restart(&mut self) {
        let base = self.host.directory().join("containerd");
        self.daemon.kill();
        self.daemon = daemon(&base.join("config.toml"), &base.join("log"));
    }

    /// A client of its Container Runtime Interface.
    pub fn cri(&self) -> Cri<'h> {
        Cri::connect(self.host)
    }

    /// `ctr` in a namespace, to which a test adds arguments.
    pub fn ctr(&self, namespace: &str) -> Command {
        let mut command = Command::new("ctr");
        command.args(["--address", SOCKET, "--namespace", namespace]);
        command
    }

    /// Runs a container without CRI in the background; returns the pid of its first process. Its name is its id.
    pub fn container(&self, id: &str, flags: &[&str], args: &[&str]) -> u32 {
        self.host.own(id);
        run(self.ctr("default").args(["run", "--detach"]).args(flags).args([IMAGE, id]).args(args));
        let tasks = run(self.ctr("default").args(["tasks", "list"]));
        let line = tasks.lines().find(|line| line.split_whitespace().next() == Some(id));
        let pid = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        pid.unwrap_or_else(|| panic!("no task {id}: {tasks}"))
    }

    /// Runs a program in such a container to its end.
    pub fn exec(&self, id: &str, session: &str, args: &[&str]) -> String {
        run(self.ctr("default").args(["tasks", "exec", "--exec-id", session, id]).args(args))
    }

    /// Starts a program in such a container.
    pub fn spawn_exec(&self, id: &str, session: &str, args: &[&str]) -> Child {
        let mut command = self.ctr("default");
        command.args(["tasks", "exec", "--exec-id", session, id]).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("start ctr")
    }

    /// Ends and removes such a container.
    pub fn remove(&self, id: &str) {
        run(self.ctr("default").args(["tasks", "delete", "--force", id]));
        run(self.ctr("default").args(["containers", "delete", id]));
    }
}

impl Drop for Containerd<'_> {
    fn drop(&mut self) {
        self.daemon.thaw();
        for namespace in ["k8s.io", "default"] {
            let list = attempt(self.ctr(namespace).args(["containers", "list", "-q"]));
            let ids = list.map(|output| output.stdout).unwrap_or_default();
            for id in String::from_utf8_lossy(&ids).lines().filter(|id| id.len() >= 8) {
                self.host.own(id);
                attempt(self.ctr(namespace).args(["tasks", "delete", "--force", id]));
            }
        }
    }
}

fn daemon(config: &Path, log: &Path) -> Daemon {
    let mut command = Command::new("containerd");
    command.arg("--config").arg(config);
    let answers = || output(Command::new("ctr").args(["--address", SOCKET, "version"])).status.success();
    Daemon::start(&mut command, log, || Path::new(SOCKET).exists() && answers())
}

/// `restrict_oom_score_adj`: a sandbox asks for -998, which takes `CAP_SYS_RESOURCE`.
fn configuration(base: &Path) -> String {
    let base = base.display();
    format!(
        r#"version = 2
root = "{base}/root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"#
    )
}
