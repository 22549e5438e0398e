//! Fake hosts: trees of files in a directory of the test's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::probe::Host;
use super::report::Finding;

/// A host made of files; removed with the value.
#[derive(Debug)]
pub struct FakeHost(PathBuf);

impl FakeHost {
    pub fn new(files: &[(&str, &str)]) -> FakeHost {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("syscope-host-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let host = FakeHost(std::env::temp_dir().join(name));
        fs::create_dir_all(&host.0).unwrap();
        for (path, text) in files {
            host.write(path, text.as_bytes());
        }
        host
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn link(&self, path: &str, target: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    pub fn host(&self) -> Host {
        Host::new(&self.0, &self.0)
    }
}

impl Drop for FakeHost {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The finding of this name.
pub fn named<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
    findings.iter().find(|found| found.name == name).unwrap_or_else(|| panic!("no {name} in {findings:#?}"))
}
