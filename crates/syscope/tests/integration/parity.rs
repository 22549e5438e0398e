//! Syscope says what strace says: the same calls with the same results in every thread, and arguments
//! decoded alike.

use std::fs;
use std::path::Path;

use syscope_testing::commands::{Case, all};
use syscope_testing::parity::{Subject, Verdict, judge};
use syscope_testing::report::{describe, markdown, sum};
use syscope_testing::{programs, run::Workspace};

/// The share of arguments, and of calls with all arguments alike, that is required.
const REQUIRED_SHARE: f64 = 0.99;
/// How often a case may run. A busy host can let processes end in another order than their sleeps
/// are meant to enforce; that shows as a difference of a sequence and does not come twice.
const ATTEMPTS: usize = 2;

#[test]
#[ignore = "root+bpf"]
fn every_command_agrees_with_strace() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let programs = programs::build(&directory).expect("build the traced programs");
    let workspace = Workspace::create(&programs).expect("make the working directory");
    let verdicts: Vec<Verdict> = all().iter().map(|case| judge_patiently(&workspace, case)).collect();
    if std::env::var_os("SYSCOPE_UPDATE").is_some_and(|value| value == "1") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/parity.md");
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("make docs/");
        fs::write(&path, markdown(&verdicts)).expect("write docs/parity.md");
    }
    let report: String = verdicts.iter().map(|verdict| describe(verdict, 5)).collect();
    let (arguments, calls) = sum(&verdicts);
    assert!(verdicts.iter().all(|verdict| verdict.faults.is_empty()), "commands differ:\n{report}");
    assert!(
        arguments.share() >= REQUIRED_SHARE,
        "{:.4} of the arguments are alike:\n{report}",
        arguments.share()
    );
    assert!(calls.share() >= REQUIRED_SHARE, "{:.4} of the calls are alike:\n{report}", calls.share());
}

fn judge_patiently(workspace: &Workspace, case: &Case) -> Verdict {
    let binary = Path::new(env!("CARGO_BIN_EXE_syscope"));
    let judge_once = || {
        judge(workspace, Subject::Syscope(binary), case)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name))
    };
    let mut verdict = judge_once();
    for _ in 1..ATTEMPTS {
        if verdict.faults.iter().any(|fault| fault.contains(" differs at call ")) {
            verdict = judge_once();
        }
    }
    verdict
}
