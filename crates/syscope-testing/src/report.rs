//! Verdicts as text for a terminal and as Markdown for the documentation.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::commands::all;
use crate::compare::{Count, Difference};
use crate::normalise::RULES;
use crate::parity::Verdict;
use crate::reasons::{EXPLANATIONS, Reason, classify};

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

/// The sum over all cases: values in JSON.
pub fn sum_json(verdicts: &[Verdict]) -> Count {
    verdicts.iter().fold(Count::default(), |mut values, verdict| {
        values.merge(verdict.json.values);
        values
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

/// The document: the figures, the commands, the remaining differences by reason, and what is normalised.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let mut text =
        String::from("# Parity with strace\n\n<!-- Written by the parity test; do not edit. -->\n\n");
    text.push_str(INTRODUCTION);
    totals(&mut text, verdicts);
    commands(&mut text, verdicts);
    let collect = |of: fn(&Verdict) -> &Vec<Difference>| verdicts.iter().flat_map(of).collect::<Vec<_>>();
    let in_text = collect(|verdict| &verdict.differences);
    let in_json = collect(|verdict| &verdict.json.differences);
    text.push_str("\n## What differs, by reason\n");
    for explanation in EXPLANATIONS {
        let reason = Reason::Known(explanation.title);
        differences(&mut text, &title(explanation.title), explanation.why, &in_text, &in_json, |other| {
            *other == reason
        });
    }
    differences(&mut text, "Not explained", NOT_EXPLAINED, &in_text, &in_json, |reason| {
        matches!(reason, Reason::Unexplained(_))
    });
    text.push_str(ACCEPTED);
    left_out(&mut text);
    rules(&mut text);
    text
}

const INTRODUCTION: &str = "\
Each command runs under `strace -f`, `syscope trace -o json` and `syscope trace`, in the same surroundings. Thread by \
thread, the sequence of calls and results has to be the same. Arguments are compared twice: the text with strace's, \
every character of it, and the JSON values with what strace's text says, where both forms have them plain (strings, \
numbers, constants, flags, sets of signals, lists of those, members of structs that strace shows). What strace shows as \
an expression is passed over in JSON.\n";

const NOT_EXPLAINED: &str = "These may be faults.";

const ACCEPTED: &str = "
## What is taken for the same

- The bytes of strings are compared, not their spelling: strace writes every byte that is not ASCII in octal, Syscope
  shows UTF-8 as it is and other bytes as `\\xNN`.
- strace shows `= ?` for the last call of a thread that is killed inside it, be it by a signal, by another thread's
  `execve` or `exit_group`, or by itself (`kill(getpid(), SIGKILL)`). Syscope sees what the kernel ended the call with.
  There, and only there, `ERESTART*`, `EINTR`, and 0 of the call that killed its own thread, are the same as `?`.
- strace wakes a process for signals it ignores (`SIGCHLD`). A call that only therefore was interrupted and began again
  counts as one call.
- Calls without a name in strace are named, and their arguments, which strace shows as registers, are not compared.
- A case whose sequences differ runs again, at most twice: on a busy host processes end in another order than the
  sleeps of the case are meant to enforce.
";

fn totals(text: &mut String, verdicts: &[Verdict]) {
    let (arguments, calls) = sum(verdicts);
    let values = sum_json(verdicts);
    let passed_over: usize = verdicts.iter().map(|verdict| verdict.json.passed_over).sum();
    let equal = verdicts.iter().filter(|verdict| verdict.faults.is_empty()).count();
    let _ = writeln!(text, "\n## Totals\n\n| what | compared | same | share |\n| --- | ---: | ---: | ---: |");
    let equal = Count { compared: verdicts.len(), equal };
    for (what, count) in [
        ("commands with the same sequences and status", equal),
        ("arguments in the text", arguments),
        ("calls with all arguments the same", calls),
        ("values in JSON", values),
    ] {
        let (share, same) = (count.share() * 100.0, count.equal);
        let _ = writeln!(text, "| {what} | {} | {same} | {share:.2} % |", count.compared);
    }
    let _ = writeln!(text, "\n{passed_over} JSON values were passed over.");
    let again: Vec<&str> =
        verdicts.iter().filter(|verdict| verdict.attempts > 1).map(|verdict| verdict.name.as_str()).collect();
    if !again.is_empty() {
        let _ = writeln!(text, "Ran more than once: {}.", again.join(", "));
    }
}

fn commands(text: &mut String, verdicts: &[Verdict]) {
    text.push_str(
        "\n## Commands\n\n| command | calls | sequence | arguments | JSON values |\n\
         | --- | ---: | --- | ---: | ---: |\n",
    );
    for verdict in verdicts {
        let sequence = if verdict.faults.is_empty() { "same" } else { "**differs**" };
        let (arguments, values) = (verdict.arguments.share() * 100.0, verdict.json.values.share() * 100.0);
        let (name, calls) = (&verdict.name, verdict.calls);
        let _ = writeln!(text, "| {name} | {calls} | {sequence} | {arguments:.2} % | {values:.2} % |");
    }
}

/// A section on the differences with a reason that fits; none if there are none.
fn differences(
    text: &mut String,
    title: &str,
    why: &str,
    in_text: &[&Difference],
    in_json: &[&Difference],
    fits: impl Fn(&Reason) -> bool,
) {
    let select = |all: &[&Difference]| -> Vec<Difference> {
        all.iter().filter(|difference| fits(&difference.reason)).map(|found| (*found).clone()).collect()
    };
    let (in_text, in_json) = (select(in_text), select(in_json));
    if in_text.is_empty() && in_json.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n### {title}\n\n{why} {} in the text, {} in JSON.\n\n\
         | output | argument | in what way | count | strace | Syscope |\n| --- | --- | --- | ---: | --- | --- |",
        in_text.len(),
        in_json.len(),
    );
    for (output, found) in [("text", &in_text), ("JSON", &in_json)] {
        for Group { example, count } in group(found) {
            let Difference { call, argument, expected, actual, .. } = example;
            let way = classify(expected, actual);
            let (expected, actual) = (cell(expected), cell(actual));
            let _ = writeln!(
                text,
                "| {output} | {call} ({argument}) | {way} | {count} | {expected} | {actual} |"
            );
        }
    }
}

fn left_out(text: &mut String) {
    text.push_str("\n## What is left out, by command\n\n| command | what | why |\n| --- | --- | --- |\n");
    for case in all() {
        for exception in case.exceptions {
            let what = cell(&format!("{:?}", exception.what));
            let _ = writeln!(text, "| {} | {what} | {} |", case.name, exception.why);
        }
    }
}

fn rules(text: &mut String) {
    text.push_str(
        "\n## What is normalised before comparing\n\n| calls | place | becomes | why |\n\
         | --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let calls = if rule.calls.is_empty() { "all".to_owned() } else { rule.calls.join(", ") };
        let _ = writeln!(text, "| {calls} | {:?} | {:?} | {} |", rule.place, rule.action, rule.why);
    }
}

/// With a capital first letter.
fn title(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
        assert!(text.contains(r"| text | open (flags) | order | 2 | `A\|B` | `B\|A` |"), "{text}");
        assert!(text.contains("| arguments in the text | 10 | 8 | 80.00 % |"), "{text}");
        assert!(text.contains("| ls | 4 | same | 80.00 % | 100.00 % |"), "{text}");
        assert!(text.contains("### Not explained"), "{text}");
    }

    #[test]
    fn known_reasons_have_their_section() {
        let reason = Reason::Known(EXPLANATIONS[0].title);
        let known = Difference { reason, ..verdict().differences.remove(0) };
        let json = JsonVerdict { differences: vec![known], ..JsonVerdict::default() };
        let text = markdown(&[Verdict { differences: Vec::new(), json, ..verdict() }]);
        assert!(text.contains("### Known at the entry only"), "{text}");
        assert!(text.contains("0 in the text, 1 in JSON."), "{text}");
        assert!(!text.contains("### Not explained"), "{text}");
    }

    #[test]
    fn a_fault_is_said_first() {
        let failed = Verdict { faults: vec!["text: status".to_owned()], ..verdict() };
        assert!(describe(&failed, 1).starts_with("FAIL ls"));
        assert!(
            markdown(&[failed]).contains("| commands with the same sequences and status | 1 | 0 | 0.00 % |")
        );
    }
}
