//! The kernel programs: each is loaded by itself and released again; what is used instead of those that
//! do not load.

use syscope_bpf::Variant;
use syscope_bpf::probe::{self, Probe};
use syscope_bpf::trial::{self, Feature, Outcome, Trial};
use syscope_container::layout;

use super::report::{Finding, Group, Jobs, Status};

/// What came of the trials.
pub struct Tried {
    /// Each program.
    pub trials: Vec<Trial>,
    /// What programs can be made of; empty where it cannot be known.
    pub features: Vec<Feature>,
    /// What this kernel's tracepoints offer; `None` where it cannot be known.
    pub variants: Option<Probe>,
    /// Whether the kernel side knows the hierarchy that cgroups are followed in.
    pub follows: bool,
}

/// What a program is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Role {
    trace: bool,
    exec: bool,
    containers: bool,
    /// What is lost without it.
    lost: &'static str,
}

impl Tried {
    /// Tries everything. `may_load` is whether this process may load programs at all, `tracked` the hierarchy
    /// that cgroups are followed in.
    pub fn host(may_load: bool, tracked: Option<&layout::Tracked>) -> Tried {
        let features = if may_load { trial::features() } else { Vec::new() };
        let tracked = tracked.and_then(known);
        let follows = tracked.is_some();
        Tried { trials: trial::programs(tracked), features, variants: Probe::host().ok(), follows }
    }

    /// Which jobs the programs that load are enough for.
    pub fn jobs(&self) -> Jobs {
        let without = |needs: fn(&Role) -> bool| {
            self.trials.iter().any(|trial| !is_loaded(trial) && needs(&role(&trial.program)))
        };
        let has_cgroup_programs = self.trials.iter().any(|trial| role(&trial.program).containers);
        Jobs {
            trace: !without(|role| role.trace),
            exec: !without(|role| role.exec),
            containers: self.follows && has_cgroup_programs && !without(|role| role.containers || role.exec),
        }
    }

    /// The first refusal that stops a main job: program and words.
    pub fn refusal(&self) -> Option<(&str, &str)> {
        self.trials.iter().find_map(|trial| {
            let role = role(&trial.program);
            match &trial.outcome {
                Outcome::Refused(words) if role.trace || role.exec => Some((&*trial.program, &**words)),
                Outcome::Skipped(words) if role.trace || role.exec => Some((&*trial.program, &**words)),
                _ => None,
            }
        })
    }

    /// What is said of them.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.trials.iter().map(program).collect();
        findings.extend(self.features.iter().map(feature));
        if let Some(variants) = &self.variants {
            findings.push(object(variants));
            findings.push(prepare_exec(variants));
            findings.push(group_dead(variants));
        }
        findings
    }
}

/// A hierarchy as the kernel side knows it; `None` if its type information does not.
fn known(tracked: &layout::Tracked) -> Option<syscope_bpf::Tracked> {
    let subsystem = match &tracked.controller {
        Some(controller) => Some(probe::cgroup_subsystem(controller)?),
        None => None,
    };
    Some(syscope_bpf::Tracked { subsystem, hierarchy: tracked.hierarchy_id, follow: true })
}

fn is_loaded(trial: &Trial) -> bool {
    matches!(trial.outcome, Outcome::Loaded { .. })
}

fn finding(name: impl Into<String>, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Programs, name, status, result)
}

fn role(program: &str) -> Role {
    let nothing = Role { trace: false, exec: false, containers: false, lost: "a part of what is recorded" };
    match program {
        name if is_copy(name) => {
            Role { lost: "calls are missed while a task is preempted in a program", ..nothing }
        }
        "sys_exit" => Role { trace: true, lost: "system calls cannot be traced", ..nothing },
        "sys_enter" => Role { lost: "no --latency, --min-latency, --unfinished", ..nothing },
        "sched_process_exec" => {
            Role { trace: true, exec: true, lost: "programs that start are not seen", ..nothing }
        }
        "sched_process_fork" => {
            Role { trace: true, lost: "descendants of a process cannot be followed", ..nothing }
        }
        "sched_process_exit" => {
            Role { trace: true, exec: true, lost: "ends of processes are not seen", ..nothing }
        }
        "sched_prepare_exec" => Role {
            lost: "execve and execveat are told apart by less; a script's own argv[0] is not seen",
            ..nothing
        },
        "find_tracer" => Role { trace: true, exec: true, lost: "Syscope cannot leave itself out", ..nothing },
        "mark_tasks" => {
            Role { trace: true, lost: "a process that runs already cannot be traced with -p", ..nothing }
        }
        "calls_in_progress" => Role { lost: "calls in progress at the end are not shown", ..nothing },
        name if name.starts_with("cgroup_") => Role {
            containers: true,
            lost: "cgroups that come, go or get processes are not followed",
            ..nothing
        },
        _ => nothing,
    }
}

/// The copies of programs that are attached where programs can be preempted (`turn.bpf.h`).
fn is_copy(program: &str) -> bool {
    program.ends_with("_second") || program.ends_with("_third")
}

fn program(trial: &Trial) -> Finding {
    let role = role(&trial.program);
    match &trial.outcome {
        Outcome::Skipped(reason) if is_copy(&trial.program) => {
            finding(&trial.program, Status::Ok, "not needed").because(reason)
        }
        Outcome::Loaded { instructions } => {
            let size =
                instructions.map(|count| format!(", {count} instructions verified")).unwrap_or_default();
            finding(&trial.program, Status::Ok, format!("loads ({}{size})", trial.hook))
        }
        Outcome::Skipped(reason) => {
            let status = if role.trace || role.exec { Status::Missing } else { Status::Note };
            finding(&trial.program, status, "not used").because(reason).so(role.lost)
        }
        Outcome::Refused(words) => {
            let status = if role.trace || role.exec { Status::Missing } else { Status::Degraded };
            finding(&trial.program, status, format!("does not load ({})", trial.hook))
                .because(words)
                .so(role.lost)
        }
    }
}

fn feature(feature: &Feature) -> Finding {
    let name = format!("map: {}", feature.name);
    if feature.supported {
        return finding(name, Status::Ok, "supported");
    }
    let (status, lost) = match feature.name {
        "task storage" => {
            (Status::Note, "what is noted of a task is kept in a hash table, which has a bound")
        }
        _ => (Status::Missing, "records cannot be sent: nothing can be traced"),
    };
    finding(name, status, "not supported").because("this kernel refuses to make one").so(lost)
}

/// Which of the objects that are compiled from one source is used.
fn object(variants: &Probe) -> Finding {
    let name = "variant: object";
    let result = |how: &str| format!("{} ({how})", variants.variant().name());
    match variants.variant() {
        Variant::Typed => finding(name, Status::Ok, result("typed pointers, task storage")),
        Variant::Portable => finding(name, Status::Note, result("probe reads, a hash table of tasks"))
            .because("typed pointers to the current task and task storage came with Linux 5.11")
            .so("a traced call costs some more, and the table of tasks has a bound"),
    }
}

fn prepare_exec(variants: &Probe) -> Finding {
    let name = "variant: exec";
    if variants.prepare_exec {
        return finding(name, Status::Ok, "the caller of an exec is seen (sched_prepare_exec)");
    }
    finding(name, Status::Note, "the caller of an exec is not seen")
        .because("sched_prepare_exec came with Linux 6.10")
        .so(role("sched_prepare_exec").lost)
}

fn group_dead(variants: &Probe) -> Finding {
    let name = "variant: process end";
    if variants.exit_tells_last {
        return finding(name, Status::Ok, "the kernel says which thread is the last (group_dead)");
    }
    finding(name, Status::Ok, "the last thread is found by counting")
        .because("sched_process_exit tells it since Linux 6.16")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::named;

    fn tried(refused: &[&str]) -> Tried {
        let programs = ["sys_exit", "sys_enter", "sched_process_exec", "sched_process_exit", "cgroup_mkdir"];
        let trial = |program: &&str| Trial {
            program: (*program).to_owned(),
            hook: format!("tp_btf/{program}"),
            outcome: match refused.contains(program) {
                true => Outcome::Refused("no".to_owned()),
                false => Outcome::Loaded { instructions: Some(7) },
            },
        };
        Tried {
            trials: programs.iter().map(trial).collect(),
            features: Vec::new(),
            variants: None,
            follows: true,
        }
    }

    #[test]
    fn jobs_need_their_programs() {
        let jobs = |refused: &[&str]| {
            let jobs = tried(refused).jobs();
            (jobs.trace, jobs.exec, jobs.containers)
        };
        assert_eq!(jobs(&[]), (true, true, true));
        assert_eq!(jobs(&["sys_enter"]), (true, true, true));
        assert_eq!(jobs(&["sys_exit"]), (false, true, true));
        assert_eq!(jobs(&["cgroup_mkdir"]), (true, true, false));
        assert_eq!(jobs(&["sched_process_exec"]), (false, false, false));
    }

    #[test]
    fn old_kernels_have_fall_backs() {
        let variants = Probe {
            prepare_exec: false,
            exit_tells_last: false,
            typed_tasks: false,
            task_pt_regs: false,
            preemptible: false,
        };
        let features = vec![
            Feature { name: "task storage", supported: false },
            Feature { name: "ring buffer", supported: false },
        ];
        let tried = Tried { features, variants: Some(variants), ..tried(&[]) };
        let findings = tried.findings();
        let status = |name| named(&findings, name).status;
        assert_eq!(status("variant: object"), Status::Note);
        assert_eq!(status("variant: exec"), Status::Note);
        assert_eq!(status("map: task storage"), Status::Note);
        assert_eq!(status("map: ring buffer"), Status::Missing);
    }

    #[test]
    fn refusals_are_told_in_the_kernels_words() {
        let tried = tried(&["sys_enter", "sys_exit"]);
        assert_eq!(tried.refusal(), Some(("sys_exit", "no")));
        let findings = tried.findings();
        assert_eq!(named(&findings, "sys_exit").status, Status::Missing);
        assert_eq!(named(&findings, "sys_enter").status, Status::Degraded);
        assert_eq!(named(&findings, "sys_enter").reason.as_deref(), Some("no"));
        let loaded = named(&findings, "sched_process_exec");
        assert_eq!(loaded.result, "loads (tp_btf/sched_process_exec, 7 instructions verified)");
    }
}
