//! Clocks: what a time stamp costs, and whether it is the host's.

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// The inode number of the first time namespace of every machine (include/linux/proc_ns.h).
const FIRST_TIME_NAMESPACE: u64 = 0xEFFF_FFFA;

/// All probes of the group.
pub fn probe(host: &Host) -> Vec<Finding> {
    vec![source(host), time_namespace(host)]
}

fn finding(name: &str, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Clock, name, status, result)
}

fn source(host: &Host) -> Finding {
    let path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    match host.read(path).as_deref() {
        Ok(slow @ ("hpet" | "acpi_pm" | "jiffies" | "refined-jiffies")) => {
            finding("source", Status::Degraded, slow)
                .because("the kernel does not trust the CPU's own counter here")
                .so("reading the time is slow or coarse: every record costs more or is less exact")
        }
        Ok(good) => finding("source", Status::Ok, good),
        Err(_) => finding("source", Status::Note, "unknown").because(format!("/{path} cannot be read")),
    }
}

/// Records carry the time since boot as the kernel counts it, which a time namespace shifts for us.
fn time_namespace(host: &Host) -> Finding {
    match host.namespace("time") {
        None => finding("time_namespace", Status::Ok, "none").because("this kernel has no time namespaces"),
        Some(FIRST_TIME_NAMESPACE) => finding("time_namespace", Status::Ok, "the host's"),
        Some(inode) => finding("time_namespace", Status::Degraded, format!("another one ({inode})"))
            .because("this process was started in a time namespace")
            .so("times of events are shifted by its offset"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    #[test]
    fn sources_and_namespaces() {
        let path = "sys/devices/system/clocksource/clocksource0/current_clocksource";
        let fake = FakeHost::new(&[(path, "tsc\n")]);
        fake.link("proc/self/ns/time", "time:[4026531834]");
        assert!(probe(&fake.host()).iter().all(|found| found.status == Status::Ok));
        let fake = FakeHost::new(&[(path, "hpet\n")]);
        fake.link("proc/self/ns/time", "time:[4026532834]");
        assert!(probe(&fake.host()).iter().all(|found| found.status == Status::Degraded));
        assert_eq!(named(&probe(&FakeHost::new(&[]).host()), "source").result, "unknown");
    }
}
