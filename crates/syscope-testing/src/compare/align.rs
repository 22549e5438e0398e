//! Pairs what two sequences have in common, so that one missing call does not spoil the rest.

/// Above this number of cells the table of the longest common subsequence is not built.
const MAX_CELLS: usize = 50_000_000;

/// Index pairs of a longest common subsequence, in order.
///
/// For sequences too long and too different for the table, only what is the same from both ends.
pub fn align<T>(left: &[T], right: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let prefix = left.iter().zip(right).take_while(|(a, b)| same(a, b)).count();
    let (left_rest, right_rest) = (&left[prefix..], &right[prefix..]);
    let suffix = left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let middle_left = &left_rest[..left_rest.len() - suffix];
    let middle_right = &right_rest[..right_rest.len() - suffix];
    let mut pairs: Vec<(usize, usize)> = (0..prefix).map(|index| (index, index)).collect();
    if middle_left.len() * middle_right.len() <= MAX_CELLS {
        let middle = longest_common(middle_left, middle_right, same);
        pairs.extend(middle.into_iter().map(|(a, b)| (a + prefix, b + prefix)));
    }
    pairs.extend((0..suffix).map(|index| (left.len() - suffix + index, right.len() - suffix + index)));
    pairs
}

fn longest_common<T>(left: &[T], right: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    // lengths[i * width + j]: the longest common subsequence of left[i..] and right[j..].
    let width = right.len() + 1;
    let mut lengths = vec![0u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i * width + j] = if same(&left[i], &right[j]) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < left.len() && j < right.len() {
        if same(&left[i], &right[j]) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::align;

    fn check(left: &str, right: &str, expected: &str) {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let pairs = align(&left, &right, |a, b| a == b);
        assert!(pairs.iter().all(|(a, b)| left[*a] == right[*b]));
        assert!(pairs.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
        assert_eq!(pairs.iter().map(|(a, _)| left[*a]).collect::<String>(), expected);
    }

    #[test]
    fn pairs_what_is_common() {
        check("", "", "");
        check("abc", "abc", "abc");
        check("abc", "", "");
        check("abcdef", "abxdef", "abdef");
        check("abcdef", "acf", "acf");
        check("xaby", "abzy", "aby");
    }
}
