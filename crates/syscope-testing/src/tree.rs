//! Who is who: threads are matched between two runs by their place in the tree of forks.

use std::collections::HashMap;

use crate::record::{Outcome, Record};

/// The calls whose result is a new thread or process.
pub const CREATORS: &[&str] = &["fork", "vfork", "clone", "clone3"];

/// A thread's place: `0` is the first, `0.2` the second thing the first one created.
pub type Place = String;

/// Gives every thread its place.
///
/// A thread belongs to the call that returned its number. In another pid namespace the call returns a
/// number the tracer does not use, so threads that are left over are given, in order of appearance, to
/// calls that are left over.
pub fn places(records: &[Record]) -> HashMap<i64, Place> {
    let mut births: Vec<Birth> = Vec::new();
    let mut children: HashMap<i64, usize> = HashMap::new();
    let mut seen: Vec<i64> = Vec::new();
    for record in records {
        if !seen.contains(&record.tid) {
            seen.push(record.tid);
        }
        if let (true, Outcome::Value(child @ 1..)) =
            (CREATORS.contains(&record.name.as_str()), &record.outcome)
        {
            let count = children.entry(record.tid).or_default();
            *count += 1;
            births.push(Birth { parent: record.tid, number: *count, child: *child });
        }
    }
    let is_child = |tid: &i64| births.iter().any(|birth| birth.child == *tid);
    let root = seen.iter().find(|tid| !is_child(tid)).or(seen.first()).copied();
    adopt_orphans(&mut births, &seen, root);
    let mut places: HashMap<i64, Place> = root.map(|tid| (tid, "0".to_owned())).into_iter().collect();
    // A child's line may come before its parent's, so go round until nothing new is found.
    loop {
        let known = places.len();
        for birth in &births {
            if let (Some(parent), false) = (places.get(&birth.parent), places.contains_key(&birth.child)) {
                let place = format!("{parent}.{}", birth.number);
                places.insert(birth.child, place);
            }
        }
        if places.len() == known {
            break;
        }
    }
    let strangers: Vec<i64> = seen.into_iter().filter(|tid| !places.contains_key(tid)).collect();
    places.extend(strangers.into_iter().zip(1..).map(|(tid, number)| (tid, format!("?{number}"))));
    places
}

struct Birth {
    parent: i64,
    number: usize,
    child: i64,
}

/// Gives births whose child never made a call to threads that no birth names.
fn adopt_orphans(births: &mut [Birth], seen: &[i64], root: Option<i64>) {
    let named: Vec<i64> = births.iter().map(|birth| birth.child).collect();
    let mut orphans = seen.iter().filter(|tid| Some(**tid) != root && !named.contains(tid));
    for birth in births.iter_mut().filter(|birth| !seen.contains(&birth.child)) {
        match orphans.next() {
            Some(tid) => birth.child = *tid,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strace::parse_strace;

    fn check(text: &str, expected: &[(i64, &str)]) {
        let mut found: Vec<(i64, Place)> = places(&parse_strace(text).records).into_iter().collect();
        found.sort_unstable();
        let expected: Vec<(i64, Place)> =
            expected.iter().map(|(tid, place)| (*tid, (*place).to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn follows_forks() {
        check(
            "5 clone(flags=SIGCHLD) = 9\n5 vfork() = 7\n7 clone3({}, 88) = 8\n8 getpid() = 8\n9 getpid() = 9\n",
            &[(5, "0"), (7, "0.2"), (8, "0.2.1"), (9, "0.1")],
        );
    }

    #[test]
    fn a_child_may_be_seen_before_its_birth() {
        check(
            "5 clone(flags=SIGCHLD <unfinished ...>\n6 getpid() = 6\n5 <... clone resumed>) = 6\n",
            &[(5, "0"), (6, "0.1")],
        );
    }

    #[test]
    fn numbers_of_another_namespace_go_to_who_is_left() {
        check("5 fork() = 6\n6 fork() = 2\n7 getpid() = 2\n", &[(5, "0"), (6, "0.1"), (7, "0.1.1")]);
    }

    #[test]
    fn a_failed_fork_is_no_birth() {
        check("5 fork() = -1 EAGAIN (x)\n5 fork() = 6\n6 getpid() = 6\n", &[(5, "0"), (6, "0.1")]);
    }
}
