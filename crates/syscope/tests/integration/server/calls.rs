//! A program that makes calls of a known number, in containers.

use std::path::Path;
use std::process::Command;

use syscope_testing::containers::Host;
use syscope_testing::containers::processes::run;

/// Puts the program into the containers that are made from now on.
pub fn install(host: &Host) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/programs/calls.c");
    let binary = host.directory().join("calls");
    run(Command::new("cc").args(["-static", "-O1", "-Wall", "-o"]).arg(&binary).arg(source));
    host.rootfs().add(&binary, "bin/calls");
}

/// The program makes so many calls of openat that succeed and that fail, and ends.
pub fn of(good: u64, bad: u64) -> [String; 3] {
    ["/bin/calls".into(), good.to_string(), bad.to_string()]
}

/// The same, and then it waits.
pub fn of_one_that_stays(good: u64, bad: u64) -> [String; 4] {
    let [program, good, bad] = of(good, bad);
    [program, good, bad, "wait".into()]
}

/// As fixtures take arguments.
pub fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}
