//! The report as a table for people: words carry the meaning, colours only repeat it.

use std::fmt::Write as _;

use super::report::{Finding, FixOutcome, Group, Report, Status};

/// The column that names of probes take at most.
const NAME_MAX: usize = 26;
/// The column of the status: the longest word and a space.
const STATUS: usize = 9;
/// Narrower than this nothing is readable, so lines get longer than the terminal.
const WIDTH_MIN: usize = 50;

/// How a table looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colours are wanted.
    pub color: bool,
}

/// Writes the table.
pub fn write(out: &mut String, report: &Report, look: Look) {
    let look = Look { width: look.width.max(WIDTH_MIN), ..look };
    let name = report.findings.iter().map(|found| plain(&found.name).chars().count()).max().unwrap_or(0);
    let column = 2 + STATUS + name.min(NAME_MAX).min(look.width / 4) + 2;
    let (mut group, mut reason) = (None, None);
    for found in &report.findings {
        if group != Some(found.group) {
            if group.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "{}", paint(found.group.word(), "1", look));
            group = Some(found.group);
        }
        // Programs are often all refused for one reason.
        let repeated = found.reason.is_some() && found.reason == reason;
        finding(out, found, repeated, column, look);
        reason.clone_from(&found.reason);
    }
    fixes(out, report, look);
    verdict(out, report, look);
}

fn finding(out: &mut String, found: &Finding, repeated: bool, column: usize, look: Look) {
    let status = found.status.word();
    let name = plain(&found.name);
    let mut line =
        format!("  {}{}{name}", paint(status, color(found.status), look), " ".repeat(STATUS - status.len()));
    let used = 2 + STATUS + name.chars().count();
    if used + 2 > column {
        line.push('\n');
        line.extend(std::iter::repeat_n(' ', column));
    } else {
        line.extend(std::iter::repeat_n(' ', column - used));
    }
    out.push_str(&line);
    wrap(out, &found.result, column, "", look);
    // Of what is well the reasons would only hide those of what is not, unless they are a decision.
    let decision = matches!(found.group, Group::Cgroups | Group::Deployment);
    if found.status == Status::Ok && !decision {
        return;
    }
    let reason = if repeated { Some("as above") } else { found.reason.as_deref() };
    for (label, text) in [("why: ", reason), ("so: ", found.consequence.as_deref())] {
        if let Some(text) = text {
            out.extend(std::iter::repeat_n(' ', column));
            wrap(out, text, column, label, look);
        }
    }
}

fn fixes(out: &mut String, report: &Report, look: Look) {
    if report.fixes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint("fix", "1", look));
    for fix in &report.fixes {
        let (word, code) = match fix.outcome {
            FixOutcome::Mounted => ("mounted", "32"),
            FixOutcome::Unchanged => ("as it was", "2"),
            FixOutcome::Failed => ("failed", "31"),
        };
        let _ = write!(out, "  {}{}", paint(word, code, look), " ".repeat(11 - word.len()));
        let reason = fix.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        wrap(out, &format!("{} at {}{reason}", fix.filesystem, fix.at), 13, "", look);
    }
}

fn verdict(out: &mut String, report: &Report, look: Look) {
    out.push('\n');
    for (job, works) in
        [("trace", report.jobs.trace), ("exec", report.jobs.exec), ("containers", report.jobs.containers)]
    {
        let (word, code) = if works { ("works", "32") } else { ("does not work", "31") };
        let _ = writeln!(out, "{job:<12}{}", paint(word, code, look));
    }
    for lack in &report.lacks {
        out.push_str("missing     ");
        wrap(out, &lack.what, 12, "", look);
        out.push_str("            ");
        wrap(out, &lack.remedy, 12, "get it: ", look);
    }
}

/// Writes `label` and `text` from `column` on, and what does not fit on lines below, indented to it.
fn wrap(out: &mut String, text: &str, column: usize, label: &str, look: Look) {
    let text = plain(text);
    let room = look.width.saturating_sub(column).max(16);
    let mut used = label.len();
    out.push_str(&paint_if(!label.is_empty(), label, "2", look));
    let mut first = true;
    for word in text.split(' ').flat_map(|word| pieces(word, room)) {
        let length = word.chars().count();
        if !first && used + 1 + length > room {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', column));
            used = 0;
        } else if !first {
            out.push(' ');
            used += 1;
        } else if used + length > room {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', column));
            used = 0;
        }
        out.push_str(word);
        used += length;
        first = false;
    }
    out.push('\n');
}

/// A word in pieces of at most `room` characters.
fn pieces(word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((at, _)) = rest.char_indices().nth(room) {
        pieces.push(&rest[..at]);
        rest = &rest[at..];
    }
    pieces.push(rest);
    pieces
}

fn color(status: Status) -> &'static str {
    match status {
        Status::Ok => "32",
        Status::Note => "36",
        Status::Degraded => "33",
        Status::Missing => "31",
    }
}

fn paint(text: &str, code: &str, look: Look) -> String {
    paint_if(true, text, code, look)
}

fn paint_if(wanted: bool, text: &str, code: &str, look: Look) -> String {
    if wanted && look.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Text that cannot speak to a terminal: control characters and those that change the direction of
/// writing are shown by their number.
fn plain(text: &str) -> String {
    let directs =
        |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || directs(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::report::{Fix, Jobs, Lack};
    use super::*;

    fn report() -> Report {
        Report {
            version: "1".into(),
            jobs: Jobs { trace: false, exec: true, containers: false },
            lacks: vec![Lack { what: "a right".into(), remedy: "take it ".repeat(20).trim().into() }],
            fixes: vec![Fix {
                filesystem: "tracefs".into(),
                at: "/sys/kernel/tracing".into(),
                outcome: FixOutcome::Mounted,
                reason: None,
            }],
            findings: vec![
                Finding::new(Group::Kernel, "release", Status::Ok, "6.1").because("hidden where all is well"),
                Finding::new(Group::Kernel, "btf", Status::Missing, "x".repeat(300))
                    .because("why not")
                    .so("bad"),
                Finding::new(
                    Group::Mounts,
                    "a-name-that-is-longer-than-its-column",
                    Status::Note,
                    "\x1b[2J\u{202e}",
                ),
            ],
        }
    }

    #[test]
    fn lines_fit_the_terminal() {
        for width in [50, 60, 80, 200] {
            let mut out = String::new();
            write(&mut out, &report(), Look { width, color: false });
            for line in out.lines() {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
                assert_eq!(line, line.trim_end(), "no white space at the end");
            }
        }
    }

    #[test]
    fn a_table() {
        let mut out = String::new();
        let mut report = report();
        report.findings[1].result = "none".into();
        report.lacks[0].remedy = "sudo".into();
        write(&mut out, &report, Look { width: 80, color: false });
        let expected = "\
kernel
  ok       release               6.1
  missing  btf                   none
                                 why: why not
                                 so: bad

mounts
  note     a-name-that-is-longer-than-its-column
                                 \\u{1b}[2J\\u{202e}

fix
  mounted    tracefs at /sys/kernel/tracing

trace       does not work
exec        works
containers  does not work
missing     a right
            get it: sudo
";
        assert_eq!(out, expected);
    }

    #[test]
    fn colours_only_when_wanted() {
        let mut out = String::new();
        write(&mut out, &report(), Look { width: 80, color: true });
        assert!(out.contains("\x1b[31mmissing\x1b[0m") && !out.contains("\x1b[2J"));
    }
}
