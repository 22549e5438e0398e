//! One case from start to verdict.

use std::io;
use std::path::Path;

use crate::commands::Case;
use crate::compare::{ArgumentNames, Comparison, Count, Difference, Form, collect_names, compare};
use crate::record::Log;
use crate::run::{Run, Tracer, Workspace};

/// What Syscope is held against.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The Syscope binary at this path.
    Syscope(&'a Path),
    /// strace itself, a second time: shows whether the harness can compare the case at all.
    Strace,
}

/// The verdict on one case.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The name of the case.
    pub name: String,
    /// The number of calls strace saw.
    pub calls: usize,
    /// What is wrong with the sequences, the status or the run itself; empty when all is well.
    pub faults: Vec<String>,
    /// Arguments compared, from the text output.
    pub arguments: Count,
    /// Calls compared, from the text output; equal when all their arguments are.
    pub equal_calls: Count,
    /// The arguments that differ.
    pub differences: Vec<Difference>,
    /// The same for the values of the JSON output.
    pub json: JsonVerdict,
    /// How often the case ran until the sequences were equal, or at all.
    pub attempts: usize,
}

/// What came of the values in the JSON output.
#[derive(Clone, Debug, Default)]
pub struct JsonVerdict {
    /// Values compared.
    pub values: Count,
    /// Values that have no form in common with the text, and are not compared.
    pub passed_over: usize,
    /// The values that differ.
    pub differences: Vec<Difference>,
}

/// Runs the case up to `most` times until the sequences are equal.
///
/// On a busy host processes end in another order than the sleeps of a case are meant to enforce. That does
/// not come again and again, and a real difference does. Anything else that is wrong is wrong at once.
pub fn judge_patiently(
    workspace: &Workspace,
    subject: Subject<'_>,
    case: &Case,
    most: usize,
) -> io::Result<Verdict> {
    let mut attempts = 1;
    loop {
        let verdict = judge(workspace, subject, case)?;
        let in_order = verdict.faults.iter().any(|fault| fault.contains(" differs at call "));
        if !in_order || attempts >= most {
            return Ok(Verdict { attempts, ..verdict });
        }
        attempts += 1;
    }
}

/// Runs the case under strace and the subject and compares.
pub fn judge(workspace: &Workspace, subject: Subject<'_>, case: &Case) -> io::Result<Verdict> {
    workspace.run(Tracer::Nobody, case)?;
    let mut strace = workspace.run(Tracer::Strace, case)?;
    let mut verdict = Verdict {
        name: case.name.clone(),
        calls: strace.log.records.len(),
        faults: Vec::new(),
        arguments: Count::default(),
        equal_calls: Count::default(),
        differences: Vec::new(),
        json: JsonVerdict::default(),
        attempts: 1,
    };
    if verdict.calls == 0 {
        verdict.faults.push(format!("strace saw nothing: {}", strace.stderr.trim()));
    }
    let (text, names) = match subject {
        Subject::Strace => (workspace.run(Tracer::Strace, case)?, ArgumentNames::new()),
        Subject::Syscope(binary) => {
            let json = workspace.run(Tracer::SyscopeJson(binary), case)?;
            name_unknown_calls(&mut strace.log, &json.log);
            let names = collect_names(&json.log);
            let comparison = compare(Form::Json, &strace.log, &json.log, &case.exceptions, &names);
            verdict.faults.extend(faults("json", &strace, &json, &comparison));
            verdict.json = JsonVerdict {
                values: comparison.arguments,
                passed_over: comparison.passed_over,
                differences: comparison.differences,
            };
            (workspace.run(Tracer::SyscopeText(binary), case)?, names)
        }
    };
    let comparison = compare(Form::Text, &strace.log, &text.log, &case.exceptions, &names);
    verdict.faults.extend(faults("text", &strace, &text, &comparison));
    verdict.arguments = comparison.arguments;
    verdict.equal_calls = comparison.calls;
    verdict.differences = comparison.differences;
    Ok(verdict)
}

/// A call newer than strace has only a number there. It gets its name, and its arguments, which strace
/// shows as bare registers, are not compared.
fn name_unknown_calls(strace: &mut Log, json: &Log) {
    for record in &mut strace.records {
        let number: Option<i64> = record.name.strip_prefix("syscall_").and_then(|number| number.parse().ok());
        let known = number.and_then(|number| json.records.iter().find(|known| known.number == Some(number)));
        if let Some(known) = known {
            record.name.clone_from(&known.name);
            record.arguments.clear();
            record.partial = true;
        }
    }
}

fn faults(output: &str, expected: &Run, actual: &Run, comparison: &Comparison) -> Vec<String> {
    let mut faults = Vec::new();
    if expected.status != actual.status {
        let stderr = actual.stderr.trim();
        faults.push(format!("{output}: status {} instead of {} {stderr}", actual.status, expected.status));
    }
    if actual.log.lost > 0 {
        faults.push(format!("{output}: {} events lost", actual.log.lost));
    }
    let unparsed = expected.log.unparsed.iter().map(|line| ("strace", line));
    let unparsed = unparsed.chain(actual.log.unparsed.iter().map(|line| (output, line)));
    faults.extend(unparsed.take(3).map(|(side, line)| format!("{side}: not understood: {line}")));
    for thread in &comparison.threads {
        if let Some(difference) = &thread.first_difference {
            let lines = |sign: &str, calls: &[String]| {
                calls.iter().map(|call| format!("\n    {sign} {call}")).collect::<String>()
            };
            faults.push(format!(
                "{output}: thread {} differs at call {} ({} calls instead of {}){}{}{}",
                thread.place,
                difference.index,
                thread.actual,
                thread.expected,
                lines(" ", &difference.before),
                lines("-", &difference.expected),
                lines("+", &difference.actual),
            ));
        }
    }
    faults
}
