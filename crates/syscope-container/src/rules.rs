//! Which jobs want the events of a container: the rule table, counted by reference.
//!
//! Several selections (of one job, or of several) may want the same container. The kernel's table has one
//! bit for each job; it is set while at least one selection of that job wants the container, so that
//! ending one never blinds another.

use std::collections::HashMap;

use syscope_event::Owner;

use crate::selector::Selector;

/// Jobs that can be told apart by the kernel's table.
pub const JOBS_MAX: u8 = 64;

/// A selection that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SelectionId(u64);

/// Selections, and the containers they want.
#[derive(Debug, Default)]
pub struct Rules {
    next: u64,
    selections: HashMap<SelectionId, Selection>,
    /// By container (its tracking cgroup): how many selections of each job want it.
    wanted: HashMap<u64, HashMap<u8, u32>>,
}

#[derive(Debug)]
struct Selection {
    job: u8,
    selector: Selector,
    containers: Vec<u64>,
}

/// There are too many jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {JOBS_MAX} jobs can select containers at a time")]
pub struct TooManyJobs;

impl Rules {
    /// Adds a selection of `job`; `known` are the containers that there are, by tracking cgroup. Returns
    /// the cgroups whose jobs changed.
    pub fn add<'a>(
        &mut self,
        job: u8,
        selector: Selector,
        known: impl Iterator<Item = (u64, &'a Owner)>,
    ) -> Result<(SelectionId, Vec<u64>), TooManyJobs> {
        if job >= JOBS_MAX {
            return Err(TooManyJobs);
        }
        let id = SelectionId(self.next);
        self.next += 1;
        let mut selection = Selection { job, selector, containers: Vec::new() };
        let mut changed = Vec::new();
        for (tracking, owner) in known {
            if owner.container().is_some_and(|container| selection.selector.matches(container)) {
                selection.containers.push(tracking);
                changed.extend(count(&mut self.wanted, tracking, job).then_some(tracking));
            }
        }
        self.selections.insert(id, selection);
        Ok((id, changed))
    }

    /// Ends a selection; returns the cgroups whose jobs changed.
    pub fn remove(&mut self, id: SelectionId) -> Vec<u64> {
        let Some(selection) = self.selections.remove(&id) else { return Vec::new() };
        let mut changed = Vec::new();
        for tracking in selection.containers {
            let Some(jobs) = self.wanted.get_mut(&tracking) else { continue };
            if let Some(count) = jobs.get_mut(&selection.job) {
                *count -= 1;
                if *count == 0 {
                    jobs.remove(&selection.job);
                    changed.push(tracking);
                }
            }
            if jobs.is_empty() {
                self.wanted.remove(&tracking);
            }
        }
        changed
    }

    /// The owner of a cgroup was found out, for the first time or anew.
    pub fn decided(&mut self, tracking: u64, owner: &Owner) {
        self.gone(tracking);
        let Some(container) = owner.container() else { return };
        for selection in self.selections.values_mut() {
            if selection.selector.matches(container) {
                selection.containers.push(tracking);
                count(&mut self.wanted, tracking, selection.job);
            }
        }
    }

    /// A container is gone.
    pub fn gone(&mut self, tracking: u64) {
        if self.wanted.remove(&tracking).is_some() {
            for selection in self.selections.values_mut() {
                selection.containers.retain(|container| *container != tracking);
            }
        }
    }

    /// How many containers a job wants now.
    pub fn wanted_by(&self, job: u8) -> u64 {
        self.wanted.values().filter(|jobs| jobs.contains_key(&job)).count() as u64
    }

    /// The jobs that want a container: bit n is job n.
    pub fn jobs(&self, tracking: u64) -> u64 {
        self.wanted.get(&tracking).map_or(0, |jobs| jobs.keys().fold(0, |bits, job| bits | 1 << job))
    }
}

/// Counts one more; whether it is the first.
fn count(wanted: &mut HashMap<u64, HashMap<u8, u32>>, tracking: u64, job: u8) -> bool {
    let count = wanted.entry(tracking).or_default().entry(job).or_insert(0);
    *count += 1;
    *count == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Asked;
    use syscope_event::{Container, OwnerKind, Source};

    fn owner(name: &str) -> Owner {
        let container = Container { id: name.into(), name: Some(name.into()), ..Container::default() };
        Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Docker, doubt: None }
    }

    fn named(name: &str) -> Selector {
        Selector::parse(&Asked { containers: &[name.to_owned()], ..Asked::default() }).expect("a name")
    }

    #[test]
    fn ending_a_selection_blinds_no_other() {
        let mut rules = Rules::default();
        let web = owner("web");
        let (first, changed) = rules.add(0, named("web"), [(7, &web)].into_iter()).unwrap();
        assert_eq!(changed, [7]);
        let (second, changed) = rules.add(0, named("web"), [(7, &web)].into_iter()).unwrap();
        assert!(changed.is_empty());
        let (third, _) = rules.add(3, named("web"), [(7, &web)].into_iter()).unwrap();
        assert_eq!(rules.jobs(7), 0b1001);
        assert!(rules.remove(first).is_empty());
        assert_eq!(rules.jobs(7), 0b1001);
        assert_eq!(rules.remove(second), [7]);
        assert_eq!(rules.jobs(7), 0b1000);
        assert_eq!(rules.remove(third), [7]);
        assert_eq!((rules.jobs(7), rules.wanted.len()), (0, 0));
    }

    #[test]
    fn later_containers_are_matched_as_they_come() {
        let mut rules = Rules::default();
        let (id, changed) = rules.add(1, named("web"), std::iter::empty()).unwrap();
        assert!(changed.is_empty());
        rules.decided(9, &owner("web"));
        rules.decided(10, &owner("db"));
        rules.decided(9, &owner("web"));
        assert_eq!((rules.jobs(9), rules.jobs(10)), (2, 0));
        rules.gone(9);
        assert_eq!(rules.jobs(9), 0);
        assert!(rules.remove(id).is_empty());
    }

    #[test]
    fn a_guess_taken_back_is_not_wanted_any_more() {
        let mut rules = Rules::default();
        rules.add(0, named("web"), std::iter::empty()).unwrap();
        rules.decided(9, &owner("web"));
        rules.decided(9, &Owner::HOST);
        assert_eq!(rules.jobs(9), 0);
    }

    #[test]
    fn the_kernel_tells_so_many_jobs_apart() {
        assert_eq!(Rules::default().add(64, named("x"), std::iter::empty()).map(|_| ()), Err(TooManyJobs));
    }
}
