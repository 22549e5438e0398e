//! Docker Engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::processes::{attempt, output, run};
use super::{Daemon, Host};

/// The image that [`Docker`] imports.
pub const IMAGE: &str = "busybox:1";

/// A Docker Engine that listens at `/run/docker.sock`.
#[derive(Debug)]
pub struct Docker<'h> {
    host: &'h Host,
    daemon: Daemon,
}

impl<'h> Docker<'h> {
    /// Starts the daemon and imports the image.
    pub fn start(host: &'h Host) -> Docker<'h> {
        let base = host.directory().join("docker");
        fs::create_dir_all(&base).expect("make a directory for the daemon");
        let mut command = Command::new(dockerd());
        command.arg("--data-root").arg(base.join("data")).arg("--exec-root").arg(base.join("exec"));
        command.arg("--pidfile").arg(base.join("pid")).args(["--host", "unix:///run/docker.sock"]);
        command.args(["--iptables=false", "--ip6tables=false", "--bridge=none"]);
        let daemon = Daemon::start(&mut command, &base.join("log"), || {
            Path::new("/run/docker.sock").exists()
                && output(Command::new("docker").arg("version")).status.success()
        });
        let archive = host.rootfs().archive(&base);
        run(Command::new("docker").arg("import").arg(archive).arg(IMAGE));
        Docker { host, daemon }
    }

    /// The daemon.
    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Runs a command of Docker and returns what it printed.
    pub fn docker(&self, args: &[&str]) -> String {
        run(Command::new("docker").args(args))
    }

    /// Runs a container in the background with these flags; returns its id.
    pub fn container(&self, name: &str, flags: &[&str], args: &[&str]) -> String {
        let mut command = Command::new("docker");
        command.args(["run", "--detach", "--network", "none", "--name", name]).args(flags);
        let id = run(command.arg(IMAGE).args(args));
        self.host.own(&id);
        id
    }

    /// Runs a program in a container to its end.
    pub fn exec(&self, name: &str, args: &[&str]) -> String {
        run(Command::new("docker").args(["exec", name]).args(args))
    }
}

impl Drop for Docker<'_> {
    fn drop(&mut self) {
        self.daemon.thaw();
        let list = attempt(Command::new("docker").args(["ps", "-aq", "--no-trunc"]));
        let ids = list.map(|output| output.stdout).unwrap_or_default();
        for id in String::from_utf8_lossy(&ids).lines() {
            self.host.own(id);
            attempt(Command::new("docker").args(["rm", "--force", id]));
        }
    }
}

/// Debian has it where only root looks.
fn dockerd() -> &'static str {
    let usual = "/usr/sbin/dockerd";
    if Path::new(usual).exists() { usual } else { "dockerd" }
}
