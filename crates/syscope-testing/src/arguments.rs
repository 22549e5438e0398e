//! Finding one's way in the text of arguments: quotes, brackets and comments.

/// Splits `text` at its top-level commas and trims the parts; nothing for empty text.
pub fn split_arguments(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut position = 0;
    let mut depth = 0usize;
    let bytes = text.as_bytes();
    while position < bytes.len() {
        match bytes[position] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text[start..position].trim().to_owned());
                start = position + 1;
            }
            _ => {}
        }
        position = skip_one(text, position);
    }
    let last = text[start..].trim();
    if !(parts.is_empty() && last.is_empty()) {
        parts.push(last.to_owned());
    }
    parts
}

/// The position of the parenthesis that closes the one opened just before `text`.
pub fn find_closing(text: &str) -> Option<usize> {
    let end = value_end(text, 0);
    (text.as_bytes().get(end) == Some(&b')')).then_some(end)
}

/// The end of the value that starts at `start`: the first closing bracket that was not opened inside.
pub fn value_end(text: &str, start: usize) -> usize {
    scan_until(text, start, false)
}

/// The end of the field value that starts at `start`: a comma or closing bracket on its own level.
pub fn field_end(text: &str, start: usize) -> usize {
    scan_until(text, start, true)
}

fn scan_until(text: &str, start: usize, comma_ends: bool) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut position = start;
    while position < bytes.len() {
        match bytes[position] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return position,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 && comma_ends => return position,
            _ => {}
        }
        position = skip_one(text, position);
    }
    bytes.len()
}

/// The position after the character, whole string or whole comment at `position`.
pub fn skip_one(text: &str, position: usize) -> usize {
    let bytes = text.as_bytes();
    match bytes[position] {
        b'"' => string_end(text, position),
        b'/' if bytes.get(position + 1) == Some(&b'*') => {
            text[position..].find("*/").map_or(bytes.len(), |length| position + length + 2)
        }
        _ => position + text[position..].chars().next().map_or(1, char::len_utf8),
    }
}

/// The position after the string whose opening quote is at `start`.
pub fn string_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut position = start + 1;
    while position < bytes.len() {
        match bytes[position] {
            b'\\' => position += 2,
            b'"' => return position + 1,
            _ => position += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(split_arguments(text), expected, "{text}");
    }

    #[test]
    fn splits_at_top_level_commas() {
        check("", &[]);
        check(
            "AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_CLOEXEC",
            &["AT_FDCWD", "\"/etc/hosts\"", "O_RDONLY|O_CLOEXEC"],
        );
        check("3, {a=[1, 2], b=f(3, 4)}, 5", &["3", "{a=[1, 2], b=f(3, 4)}", "5"]);
        check("3, ", &["3", ""]);
    }

    #[test]
    fn quotes_and_comments_hide_what_is_in_them() {
        check(r#""a, \"b, (", 1"#, &[r#""a, \"b, (""#, "1"]);
        check("0x1 /* 3 vars, ( */, 2", &["0x1 /* 3 vars, ( */", "2"]);
        check(r#""\\", 2"#, &[r#""\\""#, "2"]);
        check("\"é, ü\", 2", &["\"é, ü\"", "2"]);
    }

    #[test]
    fn finds_the_closing_parenthesis() {
        assert_eq!(find_closing(r#"1, ")", f(2)) = 3"#), Some(12));
        assert_eq!(find_closing("1, 2"), None);
    }
}
