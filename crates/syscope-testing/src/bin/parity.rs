//! Compares Syscope with strace, one command or all of them:
//! `parity [--syscope PATH | --self] [--only NAME]... [--differences N] [--attempts N] [--list] [-- COMMAND...]`.

use std::path::PathBuf;
use std::process::ExitCode;

use syscope_testing::commands::{Case, all};
use syscope_testing::parity::{Subject, judge_patiently};
use syscope_testing::report::{describe, sum, sum_json};
use syscope_testing::{programs, run::Workspace};

const USAGE: &str = "usage: parity [--syscope PATH | --self] [--only NAME]... [--differences N] [--attempts N] [--list] [-- COMMAND...]";

struct Args {
    syscope: PathBuf,
    compare_strace: bool,
    only: Vec<String>,
    differences: usize,
    attempts: usize,
    list: bool,
    command: Vec<String>,
}

fn main() -> ExitCode {
    let Some(args) = parse_args(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match compare_all(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("parity: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse_args(mut words: impl Iterator<Item = String>) -> Option<Args> {
    let mut args = Args {
        syscope: PathBuf::from("target/debug/syscope"),
        compare_strace: false,
        only: Vec::new(),
        differences: 20,
        attempts: 1,
        list: false,
        command: Vec::new(),
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--syscope" => args.syscope = words.next()?.into(),
            "--self" => args.compare_strace = true,
            "--only" => args.only.push(words.next()?),
            "--differences" => args.differences = words.next()?.parse().ok()?,
            "--attempts" => args.attempts = words.next()?.parse().ok()?,
            "--list" => args.list = true,
            "--" => args.command = words.by_ref().collect(),
            _ => return None,
        }
    }
    Some(args)
}

fn compare_all(args: &Args) -> std::io::Result<bool> {
    let mut cases = all();
    if !args.command.is_empty() {
        cases = vec![Case { name: "command".to_owned(), command: args.command.clone(), ..Case::default() }];
    }
    cases.retain(|case| args.only.is_empty() || args.only.contains(&case.name));
    if args.list {
        cases.iter().for_each(|case| println!("{:28} {}", case.name, case.command.join(" ")));
        return Ok(true);
    }
    let workspace = Workspace::create(&programs::build(&std::env::temp_dir().join("syscope-programs"))?)?;
    let syscope = if args.compare_strace { None } else { Some(args.syscope.canonicalize()?) };
    let subject = syscope.as_deref().map_or(Subject::Strace, Subject::Syscope);
    let mut verdicts = Vec::new();
    for case in &cases {
        match judge_patiently(&workspace, subject, case, args.attempts) {
            Ok(verdict) => {
                print!("{}", describe(&verdict, args.differences));
                verdicts.push(verdict);
            }
            Err(error) => println!("FAIL {}: {error}", case.name),
        }
    }
    let (arguments, calls) = sum(&verdicts);
    let good = verdicts.iter().filter(|verdict| verdict.faults.is_empty()).count();
    println!(
        "{good} of {} commands the same; arguments {:.3} %, calls {:.3} %, json {:.3} %",
        cases.len(),
        arguments.share() * 100.0,
        calls.share() * 100.0,
        sum_json(&verdicts).share() * 100.0,
    );
    Ok(good == cases.len())
}
