//! OCI bundles: a root file system and how a process runs in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Host;

/// A bundle's `config.json` in the making; [`Bundle::write`] puts it where a runtime reads it.
#[derive(Debug, Clone)]
pub struct Bundle {
    config: Value,
}

impl Bundle {
    /// A container that runs `args` without network, in namespaces of its own.
    pub fn new(host: &Host, args: &[&str]) -> Bundle {
        let mount = |kind: &str, target: &str, options: &[&str]| json!({"destination": target, "type": kind, "source": kind, "options": options});
        let namespaces = ["pid", "mount", "ipc", "uts", "network"].map(|kind| json!({"type": kind}));
        // No rlimits and no oom_score_adj: neither can be had everywhere.
        let config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": false,
                "user": {"uid": 0, "gid": 0},
                "args": args,
                "env": ["PATH=/usr/bin:/bin"],
                "cwd": "/",
                "noNewPrivileges": true,
            },
            "root": {"path": host.rootfs().path(), "readonly": true},
            "hostname": "bundle",
            "mounts": [
                mount("proc", "/proc", &[]),
                mount("tmpfs", "/dev", &["nosuid", "mode=755"]),
                mount("tmpfs", "/tmp", &["nosuid", "nodev"]),
            ],
            "linux": {"namespaces": namespaces, "resources": {"devices": [{"allow": false, "access": "rwm"}]}},
        });
        Bundle { config }
    }

    /// Leaves a namespace out: the container has the host's (`pid`, `network`, ...).
    pub fn without_namespace(mut self, kind: &str) -> Bundle {
        let namespaces = self.config["linux"]["namespaces"].as_array_mut().expect("a list");
        namespaces.retain(|namespace| namespace["type"] != kind);
        self
    }

    /// Shares a namespace with a process.
    pub fn sharing(mut self, kind: &str, pid: u32) -> Bundle {
        self = self.without_namespace(kind);
        let namespace = json!({"type": kind, "path": format!("/proc/{pid}/ns/{kind}")});
        self.config["linux"]["namespaces"].as_array_mut().expect("a list").push(namespace);
        self
    }

    /// The path of its cgroup; without it the runtime makes one with the container's id at the top.
    pub fn cgroup(mut self, path: &str) -> Bundle {
        self.config["linux"]["cgroupsPath"] = json!(path);
        self
    }

    /// An annotation.
    pub fn annotation(mut self, name: &str, value: &str) -> Bundle {
        self.config["annotations"][name] = json!(value);
        self
    }

    /// Makes a directory of the host visible in it, and writable.
    pub fn bind(mut self, source: &Path, target: &str) -> Bundle {
        let mount =
            json!({"destination": target, "type": "bind", "source": source, "options": ["rbind", "rw"]});
        self.config["mounts"].as_array_mut().expect("a list").push(mount);
        self
    }

    /// Another root file system, writable.
    pub fn root(mut self, path: &Path) -> Bundle {
        self.config["root"] = json!({"path": path, "readonly": false});
        self
    }

    /// All capabilities, and devices.
    pub fn privileged(mut self) -> Bundle {
        let all = json!([
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_KILL",
            "CAP_MKNOD",
            "CAP_SETGID",
            "CAP_SETPCAP",
            "CAP_SETUID",
            "CAP_SYS_ADMIN",
            "CAP_SYS_CHROOT",
            "CAP_SYS_PTRACE",
        ]);
        self.config["process"]["capabilities"] = json!({"bounding": all, "effective": all, "permitted": all});
        self.config["process"]["noNewPrivileges"] = json!(false);
        self.config["linux"]["resources"] = json!({"devices": [{"allow": true, "access": "rwm"}]});
        self
    }

    /// Writes it to a directory of its own and returns that.
    pub fn write(&self, host: &Host, name: &str) -> PathBuf {
        let directory = host.directory().join("bundles").join(name);
        fs::create_dir_all(&directory).expect("make a directory for the bundle");
        fs::write(directory.join("config.json"), self.config.to_string()).expect("write config.json");
        directory
    }
}
