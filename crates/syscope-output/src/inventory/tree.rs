//! The order and the lines of a tree.

/// The levels whose lines are drawn. Beyond it a number says how many are left out, because a chain of 30,000
/// processes would have 30,000 lines of 90,000 bytes.
const LEVELS_DRAWN: usize = 40;

/// Where an element stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    /// Which element.
    pub(super) index: usize,
    /// The lines before its name.
    pub(super) lines: String,
}

/// Puts elements into the order of their tree; `parents` has the index of each one's parent. Siblings stay in
/// the order they have. What has no parent, or has itself among its ancestors (a list that was read while
/// ids were used again), begins a tree.
pub(super) fn order(parents: &[Option<usize>]) -> Vec<Branch> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    for (index, parent) in parents.iter().enumerate() {
        if let Some(children) = parent.and_then(|parent| children.get_mut(parent)) {
            children.push(index);
        }
    }
    let mut walk = Walk { children, seen: vec![false; parents.len()], branches: Vec::new() };
    let begins = |parent: &Option<usize>| parent.is_none_or(|parent| parent >= parents.len());
    for (index, _) in parents.iter().enumerate().filter(|(_, parent)| begins(parent)) {
        walk.tree(index);
    }
    // Of each circle the first.
    for index in 0..parents.len() {
        if !walk.seen[index] {
            walk.tree(index);
        }
    }
    walk.branches
}

struct Walk {
    children: Vec<Vec<usize>>,
    seen: Vec<bool>,
    branches: Vec<Branch>,
}

impl Walk {
    fn tree(&mut self, root: usize) {
        // Each with its depth and whether it is its parent's last child.
        let mut waiting = vec![(root, 0, true)];
        // For the line of ancestors below the root, whether each was the last child.
        let mut last: Vec<bool> = Vec::new();
        while let Some((index, depth, is_last)) = waiting.pop() {
            if std::mem::replace(&mut self.seen[index], true) {
                continue;
            }
            last.truncate(depth);
            self.branches.push(Branch { index, lines: lines(last.get(1..).unwrap_or(&[]), depth, is_last) });
            last.push(is_last);
            let children = &self.children[index];
            for (at, &child) in children.iter().enumerate().rev() {
                waiting.push((child, depth + 1, at + 1 == children.len()));
            }
        }
    }
}

/// The lines before an element: one column for each ancestor below the root, then its own corner.
fn lines(ancestors: &[bool], depth: usize, is_last: bool) -> String {
    let mut text = String::new();
    if depth == 0 {
        return text;
    }
    let left_out = ancestors.len().saturating_sub(LEVELS_DRAWN);
    if left_out > 0 {
        text.push_str(&format!("[+{left_out}] "));
    }
    for was_last in &ancestors[left_out..] {
        text.push_str(if *was_last { "   " } else { "│  " });
    }
    text.push_str(if is_last { "└─ " } else { "├─ " });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parents: &[Option<usize>], expected: &[&str]) {
        let drawn: Vec<String> =
            order(parents).iter().map(|branch| format!("{}{}", branch.lines, branch.index)).collect();
        assert_eq!(drawn, expected);
    }

    #[test]
    fn lines_join_siblings() {
        check(&[], &[]);
        check(
            &[None, Some(0), Some(1), Some(1), Some(0), Some(4), None, Some(6)],
            &["0", "├─ 1", "│  ├─ 2", "│  └─ 3", "└─ 4", "   └─ 5", "6", "└─ 7"],
        );
        // Parents may come after their children, and a parent that is not there is none.
        check(&[Some(1), None, Some(9)], &["1", "└─ 0", "2"]);
    }

    #[test]
    fn a_circle_has_a_beginning() {
        check(&[Some(1), Some(0), None], &["2", "0", "└─ 1"]);
        check(&[Some(0)], &["0"]);
    }

    #[test]
    fn a_long_chain_stays_small() {
        let parents: Vec<Option<usize>> = (0..30_000_usize).map(|n| n.checked_sub(1)).collect();
        let branches = order(&parents);
        assert_eq!(branches.len(), 30_000);
        assert!(branches[29_999].lines.starts_with("[+29958] ") && branches[29_999].lines.len() < 200);
    }
}
