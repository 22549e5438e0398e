//! Podman, without its service, as it is used by hand.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::processes::{attempt, run};
use super::{Daemon, Host};

/// The image that [`Podman`] imports.
pub const IMAGE: &str = "localhost/busybox:1";

/// Podman with its storage at the usual place.
#[derive(Debug)]
pub struct Podman<'h> {
    host: &'h Host,
}

impl<'h> Podman<'h> {
    /// Imports the image.
    pub fn new(host: &'h Host) -> Podman<'h> {
        // Limits that every root user may set; infra containers of pods have them from here too.
        let config = r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
netns = "none"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"#;
        fs::write(host.directory().join("containers.conf"), config).expect("write containers.conf");
        let podman = Podman { host };
        let archive = host.rootfs().archive(&host.directory().join("podman"));
        run(podman.command(&["import", "--quiet"]).arg(archive).arg(IMAGE));
        podman
    }

    /// A command of Podman, to which a test adds arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command.env("CONTAINERS_CONF", self.host.directory().join("containers.conf")).args(args);
        command
    }

    /// Runs a command of Podman and returns what it printed.
    pub fn podman(&self, args: &[&str]) -> String {
        run(&mut self.command(args))
    }

    /// Runs a container in the background with these flags; returns its id.
    pub fn start(&self, name: &str, flags: &[&str], args: &[&str]) -> String {
        let id = run(self.command(&["run", "--detach", "--name", name]).args(flags).arg(IMAGE).args(args));
        self.host.own(&id);
        id
    }

    /// Runs a container to its end and removes it; returns its id.
    pub fn run(&self, name: &str, flags: &[&str], args: &[&str]) -> String {
        let file = self.host.directory().join(format!("{name}.id"));
        let _ = fs::remove_file(&file);
        let mut command = self.command(&["run", "--rm", "--name", name, "--cidfile"]);
        run(command.arg(&file).args(flags).arg(IMAGE).args(args));
        let id = fs::read_to_string(&file).expect("the file with the id");
        self.host.own(&id);
        id
    }

    /// Makes a pod whose containers share these namespaces (`pid`, `ipc`, ... or none); returns its id.
    pub fn pod(&self, name: &str, share: &str, flags: &[&str]) -> String {
        let mut command = self.command(&["pod", "create", "--name", name, "--share", share]);
        command.args(["--infra-image", IMAGE, "--infra-command", "/bin/sleep 100000"]).args(flags);
        let id = run(&mut command);
        self.host.own(&id);
        id
    }

    /// Runs a program in a container to its end.
    pub fn exec(&self, name: &str, args: &[&str]) -> String {
        run(self.command(&["exec", name]).args(args))
    }

    /// Starts a program in a container.
    pub fn spawn_exec(&self, name: &str, args: &[&str]) -> Child {
        let mut command = self.command(&["exec", name]);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("start podman")
    }

    /// The pid of a container's first process.
    pub fn pid(&self, name: &str) -> u32 {
        self.podman(&["inspect", "--format", "{{.State.Pid}}", name]).parse().expect("a pid")
    }

    /// Starts its service, which most hosts don't have running, at the usual socket.
    pub fn serve(&self) -> Daemon {
        let socket = Path::new("/run/podman/podman.sock");
        fs::create_dir_all("/run/podman").expect("make a directory for the socket");
        let log = self.host.directory().join("podman.log");
        let mut command = self.command(&["system", "service", "--time", "0"]);
        command.arg(format!("unix://{}", socket.display()));
        Daemon::start(&mut command, &log, || UnixStream::connect(socket).is_ok())
    }

    /// Ends and removes a container.
    pub fn remove(&self, name: &str) {
        self.podman(&["rm", "--force", "--time", "0", name]);
    }
}

impl Drop for Podman<'_> {
    fn drop(&mut self) {
        for list in [["ps", "-aq", "--no-trunc"], ["pod", "ps", "-q"]] {
            let ids = attempt(&mut self.command(&list)).map(|output| output.stdout).unwrap_or_default();
            String::from_utf8_lossy(&ids)
                .lines()
                .filter(|id| id.len() >= 12)
                .for_each(|id| self.host.own(id));
        }
        attempt(&mut self.command(&["pod", "rm", "--all", "--force", "--time", "0"]));
        attempt(&mut self.command(&["rm", "--all", "--force", "--time", "0"]));
    }
}
