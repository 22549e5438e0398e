//! The series of calls. They are kept for owners by name, so that a container that is started again goes on with its counts,
//! and what cgroups leave that are gone is kept here until their owner is gone for long.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use syscope_event::{CgroupState, Owner, OwnerKind};
use syscope_syscalls::names::errno;
use syscope_syscalls::{Abi, table};
use syscope_tracer::directory::Entry;
use syscope_tracer::{Counted, Measured};

/// How long the count of a cgroup waits until it is known whose it is.
const UNKNOWN_WAIT: Duration = Duration::from_secs(5);
/// Characters of a container id that stand for one without a name.
const SHORT_ID: usize = 12;

/// Who calls, by the labels of the series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Caller {
    /// The pod's namespace.
    pub namespace: Box<str>,
    /// The pod.
    pub pod: Box<str>,
    /// The container.
    pub container: Box<str>,
    /// The unit of what is in no container.
    pub unit: Box<str>,
}

impl Caller {
    /// The labels of an owner.
    pub fn of(owner: &Owner) -> Caller {
        match &owner.kind {
            OwnerKind::Container(container) => {
                let short = &container.id[..container.id.len().min(SHORT_ID)];
                Caller {
                    namespace: container.namespace.clone().unwrap_or_default(),
                    pod: container.pod.clone().unwrap_or_default(),
                    container: container.name.clone().unwrap_or_else(|| short.into()),
                    unit: Box::default(),
                }
            }
            OwnerKind::Unit(unit) => Caller { unit: unit.name.clone(), ..Caller::default() },
            OwnerKind::Host => Caller::default(),
            OwnerKind::Unknown => Caller::unit("(unknown)"),
        }
    }

    fn unit(unit: &str) -> Caller {
        Caller { unit: unit.into(), ..Caller::default() }
    }
}

/// A series: a caller, a call and a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Index into [`Snapshot::callers`].
    pub caller: u32,
    /// Whether by the 32-bit convention.
    pub compat: bool,
    /// The number.
    pub nr: u16,
    /// The error; 0: none.
    pub errno: u16,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value {
    /// Calls.
    pub calls: u64,
    /// How long they took, in ns.
    pub ns: u64,
}

impl Value {
    fn add(&mut self, other: Value) {
        self.calls += other.calls;
        self.ns += other.ns;
    }
}

/// Buckets of a histogram.
pub type Buckets = [u64; 40];

/// All series at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Who calls.
    pub callers: Vec<Arc<Caller>>,
    /// The series.
    pub series: Vec<(Key, Value)>,
    /// The time of calls by caller and call (the error of the key is 0).
    pub histograms: Vec<(Key, Buckets)>,
    /// Calls that are in no series, because there are too many.
    pub folded: u64,
    /// Calls of cgroups whose owner is still being looked up.
    pub pending: u64,
}

/// Keeps what is needed from one reading to the next.
#[derive(Debug)]
pub struct Series {
    retention: Duration,
    max: usize,
    callers: Vec<Arc<Caller>>,
    ids: HashMap<Arc<Caller>, u32>,
    /// When a caller was last known to live.
    lived: HashMap<u32, Instant>,
    /// What cgroups left that are gone.
    retired: HashMap<Key, Value>,
    retired_histograms: HashMap<Key, Buckets>,
    admitted: HashSet<Key>,
    /// What of a key is in no series. It stays so when the key finds a place: what was said to be folded is not taken back, and
    /// the series begins with what comes then.
    refused: HashMap<Key, Value>,
    /// The same of callers that are forgotten.
    folded: u64,
    /// Cgroups of unknown owner, and since when.
    unknown: HashMap<u64, Instant>,
}

/// What is to be removed from the kernel's tables: it is kept in the series now.
#[derive(Debug, Default)]
pub struct Retired {
    /// Counts.
    pub counts: Vec<Counted>,
    /// Histograms.
    pub histograms: Vec<Measured>,
}

impl Series {
    /// No series; those of a caller that is gone stay for `retention`, and there are at most `max`.
    pub fn new(retention: Duration, max: usize) -> Series {
        Series {
            retention,
            max,
            callers: Vec::new(),
            ids: HashMap::new(),
            lived: HashMap::new(),
            retired: HashMap::new(),
            retired_histograms: HashMap::new(),
            admitted: HashSet::new(),
            refused: HashMap::new(),
            folded: 0,
            unknown: HashMap::new(),
        }
    }

    /// Takes in a reading of the kernel's tables. What belongs to cgroups that are gone is kept here from now on, and is to be
    /// removed there.
    pub fn fold(
        &mut self,
        counts: &[Counted],
        measured: &[Measured],
        known: &[Entry],
        now: Instant,
    ) -> (Snapshot, Retired) {
        let mut owners: HashMap<u64, (u32, bool)> = HashMap::with_capacity(known.len());
        for entry in known {
            let Some(owner) = &entry.owner else { continue };
            let caller = self.id(Caller::of(owner));
            let gone = entry.state == CgroupState::Removed;
            if !gone {
                self.lived.insert(caller, now);
            }
            owners.insert(entry.id, (caller, gone));
        }
        self.expire(now);
        let mut retired = Retired::default();
        let mut live: HashMap<Key, Value> = HashMap::with_capacity(counts.len());
        let mut live_histograms: HashMap<Key, Buckets> = HashMap::with_capacity(measured.len());
        let mut pending = 0;
        let mut still_unknown = HashSet::new();
        for row in counts {
            let Some((owner, gone)) = self.owner_of(row.cgroup, &owners, now, &mut still_unknown) else {
                pending += row.calls;
                continue;
            };
            let caller = if row.runtime { self.runtime_in(owner, now) } else { owner };
            let key = Key { caller, compat: row.compat, nr: row.nr as u16, errno: row.errno };
            let value = Value { calls: row.calls, ns: row.ns };
            if gone {
                self.lived.entry(caller).or_insert(now);
                self.retired.entry(key).or_default().add(value);
                retired.counts.push(*row);
            } else {
                live.entry(key).or_default().add(value);
            }
        }
        for row in measured {
            let Some((owner, gone)) = self.owner_of(row.cgroup, &owners, now, &mut still_unknown) else {
                continue;
            };
            let caller = if row.runtime { self.runtime_in(owner, now) } else { owner };
            let key = Key { caller, compat: row.compat, nr: row.nr as u16, errno: 0 };
            let into = if gone { &mut self.retired_histograms } else { &mut live_histograms };
            add(into.entry(key).or_insert([0; 40]), &row.buckets);
            if gone {
                retired.histograms.push(*row);
            }
        }
        self.unknown.retain(|cgroup, _| still_unknown.contains(cgroup));
        for (key, value) in &self.retired {
            live.entry(*key).or_default().add(*value);
        }
        for (key, buckets) in &self.retired_histograms {
            add(live_histograms.entry(*key).or_insert([0; 40]), buckets);
        }
        let mut series: Vec<(Key, Value)> = live.into_iter().collect();
        series.sort_unstable_by_key(|(key, _)| (key.caller, key.compat, key.nr, key.errno));
        series.retain_mut(|(key, value)| {
            let fits =
                self.admitted.contains(key) || (self.admitted.len() < self.max && self.admitted.insert(*key));
            if !fits {
                self.refused.insert(*key, *value);
            } else if let Some(refused) = self.refused.get(key) {
                value.calls = value.calls.saturating_sub(refused.calls);
                value.ns = value.ns.saturating_sub(refused.ns);
            }
            fits
        });
        let folded = self.folded + self.refused.values().map(|refused| refused.calls).sum::<u64>();
        let mut histograms: Vec<(Key, Buckets)> = live_histograms.into_iter().collect();
        histograms.sort_unstable_by_key(|(key, _)| (key.caller, key.compat, key.nr));
        (Snapshot { callers: self.callers.clone(), series, histograms, folded, pending }, retired)
    }

    /// Whose a cgroup is and whether it is gone; `None`: that is still being looked up.
    fn owner_of(
        &mut self,
        cgroup: u64,
        owners: &HashMap<u64, (u32, bool)>,
        now: Instant,
        still_unknown: &mut HashSet<u64>,
    ) -> Option<(u32, bool)> {
        if let Some(known) = owners.get(&cgroup) {
            return Some(*known);
        }
        still_unknown.insert(cgroup);
        let since = *self.unknown.entry(cgroup).or_insert(now);
        if cgroup != 0 && now.duration_since(since) < UNKNOWN_WAIT {
            return None;
        }
        let caller = self.id(Caller::unit("(unknown)"));
        self.lived.insert(caller, now);
        Some((caller, false))
    }

    /// Who a runtime at work in a cgroup of this owner is. Only containers have runtimes: what the kernel took for one before
    /// the owner was known is the owner itself.
    fn runtime_in(&mut self, owner: u32, now: Instant) -> u32 {
        if self.callers[owner as usize].container.is_empty() {
            return owner;
        }
        let runtime = self.id(Caller::unit("(container runtime)"));
        self.lived.insert(runtime, now);
        runtime
    }

    fn id(&mut self, caller: Caller) -> u32 {
        if let Some(id) = self.ids.get(&caller) {
            return *id;
        }
        let caller = Arc::new(caller);
        // A place that nobody has any more.
        let free =
            (0..self.callers.len() as u32).find(|id| !self.lived.contains_key(id) && self.is_free(*id));
        let id = free.unwrap_or(self.callers.len() as u32);
        match self.callers.get_mut(id as usize) {
            Some(place) => *place = Arc::clone(&caller),
            None => self.callers.push(Arc::clone(&caller)),
        }
        self.ids.insert(caller, id);
        id
    }

    fn is_free(&self, id: u32) -> bool {
        self.ids.get(&self.callers[id as usize]) != Some(&id)
    }

    /// Forgets the callers that are gone for long.
    fn expire(&mut self, now: Instant) {
        let gone: HashSet<u32> = self
            .lived
            .iter()
            .filter(|(_, lived)| now.duration_since(**lived) > self.retention)
            .map(|(caller, _)| *caller)
            .collect();
        if gone.is_empty() {
            return;
        }
        self.refused.retain(|key, refused| {
            let is_gone = gone.contains(&key.caller);
            self.folded += if is_gone { refused.calls } else { 0 };
            !is_gone
        });
        self.retired.retain(|key, _| !gone.contains(&key.caller));
        self.retired_histograms.retain(|key, _| !gone.contains(&key.caller));
        self.admitted.retain(|key| !gone.contains(&key.caller));
        self.lived.retain(|caller, _| !gone.contains(caller));
        self.ids.retain(|_, id| !gone.contains(id));
    }
}

fn add(to: &mut Buckets, from: &Buckets) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// The names of a call: its own, its class and group. Compat calls have their ABI in front.
pub fn call_names(compat: bool, nr: u16) -> (String, &'static str, &'static str) {
    let abi = if compat { Abi::native().compat() } else { Abi::native() };
    let Some(syscall) = table::syscall(abi, nr.into()) else {
        let name = if nr >= 512 { "unknown".to_owned() } else { format!("syscall_{nr}") };
        return (if compat { format!("{}:{name}", abi.name()) } else { name }, "", "");
    };
    let name = if compat { format!("{}:{}", abi.name(), syscall.name) } else { syscall.name.to_owned() };
    (name, syscall.group.class().name(), syscall.group.name())
}

/// `OK` or the name of the error.
pub fn error_name(error: u16) -> String {
    match error {
        0 => "OK".to_owned(),
        error => errno::name(error).map_or_else(|| format!("E{error}"), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use syscope_event::{Container, Source, Unit};

    use super::*;

    fn container(name: &str) -> Arc<Owner> {
        let container = Container {
            id: "1234567890abcdef".into(),
            name: Some(name.into()),
            namespace: Some("prod".into()),
            pod: Some("web-0".into()),
            ..Container::default()
        };
        Arc::new(Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Cri, doubt: None })
    }

    fn entry(id: u64, owner: Option<Arc<Owner>>, state: CgroupState) -> Entry {
        Entry { id, parent: 0, level: 1, owner, tracking: Some(id), path: (*b"/x").into(), state }
    }

    fn row(cgroup: u64, nr: u32, errno: u16, calls: u64) -> Counted {
        Counted { cgroup, nr, errno, calls, ns: calls * 10, ..Counted::default() }
    }

    fn calls(snapshot: &Snapshot, container: &str, errno: u16) -> Option<u64> {
        let found: Vec<u64> = snapshot
            .series
            .iter()
            .filter(|(key, _)| {
                &*snapshot.callers[key.caller as usize].container == container && key.errno == errno
            })
            .map(|(_, value)| value.calls)
            .collect();
        (!found.is_empty()).then(|| found.iter().sum())
    }

    #[test]
    fn cgroups_of_one_container_are_one_series() {
        let mut series = Series::new(Duration::from_secs(300), 100);
        let web = container("web");
        let known =
            [entry(1, Some(web.clone()), CgroupState::Running), entry(2, Some(web), CgroupState::Running)];
        let rows = [row(1, 0, 0, 5), row(2, 0, 0, 6), row(2, 0, 2, 7)];
        let (snapshot, retired) = series.fold(&rows, &[], &known, Instant::now());
        assert_eq!((calls(&snapshot, "web", 0), calls(&snapshot, "web", 2)), (Some(11), Some(7)));
        assert!(retired.counts.is_empty());
    }

    #[test]
    fn a_container_that_is_started_again_goes_on_and_one_that_is_gone_goes_after_a_while() {
        let mut series = Series::new(Duration::from_secs(300), 100);
        let start = Instant::now();
        let gone = [entry(1, Some(container("web")), CgroupState::Removed)];
        let (snapshot, retired) = series.fold(&[row(1, 0, 0, 5)], &[], &gone, start);
        assert_eq!((calls(&snapshot, "web", 0), retired.counts.len()), (Some(5), 1));
        // The kernel's entry is removed; the cgroup is forgotten; then the container comes again.
        let again = [entry(9, Some(container("web")), CgroupState::Running)];
        let later = start + Duration::from_secs(200);
        let (snapshot, _) = series.fold(&[row(9, 0, 0, 2)], &[], &again, later);
        assert_eq!(calls(&snapshot, "web", 0), Some(7));
        let (snapshot, _) = series.fold(&[], &[], &[], later + Duration::from_secs(299));
        assert_eq!(calls(&snapshot, "web", 0), Some(5));
        let (snapshot, _) = series.fold(&[], &[], &[], later + Duration::from_secs(301));
        assert_eq!(calls(&snapshot, "web", 0), None);
        assert_eq!(snapshot.folded, 0);
        // Its place is another's now.
        let other = [entry(10, Some(container("db")), CgroupState::Running)];
        let (snapshot, _) = series.fold(&[row(10, 0, 0, 1)], &[], &other, later + Duration::from_secs(302));
        assert_eq!((calls(&snapshot, "db", 0), calls(&snapshot, "web", 0)), (Some(1), None));
        assert_eq!(snapshot.callers.len(), 1);
    }

    #[test]
    fn what_is_looked_up_waits_and_is_then_unknown() {
        let mut series = Series::new(Duration::from_secs(300), 100);
        let start = Instant::now();
        let (snapshot, _) =
            series.fold(&[row(1, 0, 0, 5)], &[], &[entry(1, None, CgroupState::Running)], start);
        assert_eq!((snapshot.series.len(), snapshot.pending), (0, 5));
        let (snapshot, _) = series.fold(&[row(1, 0, 0, 5)], &[], &[], start + UNKNOWN_WAIT);
        assert_eq!((snapshot.series.len(), snapshot.pending), (1, 0));
        assert_eq!(&*snapshot.callers[0].unit, "(unknown)");
    }

    #[test]
    fn runtimes_at_work_are_not_the_container() {
        let mut series = Series::new(Duration::from_secs(300), 100);
        let known = [entry(1, Some(container("web")), CgroupState::Running)];
        let rows = [row(1, 0, 0, 5), Counted { runtime: true, ..row(1, 0, 0, 100) }];
        let (snapshot, _) = series.fold(&rows, &[], &known, Instant::now());
        assert_eq!(calls(&snapshot, "web", 0), Some(5));
        // A unit has none: what seemed to be one before it was known as a unit is the unit.
        let unit = Unit { name: "web.service".into(), slice: None, user: None };
        let unit = Arc::new(Owner { kind: OwnerKind::Unit(unit), source: Source::Unit, doubt: None });
        let (snapshot, _) = Series::new(Duration::from_secs(300), 100).fold(
            &rows,
            &[],
            &[entry(1, Some(unit), CgroupState::Running)],
            Instant::now(),
        );
        let of_unit: u64 = snapshot.series.iter().map(|(_, value)| value.calls).sum();
        assert_eq!((snapshot.callers.len(), of_unit), (1, 105));
    }

    #[test]
    fn too_many_series_are_folded_and_counted() {
        let mut series = Series::new(Duration::from_secs(1), 2);
        let known = [entry(1, Some(container("web")), CgroupState::Running)];
        let rows = [row(1, 0, 0, 1), row(1, 1, 0, 2), row(1, 2, 0, 4)];
        let start = Instant::now();
        let (snapshot, _) = series.fold(&rows, &[], &known, start);
        assert_eq!((snapshot.series.len(), snapshot.folded), (2, 4));
        let sum = |snapshot: &Snapshot| {
            snapshot.series.iter().map(|(_, value)| value.calls).sum::<u64>() + snapshot.folded
        };
        assert_eq!(sum(&snapshot), 7);
        // What was folded stays counted when its container goes.
        let gone = [entry(1, Some(container("web")), CgroupState::Removed)];
        series.fold(&rows, &[], &gone, start);
        let (snapshot, _) = series.fold(&[], &[], &[], start + Duration::from_secs(2));
        assert_eq!((snapshot.series.len(), snapshot.folded), (0, 4));
    }

    #[test]
    fn what_was_folded_stays_so_when_there_is_room() {
        let mut series = Series::new(Duration::from_secs(1), 1);
        let (web, db) = (container("web"), container("db"));
        let both =
            |state| [entry(1, Some(web.clone()), state), entry(2, Some(db.clone()), CgroupState::Running)];
        let start = Instant::now();
        let rows = [row(1, 0, 0, 1), row(2, 0, 0, 10)];
        let (snapshot, _) = series.fold(&rows, &[], &both(CgroupState::Running), start);
        assert_eq!((calls(&snapshot, "web", 0), calls(&snapshot, "db", 0)), (Some(1), None));
        assert_eq!(snapshot.folded, 10);
        series.fold(&rows, &[], &both(CgroupState::Removed), start);
        // The series of one is free: the other begins with what it calls from now on.
        let known = [entry(2, Some(db.clone()), CgroupState::Running)];
        let later = start + Duration::from_secs(2);
        let (snapshot, _) = series.fold(&[row(2, 0, 0, 12)], &[], &known, later);
        assert_eq!((calls(&snapshot, "db", 0), snapshot.folded), (Some(2), 10));
        let (snapshot, _) = series.fold(&[row(2, 0, 0, 15)], &[], &known, later);
        assert_eq!((calls(&snapshot, "db", 0), snapshot.folded), (Some(5), 10));
        // Nor is it less or more when that goes as well.
        let gone = [entry(2, Some(db.clone()), CgroupState::Removed)];
        series.fold(&[row(2, 0, 0, 15)], &[], &gone, later);
        let (snapshot, _) = series.fold(&[], &[], &[], later + Duration::from_secs(2));
        assert_eq!((calls(&snapshot, "db", 0), snapshot.folded), (None, 10));
    }

    #[test]
    fn calls_and_errors_have_names() {
        assert_eq!(error_name(0), "OK");
        assert_eq!(error_name(2), "ENOENT");
        assert_eq!(error_name(4000), "E4000");
        assert_eq!(call_names(false, 512).0, "unknown");
        let (name, class, group) = call_names(false, 257);
        assert!(!class.is_empty() && !group.is_empty() && !name.is_empty());
    }
}
