//! Notes what the binary was built with, for `syscope bugtool`.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().ok();
    let version = said.and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    println!("cargo:rustc-env=SYSCOPE_RUSTC={}", version.trim());
    println!("cargo:rustc-env=SYSCOPE_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo:rustc-env=SYSCOPE_PROFILE={}", env::var("PROFILE").unwrap_or_default());
    println!("cargo:rerun-if-changed=build.rs");
}
