//! runc and crun, used directly.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use super::processes::{attempt, run};
use super::{Bundle, Host};

/// An OCI runtime with its state at the usual place.
#[derive(Debug)]
pub struct OciRuntime<'h> {
    host: &'h Host,
    kind: Kind,
    ids: Mutex<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Runc,
    Crun,
}

impl<'h> OciRuntime<'h> {
    /// runc.
    pub fn runc(host: &'h Host) -> OciRuntime<'h> {
        OciRuntime { host, kind: Kind::Runc, ids: Mutex::default() }
    }

    /// crun. It refuses hosts that have v1 hierarchies and v2 side by side, so there it sees the v1 ones only.
    pub fn crun(host: &'h Host) -> OciRuntime<'h> {
        OciRuntime { host, kind: Kind::Crun, ids: Mutex::default() }
    }

    /// The runtime's command, to which a test adds arguments.
    pub fn command(&self) -> Command {
        match self.kind {
            Kind::Runc => Command::new("runc"),
            Kind::Crun => {
                let mut command = Command::new("unshare");
                // In a mount namespace of its own, the v2 hierarchy beside v1 ones is hidden.
                let script = "! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified && exec crun \"$@\"";
                command.args(["--mount", "--", "sh", "-c", script, "crun"]);
                command
            }
        }
    }

    /// Notes a container that the test runs itself, so that it is removed at the end.
    pub fn own(&self, id: &str) {
        self.host.own(id);
        self.ids.lock().expect("nobody panics with it").push(id.to_owned());
    }

    /// Runs a container in the background and returns the pid of its first process.
    pub fn start(&self, id: &str, bundle: &Bundle) -> u32 {
        self.own(id);
        let directory = bundle.write(self.host, id);
        run(self.command().args(["run", "--detach", "--bundle"]).arg(directory).arg(id));
        self.pid(id)
    }

    /// Makes a container that does not run its program yet ([`OciRuntime::release`]).
    pub fn create(&self, id: &str, bundle: &Bundle) -> u32 {
        self.own(id);
        let directory = bundle.write(self.host, id);
        run(self.command().args(["create", "--bundle"]).arg(directory).arg(id));
        self.pid(id)
    }

    /// Runs the program of a container that was made.
    pub fn release(&self, id: &str) {
        run(self.command().args(["start", id]));
    }

    /// Runs a container to its end.
    pub fn run(&self, id: &str, bundle: &Bundle) -> String {
        let directory = bundle.write(self.host, id);
        self.host.own(id);
        run(self.command().args(["run", "--bundle"]).arg(directory).arg(id))
    }

    /// Runs a program in a container to its end.
    pub fn exec(&self, id: &str, args: &[&str]) -> String {
        run(self.command().args(["exec", id]).args(args))
    }

    /// Starts a program in a container.
    pub fn spawn_exec(&self, id: &str, args: &[&str]) -> Child {
        let mut command = self.command();
        command
            .args(["exec", id])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("start a session")
    }

    /// The pid of a container's first process.
    pub fn pid(&self, id: &str) -> u32 {
        let state: Value = serde_json::from_str(&run(self.command().args(["state", id]))).expect("a state");
        state["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a pid in the state")
    }

    /// Ends and removes a container.
    pub fn delete(&self, id: &str) {
        run(self.command().args(["delete", "--force", id]));
        self.ids.lock().expect("nobody panics with it").retain(|known| known != id);
    }
}

impl Drop for OciRuntime<'_> {
    fn drop(&mut self) {
        let ids = std::mem::take(&mut *self.ids.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        for id in ids {
            // The host kills what this leaves.
            attempt(self.command().args(["delete", "--force", &id]));
        }
    }
}
