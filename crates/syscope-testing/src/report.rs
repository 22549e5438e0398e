//! Verdicts as text for a terminal and as Markdown for the documentation.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::commands::all;
use crate::compare::{Count, Difference};
use crate::normalise::RULES;
use crate::parity::Verdict;
use crate::reasons::Reason;

/// One line for a case, then its faults and some of its differences.
pub fn describe(verdict: &Verdict, most_differences: usize) -> String {
    let mut text = format!(
        "{:4} {:28} {:6} calls  arguments {}  calls {}  json {} and {} passed over{}\n",
        if verdict.faults.is_empty() { "ok" } else { "FAIL" },
        verdict.name,
        verdict.calls,
        describe_count(verdict.arguments),
        describe_count(verdict.equal_calls),
        describe_count(verdict.json.values),
        verdict.json.passed_over,
        if verdict.attempts > 1 { format!("  attempt {}", verdict.attempts) } else { String::new() },
    );
    for fault in &verdict.faults {
        let _ = writeln!(text, "  {fault}");
    }
    for (output, differences) in [("text", &verdict.differences), ("json", &verdict.json.differences)] {
        for group in group(differences).iter().take(most_differences) {
            let (first, count) = (group.example, group.count);
            let (reason, call, argument) = (first.reason.text(), &first.call, &first.argument);
            let _ = writeln!(text, "  {count}x {output}: {reason}: {call}.{argument}");
            let _ = writeln!(text, "    - {}\n    + {}", first.expected, first.actual);
        }
    }
    text
}

fn describe_count(count: Count) -> String {
    format!("{}/{} ({:.2} %)", count.equal, count.compared, count.share() * 100.0)
}

/// The sum over all cases: arguments, and calls with all arguments equal.
pub fn sum(verdicts: &[Verdict]) -> (Count, Count) {
    verdicts.iter().fold(<(Count, Count)>::default(), |(mut arguments, mut calls), verdict| {
        arguments.merge(verdict.arguments);
        calls.merge(verdict.equal_calls);
        (arguments, calls)
    })
}

struct Group<'a> {
    example: &'a Difference,
    count: usize,
}

/// Differences of the same reason, call and argument together, the most frequent first.
fn group(differences: &[Difference]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(Reason, &str, &str), Group<'_>> = BTreeMap::new();
    for example in differences {
        let key = (example.reason, example.call.as_str(), example.argument.as_str());
        groups.entry(key).or_insert(Group { example, count: 0 }).count += 1;
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// The document: the figures, the remaining differences by reason, and what is normalised.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let (arguments, calls) = sum(verdicts);
    let equal = verdicts.iter().filter(|verdict| verdict.faults.is_empty()).count();
    let mut text =
        String::from("# Parity with strace\n\n<!-- Written by the parity test; do not edit. -->\n\n");
    let _ = writeln!(
        text,
        "Each command ran under `strace -f`, `syscope trace -o json` and `syscope trace`. Of {} commands {equal} have, \
         thread by thread, the same sequence of calls and results. Of {} arguments {} are the same ({:.2} %), and {} of \
         {} calls have only such ({:.2} %).\n\n## What differs\n\n\
         | reason | syscall | count | strace | syscope |\n| --- | --- | --- | --- | --- |",
        verdicts.len(),
        arguments.compared,
        arguments.equal,
        arguments.share() * 100.0,
        calls.equal,
        calls.compared,
        calls.share() * 100.0,
    );
    let differences: Vec<Difference> =
        verdicts.iter().flat_map(|verdict| verdict.differences.clone()).collect();
    for Group { example, count } in group(&differences) {
        let Difference { reason, call, argument, expected, actual } = example;
        let (expected, actual) = (cell(expected), cell(actual));
        let _ = writeln!(text, "| {} | {call} ({argument}) | {count} | {expected} | {actual} |", reason.text());
    }
    text.push_str(
        "\n## Commands\n\n| command | calls | sequence | equal arguments |\n| --- | --- | --- | --- |\n",
    );
    for verdict in verdicts {
        let sequence = if verdict.faults.is_empty() { "same" } else { "differs" };
        let share = verdict.arguments.share() * 100.0;
        let _ = writeln!(text, "| {} | {} | {sequence} | {share:.2} % |", verdict.name, verdict.calls);
    }
    text.push_str("\n## What is left out, by command\n\n| command | what | why |\n| --- | --- | --- |\n");
    for case in all() {
        for exception in case.exceptions {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                case.name,
                cell(&format!("{:?}", exception.what)),
                exception.why
            );
        }
    }
    text.push_str(
        "\nstrace wakes a process for signals it ignores (`SIGCHLD`); a call that only therefore was interrupted and \
         began again counts as one call.\n",
    );
    text.push_str("\n## What is normalised before comparing\n\n| calls | place | becomes | why |\n| --- | --- | --- | --- |\n");
    for rule in RULES {
        let calls = if rule.calls.is_empty() { "all".to_owned() } else { rule.calls.join(", ") };
        let _ = writeln!(text, "| {calls} | {:?} | {:?} | {} |", rule.place, rule.action, rule.why);
    }
    text
}

/// Text that a table cell can hold.
fn cell(text: &str) -> String {
    const MOST: usize = 80;
    let short: String = text.chars().take(MOST).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    if short.is_empty() {
        String::new()
    } else {
        format!("`{}{dots}`", short.replace('|', "\\|").replace('`', "'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::JsonVerdict;

    fn verdict() -> Verdict {
        let difference = |actual: &str| Difference {
            reason: Reason::Unexplained("order"),
            call: "open".to_owned(),
            argument: "flags".to_owned(),
            expected: "A|B".to_owned(),
            actual: actual.to_owned(),
        };
        Verdict {
            name: "ls".to_owned(),
            calls: 4,
            faults: Vec::new(),
            arguments: Count { compared: 10, equal: 8 },
            equal_calls: Count { compared: 4, equal: 2 },
            differences: vec![difference("B|A"), difference("B|A")],
            json: JsonVerdict::default(),
            attempts: 1,
        }
    }

    #[test]
    fn equal_differences_share_a_row() {
        let text = markdown(&[verdict()]);
        assert!(text.contains(r"| order | open (flags) | 2 | `A\|B` | `B\|A` |"), "{text}");
        assert!(text.contains("Of 10 arguments 8 are the same (80.00 %)"), "{text}");
        assert!(text.contains("| ls | 4 | same | 80.00 % |"), "{text}");
    }

    #[test]
    fn a_fault_is_said_first() {
        let failed = Verdict { faults: vec!["text: status".to_owned()], ..verdict() };
        assert!(describe(&failed, 1).starts_with("FAIL ls"));
        assert!(markdown(&[failed]).contains("Of 1 commands 0 have"));
    }
}
