//! Trials: each kernel program loaded by itself, for `syscope doctor`. Nothing is attached, and all is
//! released again.
//!
//! Programs are prepared as for a run that wants everything, so the verifier sees all of their code.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::fd::AsFd as _;

use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::Typedef;
use libbpf_rs::query::ProgInfoIter;
use libbpf_rs::{MapType, PrintLevel, Program};

use crate::config::{Config, Execs, Tracked};
use crate::loader::{copy_of, prepare};
use crate::object::{Opened, Variant};
use crate::probe::Probe;
use crate::ring::possible_cpus;

/// What libbpf says during one load is kept up to here; the telling lines come last.
const WORDS_MAX: usize = 1 << 20;

/// One program's trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The program.
    pub program: String,
    /// What it is for, as libbpf names it: `tp_btf/sys_exit`.
    pub hook: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of loading a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It loads.
    Loaded {
        /// Instructions the verifier went through (since Linux 5.16).
        instructions: Option<u32>,
    },
    /// It was not tried, because it would be of no use here.
    Skipped(String),
    /// The kernel refused it, in these words.
    Refused(String),
}

/// Something of the kernel that programs can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// Whether the kernel has it; only with the right to load programs this can be known.
    pub supported: bool,
}

/// Tries every program of the object, for cgroups followed in `tracked` (by default the v2 hierarchy).
pub fn programs(tracked: Option<Tracked>) -> Vec<Trial> {
    let probe = Probe::host();
    let variant = probe.as_ref().map_or(Variant::Typed, Probe::variant);
    let listed = list(variant).unwrap_or_else(|words| {
        vec![Trial { program: "all".into(), hook: String::new(), outcome: Outcome::Refused(words) }]
    });
    listed
        .into_iter()
        .map(|trial| match (&trial.outcome, &probe) {
            (Outcome::Refused(_), _) => trial,
            (_, Err(err)) => Trial { outcome: Outcome::Refused(err.to_string()), ..trial },
            (_, Ok(probe)) => Trial { outcome: try_one(&trial, *probe, tracked), ..trial },
        })
        .collect()
}

/// What the kernel has of what the programs use.
pub fn features() -> Vec<Feature> {
    let maps = [
        ("ring buffer", MapType::RingBuf),
        ("task storage", MapType::TaskStorage),
        ("array of maps", MapType::ArrayOfMaps),
    ];
    Words::listen();
    maps.into_iter()
        .map(|(name, kind)| Feature { name, supported: kind.is_supported().unwrap_or(false) })
        .collect()
}

/// The programs of the object; this needs no privilege.
fn list(variant: Variant) -> Result<Vec<Trial>, String> {
    Words::listen();
    let mut open = Opened::open(variant).map_err(|err| Words::telling(&err))?;
    let text = |name: &OsStr| name.to_string_lossy().into_owned();
    let trial = |program: libbpf_rs::OpenProgramMut<'_>| Trial {
        program: text(program.name()),
        hook: text(program.section()),
        outcome: Outcome::Loaded { instructions: None },
    };
    Ok(open.programs().map(trial).collect())
}

/// Loads one program and lets go of it.
fn try_one(trial: &Trial, probe: Probe, tracked: Option<Tracked>) -> Outcome {
    if let Some(tracepoint) = trial.hook.strip_prefix("tp_btf/").filter(|name| !has_tracepoint(name)) {
        return Outcome::Skipped(format!("this kernel has no tracepoint {tracepoint}"));
    }
    if copy_of(&trial.program).is_some() && !probe.preemptible {
        return Outcome::Skipped("programs are not preempted here (they are since Linux 7.0)".into());
    }
    Words::listen();
    let loaded = Opened::open(probe.variant()).and_then(|mut open| {
        let everything = everything(tracked);
        prepare(&mut open, &everything, probe, possible_cpus())
            .map_err(|err| libbpf_rs::Error::from(std::io::Error::other(err)))?;
        for mut program in open.programs() {
            let wanted = program.name() == OsStr::new(&trial.program);
            program.set_autoload(wanted);
        }
        open.load()
    });
    match loaded {
        Ok(object) => {
            let id = Program::id_from_fd(object.program(&trial.program).as_fd()).ok();
            Outcome::Loaded { instructions: id.and_then(verified) }
        }
        Err(err) => Outcome::Refused(Words::telling(&err)),
    }
}

/// A run that wants everything.
fn everything(tracked: Option<Tracked>) -> Config {
    let tracked = tracked.unwrap_or(Tracked { subsystem: None, hierarchy: 0, follow: true });
    let execs = Execs { args_limit: 1 << 21, env_limit: 1 << 20, exits: true };
    let mut config =
        Config { entry: true, fds: true, execs: Some(execs), tracked: Some(tracked), ..Config::default() };
    (config.filter.tree, config.filter.containers) = (true, true);
    config
}

fn has_tracepoint(name: &str) -> bool {
    Btf::from_vmlinux()
        .is_ok_and(|btf| btf.type_by_name::<Typedef<'_>>(&format!("btf_trace_{name}")).is_some())
}

fn verified(id: u32) -> Option<u32> {
    ProgInfoIter::default().find(|info| info.id == id).map(|info| info.verified_insns).filter(|n| *n > 0)
}

thread_local! {
    static WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What libbpf says on this thread.
struct Words;

impl Words {
    /// Forgets what was said and listens.
    fn listen() {
        WORDS.with_borrow_mut(String::clear);
        libbpf_rs::set_print(Some((PrintLevel::Warn, |_, text| {
            tracing::debug!(target: "libbpf", "{}", text.trim_end());
            WORDS.with_borrow_mut(|words| {
                if words.len() + text.len() <= WORDS_MAX {
                    words.push_str(&text);
                }
            });
        })));
    }

    /// The telling part, with the error itself.
    fn telling(err: &libbpf_rs::Error) -> String {
        WORDS.with_borrow(|words| telling(words)).unwrap_or_else(|| format!("{err:#}"))
    }
}

/// From a failed load's output: the verifier's last words before its account, else the first line in
/// which libbpf says what failed.
fn telling(words: &str) -> Option<String> {
    let clean = |line: &str| line.trim().trim_start_matches("libbpf: ").to_owned();
    let failed = words.lines().find(|line| line.contains("failed") || line.contains("rror")).map(clean);
    let log = words.split_once("BEGIN PROG LOAD LOG --").map(|(_, log)| log);
    let verdict = log.and_then(|log| {
        let log = log.split("-- END PROG LOAD LOG").next().unwrap_or(log);
        let mut said = log.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("processed "));
        said.next_back().map(clean)
    });
    match (failed, verdict) {
        (Some(failed), Some(verdict)) => Some(format!("{verdict} ({failed})")),
        (failed, verdict) => verdict.or(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_words_of_a_refusal() {
        let log = "libbpf: prog 'sys_exit': BPF program load failed: -EACCES\n\
                   libbpf: prog 'sys_exit': -- BEGIN PROG LOAD LOG --\n0: (79) r6 = *(u64 *)(r1 +0)\n\
                   R1 invalid mem access 'scalar'\nprocessed 12 insns (limit 1000000)\n\
                   -- END PROG LOAD LOG --\nlibbpf: failed to load object 'syscalls_bpf'\n";
        let said = "R1 invalid mem access 'scalar' (prog 'sys_exit': BPF program load failed: -EACCES)";
        assert_eq!(telling(log).as_deref(), Some(said));
        assert_eq!(telling("libbpf: Error in x: -EPERM\n").as_deref(), Some("Error in x: -EPERM"));
        assert_eq!(telling(""), None);
    }

    #[test]
    fn the_programs_are_listed_without_privilege() {
        let listed = list(Variant::Typed).unwrap();
        assert!(listed.iter().any(|trial| trial.program == "sys_exit" && trial.hook == "tp_btf/sys_exit"));
    }

    #[test]
    #[ignore = "root+bpf"]
    fn every_program_loads_by_itself_and_is_released() {
        let ours =
            |info: &libbpf_rs::query::ProgramInfo| info.name.to_string_lossy().starts_with("calls_in_prog");
        for trial in programs(None) {
            assert!(!matches!(trial.outcome, Outcome::Refused(_)), "{trial:?}");
        }
        // Other tests of this binary run serially; a program lives on for a moment after its last user.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while ProgInfoIter::default().any(|info| ours(&info)) {
            assert!(std::time::Instant::now() < end, "a tried program is still there");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}
