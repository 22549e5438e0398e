//! What containers are made of: one static busybox.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::processes::run;

/// The programs that tests run in containers.
const APPLETS: [&str; 14] = [
    "cat", "echo", "env", "false", "kill", "ls", "mkdir", "rmdir", "setsid", "sh", "sleep", "test", "true",
    "usleep",
];

/// A root file system with busybox, its names and the usual directories.
#[derive(Debug)]
pub struct Rootfs(PathBuf);

impl Rootfs {
    /// Makes it at `path`.
    pub(super) fn make(path: &Path) -> Rootfs {
        for directory in ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var/run"] {
            fs::create_dir_all(path.join(directory)).expect("make a directory of the root file system");
        }
        let rootfs = Rootfs(path.to_owned());
        rootfs.add(&busybox(), "bin/busybox");
        for name in APPLETS {
            symlink("busybox", path.join("bin").join(name)).expect("name an applet of busybox");
        }
        let file = |name: &str, text: &str| fs::write(path.join(name), text).expect("write a file of it");
        file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
        file("etc/group", "root:x:0:\nnogroup:x:65534:\n");
        rootfs
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Copies a program (it has to be static) into it.
    pub fn add(&self, program: &Path, name: &str) {
        let target = self.0.join(name);
        let copied = fs::copy(program, &target);
        copied
            .unwrap_or_else(|error| panic!("copy {} into the root file system: {error}", program.display()));
        fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).expect("make it executable");
    }

    /// Packs the files into `directory` and returns the archive.
    pub fn archive(&self, directory: &Path) -> PathBuf {
        fs::create_dir_all(directory).expect("make a directory for the archive");
        let path = directory.join("rootfs.tar");
        run(Command::new("tar").arg("-C").arg(&self.0).arg("-cf").arg(&path).arg("."));
        path
    }

    /// Makes an image archive, as `docker save` does, in `directory`. `command` runs where a container names none.
    pub fn image(&self, directory: &Path, name: &str, command: &[&str]) -> PathBuf {
        let layer = self.archive(directory);
        let digest = run(Command::new("sha256sum").arg(&layer));
        let digest = digest.split(' ').next().expect("a digest");
        let config = json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
            "os": "linux",
            "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": command},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
        });
        let manifest = json!([{"Config": "config.json", "RepoTags": [name], "Layers": ["rootfs.tar"]}]);
        let write =
            |name: &str, text: String| fs::write(directory.join(name), text).expect("write the image");
        write("config.json", config.to_string());
        write("manifest.json", manifest.to_string());
        let path = directory.join("image.tar");
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(directory).arg("-cf").arg(&path);
        run(tar.args(["manifest.json", "config.json", "rootfs.tar"]));
        path
    }
}

/// The static busybox of this machine.
fn busybox() -> PathBuf {
    let found = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"].map(PathBuf::from);
    let found = found.into_iter().find(|path| path.exists());
    found.expect("a static busybox is installed (scripts/setup.sh)")
}
