use super::*;
use syscope_event::{Container, OwnerKind, Source};

fn place(id: u64, parent: u64, level: u32, name: &str) -> Place<'_> {
    Place { id, parent, level, name: name.as_bytes(), by_root: true }
}

fn container(id: &str) -> Arc<Owner> {
    let container = Container { id: id.into(), ..Container::default() };
    Arc::new(Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Cri, doubt: None })
}

/// `/`, `/kubepods`, `/kubepods/c`.
fn tree() -> Tree {
    let mut tree = Tree::new("unified");
    assert_eq!(tree.found(place(1, 0, 0, ""), true), Next::Ask);
    assert_eq!(tree.found(place(2, 1, 1, "kubepods"), true), Next::Ask);
    assert_eq!(tree.created(place(3, 2, 2, "c")), Next::Ask);
    tree
}

fn owner_of(tree: &Tree, id: u64) -> Option<&str> {
    tree.cgroup(id).owner.and_then(Owner::container).map(|container| &*container.id)
}

#[test]
fn what_is_below_a_container_is_the_containers() {
    let mut tree = tree();
    tree.created(place(4, 3, 3, "before"));
    assert_eq!(tree.decide(3, container("a")).changed, [3, 4]);
    assert_eq!(tree.created(place(5, 4, 4, "after")), Next::Inherited);
    for id in [3, 4, 5] {
        assert_eq!((owner_of(&tree, id), tree.cgroup(id).tracking_id), (Some("a"), Some(3)), "{id}");
    }
    assert_eq!(tree.cgroup(5).path, Some(&b"/kubepods/c/before/after"[..]));
    // A name inside, whatever it imitates, decides nothing.
    assert_eq!(tree.decide(5, container("forged")), Decided::default());
    assert_eq!(owner_of(&tree, 5), Some("a"));
}

#[test]
fn an_answer_about_the_inner_one_may_come_first() {
    let mut tree = tree();
    tree.created(place(4, 3, 3, "inner"));
    assert_eq!(tree.decide(4, container("inner")).changed, [4]);
    assert_eq!(tree.decide(3, container("outer")).changed, [3, 4]);
    assert_eq!((owner_of(&tree, 4), tree.cgroup(4).tracking_id), (Some("outer"), Some(3)));
}

#[test]
fn that_it_is_no_containers_waits_for_those_above() {
    let nobody = || Arc::new(Owner::HOST);
    let mut tree = tree();
    tree.created(place(4, 3, 3, "inner"));
    tree.created(place(5, 4, 4, "another"));
    tree.created(place(6, 5, 5, "of-a-container"));
    assert_eq!(tree.decide(5, nobody()), Decided::default());
    assert_eq!(tree.cgroup(5).owner, None);
    assert_eq!(tree.undecided_above(5).collect::<Vec<u64>>(), [4, 3, 2, 1]);
    assert!(tree.get(4).is_some_and(Node::is_open) && !tree.get(5).is_some_and(Node::is_open));
    tree.decide(6, container("positive"));
    let mut other = tree.clone();

    // One above is a container's.
    assert_eq!(tree.decide(3, container("outer")).changed, [3, 4, 5, 6]);
    assert_eq!((owner_of(&tree, 5), owner_of(&tree, 6)), (Some("outer"), Some("outer")));

    // None is: the answers count when the last of them says so, in whatever order that is.
    assert_eq!(other.decide(4, nobody()), Decided::default());
    assert_eq!(other.decide(3, nobody()), Decided::default());
    assert_eq!(other.decide(1, nobody()).changed, [1]);
    assert_eq!(other.decide(2, nobody()).changed, [2, 3, 4, 5]);
    assert_eq!(other.cgroup(5).owner, Some(&Owner::HOST));
    assert_eq!(owner_of(&other, 6), Some("positive"));
    assert_eq!(other.undecided_above(6).next(), None);
}

#[test]
fn a_guess_that_was_wrong_is_taken_back_below_too() {
    let mut tree = tree();
    tree.decide(3, container("guess"));
    tree.created(place(4, 3, 3, "below"));
    tree.created(place(5, 4, 4, "real"));
    // Asked for before the guess, answered after it: not believed inside a container.
    assert_eq!(tree.decide(5, container("real")), Decided::default());
    let decided = tree.decide(3, Arc::new(Owner::HOST));
    assert_eq!((decided.changed, decided.undecided), (vec![3], vec![4, 5]));
    assert_eq!(tree.cgroup(4).owner, None);
    assert_eq!((owner_of(&tree, 4), tree.cgroup(4).tracking_id), (None, None));
    tree.decide(4, Arc::new(Owner::HOST));
    assert_eq!(tree.decide(5, container("real")).changed, [5]);
    assert_eq!((owner_of(&tree, 5), tree.cgroup(5).tracking_id), (Some("real"), Some(5)));
}

#[test]
fn what_happens_goes_before_what_was_read() {
    let mut tree = tree();
    tree.populated(3, true);
    tree.removed(3, 10);
    // The walk had seen it before it was removed.
    assert_eq!(tree.found(place(3, 2, 2, "c"), true), Next::Known);
    assert_eq!(tree.get(3).map(|node| node.state), Some(CgroupState::Removed));
    assert_eq!(tree.len(), 2);
}

#[test]
fn states_follow_each_other() {
    let mut tree = tree();
    let state = |tree: &Tree| tree.get(3).map(|node| node.state);
    assert_eq!(state(&tree), Some(CgroupState::New));
    tree.populated(3, true);
    assert_eq!(state(&tree), Some(CgroupState::Running));
    tree.populated(3, false);
    assert_eq!(state(&tree), Some(CgroupState::Emptied));
    tree.removed(3, 10);
    tree.populated(3, true);
    assert_eq!(state(&tree), Some(CgroupState::Removed));
}

#[test]
fn gone_ones_stay_known_for_a_while() {
    let mut tree = tree();
    tree.decide(3, container("a"));
    tree.removed(3, 1000);
    assert_eq!(owner_of(&tree, 3), Some("a"));
    assert!(tree.expire(1000 + REMOVED_NS - 1).is_empty());
    assert!(tree.get(3).is_some());
    assert_eq!(tree.expire(1000 + REMOVED_NS), [3]);
    assert!(tree.get(3).is_none());
}

/// A short container inside another is gone before the outer one is known: its events wait for that all the same.
#[test]
fn what_is_gone_belongs_to_the_container_that_it_was_in() {
    let nobody = || Arc::new(Owner::HOST);
    let mut tree = tree();
    tree.created(place(4, 3, 3, "answered"));
    tree.created(place(5, 4, 4, "asked"));
    assert_eq!(tree.decide(4, nobody()), Decided::default());
    tree.removed(5, 10);
    tree.removed(4, 10);
    assert_eq!(tree.decide(3, container("outer")).changed, [3, 4, 5]);
    assert_eq!(tree.decide(5, nobody()), Decided::default());
    for id in [4, 5] {
        assert_eq!((owner_of(&tree, id), tree.cgroup(id).tracking_id), (Some("outer"), Some(3)), "{id}");
    }
}

#[test]
fn a_loop_of_short_cgroups_does_not_grow() {
    let mut tree = tree();
    for id in 10..10 + 3 * REMOVED_MAX as u64 {
        tree.created(place(id, 2, 2, "short"));
        tree.removed(id, 5);
    }
    assert_eq!(tree.len(), 3);
    assert!(tree.iter().count() <= 3 + REMOVED_MAX);
    assert!(tree.get(2).is_some_and(|node| node.children.len() == 1 + REMOVED_MAX));
    tree.expire(5 + REMOVED_NS);
    assert!(tree.get(2).is_some_and(|node| node.children == [3]));
}

#[test]
fn a_new_name_is_the_name_of_all_below() {
    let mut tree = tree();
    tree.created(place(4, 3, 3, "x"));
    tree.renamed(3, b"d");
    assert_eq!(tree.cgroup(4).path, Some(&b"/kubepods/d/x"[..]));
}

#[test]
fn paths_are_bounded_at_any_depth() {
    let mut tree = tree();
    let name = "n".repeat(200);
    for level in 3..100 {
        let id = u64::from(level) + 100;
        let parent = if level == 3 { 3 } else { id - 1 };
        tree.created(place(id, parent, level, &name));
    }
    assert!(tree.paths_cut() > 0);
    assert!(tree.iter().all(|node| node.path.len() <= PATH_MAX));
    tree.decide(3, container("deep"));
    assert_eq!(owner_of(&tree, 199), Some("deep"));
}

#[test]
fn only_roots_directories_are_by_root() {
    let mut tree = tree();
    tree.created(Place { by_root: false, ..place(4, 2, 2, "users") });
    tree.created(place(5, 4, 3, "below"));
    assert!(tree.get(3).is_some_and(|node| node.by_root));
    assert!(tree.get(5).is_some_and(|node| !node.by_root));
}
