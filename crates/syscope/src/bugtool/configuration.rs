//! What Syscope was told: flags, variables, the configuration file, and the other instances of it that run.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::Context;
use super::collect::Collected;
use super::scrub::is_secret_name;
use crate::doctor::probe::read_text;

/// Instances that are described; there are rarely more than one or two.
const INSTANCES_MAX: usize = 50;
/// Bytes of a command line that are read.
const ARGUMENTS_MAX: u64 = 64 << 10;

/// The configuration file's content; `None` where there is no file.
pub fn read(path: Option<&Path>) -> anyhow::Result<Option<toml::Table>> {
    let Some(path) = path else { return Ok(None) };
    // The message alone: what else the error says quotes the file.
    let parse =
        |text: String| text.parse().map_err(|err: toml::de::Error| anyhow::anyhow!("{}", err.message()));
    parse(read_text(path)?).map(Some)
}

/// The patterns that runs are told to hide, which are to be hidden here as well.
pub fn redact_patterns(config: Option<&toml::Table>) -> Vec<String> {
    let mut patterns = Vec::new();
    for table in config.iter().flat_map(|config| config.values()).filter_map(toml::Value::as_table) {
        match table.get("redact") {
            Some(toml::Value::String(pattern)) => patterns.push(pattern.clone()),
            Some(toml::Value::Array(values)) => {
                patterns.extend(values.iter().filter_map(toml::Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    patterns
}

/// All of it.
pub fn collect(context: &Context) -> Collected {
    let mut collected = Collected::default();
    let arguments: Vec<u8> = std::env::args_os()
        .flat_map(|word| [std::os::unix::ffi::OsStringExt::into_vec(word), vec![0]].concat())
        .collect();
    collected.add("configuration/flags.txt", lines(&context.scrub.arguments(&arguments)));
    collected.add("configuration/environment.txt", environment());
    if let (Some(path), None) = (&context.options.config, &context.config) {
        let reason = read(Some(path)).err().map_or("unknown".to_owned(), |err| format!("{err:#}"));
        collected.problems.push(format!("the file {}: {reason}", path.display()));
    }
    if let Some(config) = &context.config {
        collected.add_or_say("configuration/config.toml", toml::to_string(&without_secrets(config.clone())));
    }
    collected.add_or_say("configuration/instances.txt", instances(context));
    collected
}

/// `SYSCOPE_*` and what decides about colours; nothing else of the environment.
fn environment() -> String {
    let mut text = String::new();
    let mut variables: Vec<_> = std::env::vars_os().collect();
    variables.sort();
    for (name, value) in variables {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if name.starts_with("SYSCOPE_") {
            let shown = if is_secret_name(&name) { "[REDACTED]" } else { &*value };
            let _ = writeln!(text, "{name}={}", shown.escape_debug());
        }
    }
    if text.is_empty() { "no variable SYSCOPE_* is set\n".to_owned() } else { text }
}

/// A table whose secrets are replaced, by the names they have.
fn without_secrets(table: toml::Table) -> toml::Table {
    let clean = |name: &str, value: toml::Value| match value {
        toml::Value::Table(inner) => toml::Value::Table(without_secrets(inner)),
        _ if is_secret_name(name) => toml::Value::String("[REDACTED]".to_owned()),
        value => value,
    };
    table.into_iter().map(|(name, value)| (name.clone(), clean(&name, value))).collect()
}

/// The processes that run this program: command line, user, memory, start.
fn instances(context: &Context) -> io::Result<String> {
    let mut text = String::new();
    let mut count = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let comm = read_text(&entry.path().join("comm")).unwrap_or_default();
        if !matches!(comm.trim(), "syscope" | "kubectl-syscope") || count == INSTANCES_MAX {
            continue;
        }
        count += 1;
        let own = if pid == std::process::id() { " (this one)" } else { "" };
        let _ = writeln!(text, "pid {pid}{own}");
        let mut arguments = Vec::new();
        let _ = fs::File::open(entry.path().join("cmdline"))
            .and_then(|file| file.take(ARGUMENTS_MAX).read_to_end(&mut arguments));
        let shown = String::from_utf8_lossy(&context.scrub.arguments(&arguments)).replace('\0', " ");
        let _ = writeln!(text, "  command: {}", shown.trim_end().escape_debug());
        let status = read_text(&entry.path().join("status")).unwrap_or_default();
        for field in ["State", "Uid", "VmRSS", "Threads", "CapEff", "Seccomp", "NSpid"] {
            let line =
                status.lines().find(|line| line.starts_with(field) && line[field.len()..].starts_with(':'));
            let _ = line.map(|line| writeln!(text, "  {}", line.replace('\t', " ")));
        }
        for line in read_text(&entry.path().join("cgroup")).unwrap_or_default().lines() {
            let _ = writeln!(text, "  cgroup: {line}");
        }
    }
    Ok(text)
}

/// Arguments, one a line.
fn lines(area: &[u8]) -> Vec<u8> {
    let words = area.strip_suffix(b"\0").unwrap_or(area).split(|byte| *byte == 0);
    words
        .flat_map(|word| format!("{}\n", String::from_utf8_lossy(word).escape_debug()).into_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_configuration_are_replaced_by_name() {
        let table = "log-level = \"debug\"\n[exec]\nredact = [\"p-[0-9]+\"]\n[server]\ntoken = \"t\"\n[server.tls]\nkey = 'k'\n";
        let table: toml::Table = table.parse().unwrap();
        assert_eq!(redact_patterns(Some(&table)), ["p-[0-9]+"]);
        let text = toml::to_string(&without_secrets(table)).unwrap();
        assert_eq!(text.matches("[REDACTED]").count(), 3, "{text}");
        assert!(text.contains("log-level = \"debug\""), "{text}");
    }

    #[test]
    fn an_error_does_not_quote_the_file() {
        let path = std::env::temp_dir().join(format!("syscope-config-{}", std::process::id()));
        std::fs::write(&path, "[server]\ntoken = hunter2 oops\n").unwrap();
        let said = read(Some(&path)).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert!(!format!("{said:?} {said:#}").contains("hunter2"), "{said:?}");
    }
}
