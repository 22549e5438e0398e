//! The traced programs: C sources of this crate, compiled on demand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A C program in `programs/`.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name, and its file name without `.c`.
    pub name: &'static str,
    /// Its source.
    pub source: &'static str,
    /// Whether it is built for i386 (`cc -m32`).
    pub bits32: bool,
}

macro_rules! programs {
    ($($name:literal $(in $bits:literal bits)?),* $(,)?) => {
        &[$(Program {
            name: $name,
            source: include_str!(concat!("../programs/", $name, ".c")),
            bits32: false $(|| $bits == 32)?,
        }),*]
    };
}

/// Every traced program.
pub const PROGRAMS: &[Program] = programs![
    "children",
    "compat32" in 32 bits,
    "efault",
    "exec_arguments",
    "execveat",
    "file_io",
    "files",
    "high_results",
    "int80",
    "ipc_sysv",
    "killed_calls",
    "long_paths",
    "loop_getppid",
    "loop_open",
    "memory",
    "mqueue",
    "page_end",
    "pid_namespace",
    "polling",
    "processes",
    "restart",
    "seccomp_errno",
    "seccomp_kill",
    "signals",
    "sigreturn",
    "sockets",
    "strings",
    "thread_exec",
    "threads",
    "timers",
    "unknown_calls",
    "vfork_exec",
];

/// Builds all programs into `directory` and returns it. What is newer than its source is not built again.
pub fn build(directory: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    for program in PROGRAMS {
        build_one(program, directory)?;
    }
    directory.canonicalize()
}

/// Builds one program into `directory` and returns its path.
pub fn build_one(program: &Program, directory: &Path) -> io::Result<PathBuf> {
    let source = directory.join(format!("{}.c", program.name));
    let binary = directory.join(program.name);
    let unchanged = fs::read_to_string(&source).is_ok_and(|built| built == program.source);
    if unchanged && binary.exists() {
        return Ok(binary);
    }
    // The source is written last, so that a build that failed is tried again.
    let input = directory.join(format!("{}.new.c", program.name));
    fs::write(&input, program.source)?;
    let mut command = Command::new("cc");
    command.args(["-std=gnu11", "-O1", "-Wall", "-pthread"]).args(program.bits32.then_some("-m32"));
    command.arg("-o").arg(&binary).arg(&input).arg("-lrt");
    let output = command.output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("build {}: {}", program.name, reason.trim())));
    }
    fs::rename(&input, &source)?;
    Ok(binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_listed() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
        let files = fs::read_dir(directory).expect("the directory of the programs").flatten();
        let mut found: Vec<String> = files
            .filter_map(|file| file.file_name().to_string_lossy().strip_suffix(".c").map(str::to_owned))
            .collect();
        found.sort_unstable();
        assert_eq!(found, PROGRAMS.iter().map(|program| program.name.to_owned()).collect::<Vec<_>>());
    }
}
