//! Compiles the kernel programs and generates their skeleton; output goes to `OUT_DIR` only.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use libbpf_cargo::SkeletonBuilder;

/// The one source, as two objects (see src/bpf/task.bpf.h).
const OBJECTS: [&str; 2] = ["syscalls", "portable"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let arch = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("x86_64") => "x86",
        Ok("aarch64") => "arm64",
        other => panic!("no kernel programs for {other:?}; supported are x86_64 and aarch64"),
    };
    let arguments: Vec<OsString> = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
        .iter()
        .map(OsString::from)
        .chain([OsString::from(format!("-D__TARGET_ARCH_{arch}"))])
        .collect();
    for name in OBJECTS {
        let source = format!("src/bpf/{name}.bpf.c");
        // Atomic additions that tell what was there: the instructions of Linux 5.12.
        let level = if name == "portable" { "-mcpu=v2" } else { "-mcpu=v3" };
        let arguments = arguments.iter().cloned().chain([OsString::from(level)]);
        SkeletonBuilder::new()
            .source(&source)
            .obj(out.join(format!("{name}.bpf.o")))
            .clang_args(arguments)
            .build_and_generate(out.join(format!("{name}.skel.rs")))
            .unwrap_or_else(|err| panic!("compile {source} (needs clang: see scripts/setup.sh): {err:#}"));
    }
    println!("cargo:rerun-if-changed=src/bpf");
}
