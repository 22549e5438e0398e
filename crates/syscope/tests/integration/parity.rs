//! Syscope says what strace says: the same calls with the same results in every thread, and arguments
//! decoded alike.

use std::fs;
use std::path::Path;

use syscope_testing::commands::all;
use syscope_testing::parity::{Subject, Verdict, judge_patiently};
use syscope_testing::report::{describe, markdown, sum, sum_json};
use syscope_testing::{programs, run::Workspace};

/// The share of arguments, of calls with all arguments alike, and of JSON values that is required.
const REQUIRED_SHARE: f64 = 0.99;
/// How often a case may run. A busy host can let processes end in another order than their sleeps
/// are meant to enforce; that shows as a difference of a sequence and does not come again and again.
const ATTEMPTS: usize = 3;

#[test]
#[ignore = "root+bpf"]
fn every_command_agrees_with_strace() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let programs = programs::build(&directory).expect("build the traced programs");
    let workspace = Workspace::create(&programs).expect("make the working directory");
    let subject = Subject::Syscope(Path::new(env!("CARGO_BIN_EXE_syscope")));
    let verdicts: Vec<Verdict> = all()
        .iter()
        .map(|case| {
            judge_patiently(&workspace, subject, case, ATTEMPTS)
                .unwrap_or_else(|error| panic!("{}: {error}", case.name))
        })
        .collect();
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
    let values = sum_json(&verdicts);
    assert!(
        values.share() >= REQUIRED_SHARE,
        "{:.4} of the JSON values are alike:\n{report}",
        values.share()
    );
}
