//! CPUs, and the memory that the rings of a run take.

use syscope_bpf::Config;

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    let possible = host.read("sys/devices/system/cpu/possible").ok().and_then(|text| parse_cpus(&text));
    let online = host.read("sys/devices/system/cpu/online").ok().and_then(|text| parse_cpus(&text));
    let Some(possible) = possible else {
        return vec![
            finding("cpus", Status::Note, "unknown")
                .because("/sys/devices/system/cpu/possible cannot be read")
                .so("one CPU is assumed: records of others are lost"),
        ];
    };
    let cpus = match online {
        Some(online) if online.1 != possible.1 => format!("{} possible, {} online", possible.1, online.1),
        _ => format!("{} possible", possible.1),
    };
    let mut findings = vec![finding("cpus", Status::Ok, cpus).so("each possible CPU has a ring")];
    // Rings are numbered by CPU, so gaps count.
    findings.push(memory(host, possible.0));
    findings
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Rings, name, status, result)
}

/// What the rings take, and whether there is room for it.
fn memory(host: &Host, cpus: usize) -> Finding {
    let each = u64::from(Config::default().ring_bytes(cpus));
    let all = each * cpus as u64;
    let mebi = |bytes: u64| format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20));
    let result = format!("{} in {cpus} rings of {}", mebi(all), mebi(each));
    let available = host.read("proc/meminfo").ok().and_then(|text| available(&text));
    match available {
        Some(available) if all > available / 2 => finding("memory", Status::Degraded, result)
            .because(format!("{} of memory are available", mebi(available)))
            .so("a run may not start or may push out others; use a smaller --ring-size"),
        Some(available) => finding("memory", Status::Ok, result)
            .because(format!("--ring-size sets it; {} of memory are available", mebi(available))),
        None => finding("memory", Status::Ok, result).because("--ring-size sets it"),
    }
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// A list such as `0-3,8`: one more than the highest, and how many.
fn parse_cpus(list: &str) -> Option<(usize, usize)> {
    let (mut end, mut count) = (0, 0);
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        count += (last + 1).checked_sub(first)?;
        end = end.max(last + 1);
    }
    Some((end, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    #[test]
    fn lists_of_cpus() {
        assert_eq!(parse_cpus("0"), Some((1, 1)));
        assert_eq!(parse_cpus("0-3,8-9"), Some((10, 6)));
        assert_eq!(parse_cpus("3-1"), None);
        assert_eq!(parse_cpus(""), None);
    }

    #[test]
    fn rings_and_memory() {
        let fake = FakeHost::new(&[
            ("sys/devices/system/cpu/possible", "0-3\n"),
            ("sys/devices/system/cpu/online", "0-1\n"),
            ("proc/meminfo", "MemTotal:  9 kB\nMemAvailable:    1048576 kB\n"),
        ]);
        let findings = probe(&fake.host());
        assert_eq!(named(&findings, "cpus").result, "4 possible, 2 online");
        assert_eq!(named(&findings, "memory").result, "32 MiB in 4 rings of 8 MiB");
        fake.write("proc/meminfo", b"MemAvailable:    32768 kB\n");
        assert_eq!(named(&probe(&fake.host()), "memory").status, Status::Degraded);
        assert_eq!(named(&probe(&FakeHost::new(&[]).host()), "cpus").result, "unknown");
    }
}
