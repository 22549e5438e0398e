use super::*;

fn redactor(patterns: &[&str]) -> Redactor {
    let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Redactor::new(&patterns).unwrap()
}

/// Arguments are separated by `|` on both sides.
fn check(patterns: &[&str], arguments: &str, expected: &str) {
    for closed in ["\0", ""] {
        let area = arguments.replace('|', "\0") + closed;
        let (shown, places) = redactor(patterns).arguments(area.as_bytes());
        assert_eq!(String::from_utf8_lossy(&shown), expected.replace('|', "\0") + closed);
        assert_eq!(places as usize, expected.matches("[REDACTED]").count());
    }
}

fn check_env(patterns: &[&str], variables: &str, expected: &str) {
    let area = variables.replace('|', "\0") + "\0";
    let (shown, _) = redactor(patterns).environment(area.as_bytes());
    assert_eq!(String::from_utf8_lossy(&shown), expected.replace('|', "\0") + "\0");
}

#[test]
fn without_patterns_nothing_is_copied() {
    assert!(matches!(Redactor::default().arguments(b"a\0"), (Cow::Borrowed(b"a\0"), 0)));
    assert!(matches!(redactor(&["x"]).arguments(b"a\0"), (Cow::Borrowed(b"a\0"), 0)));
}

#[test]
fn matches_are_replaced() {
    check(&["secret"], "a|my secret|b", "a|my [REDACTED]|b");
    check(&["secret"], "secretsecret|secret", "[REDACTED]|[REDACTED]");
    check(&["secret", "cretin", "x"], "secretin|x", "[REDACTED]|[REDACTED]");
    check(&["a", "b"], "a|c|b", "[REDACTED]|c|[REDACTED]");
    check(&["^b$"], "a|b|bb", "a|[REDACTED]|bb");
    check(&["(?i)PASS"], "myPaSs", "my[REDACTED]");
    check(&["x*"], "|a||b|", "|a||b|");
    check(&[".*"], "a||b\nc", "[REDACTED]||[REDACTED]");
}

#[test]
fn groups_are_what_is_secret() {
    check(&[r"--token=(\S+)"], "a|--token=x|b", "a|--token=[REDACTED]|b");
    check(&["user=(.*?):(.*)"], "user=me:pw", "user=[REDACTED]:[REDACTED]");
    check(&["(?:a(x)|b(y)|c)"], "axbyc", "a[REDACTED]b[REDACTED]");
    check(&["p=(.*)"], "p=", "p=");
    check(&["p=(.*)"], "p=a\nb", "p=[REDACTED]");
}

#[test]
fn the_argument_after() {
    let pattern = &[r"--password[= ](\S+)"][..];
    check(pattern, "x|--password|hunter2|y", "x|--password|[REDACTED]|y");
    check(pattern, "x|--password|two words|y", "x|--password|[REDACTED]|y");
    check(pattern, "x|--password=one y", "x|--password=[REDACTED] y");
    check(pattern, "x|--password y z", "x|--password [REDACTED] z");
    check(pattern, "x|--password", "x|--password");
    check(pattern, "x|--password||y", "x|--password||y");
    check(&[r"--password \S+"], "x|--password|two words|y", "x|[REDACTED]|[REDACTED]|y");
    check(&["a b c"], "x a|b|c y|z", "x [REDACTED]|[REDACTED]|[REDACTED]|z");
}

#[test]
fn bytes_that_are_not_utf8_do_not_end_a_secret() {
    let redactor = redactor(&[r"p=(\S+)", "ü"]);
    assert_eq!(redactor.arguments(b"p=a\xffb c\0").0, &b"p=[REDACTED] c\0"[..]);
    assert_eq!(redactor.arguments("grün\0".as_bytes()).0, &b"gr[REDACTED]n\0"[..]);
}

#[test]
fn values_of_variables() {
    check_env(&["secret"], "A=secret|secret=1|B=x", "A=[REDACTED]|secret=1|B=x");
    check_env(&["^hunter2$"], "A=hunter2|B=hunter22", "A=[REDACTED]|B=hunter22");
    check_env(&["TOKEN=.*"], "MY_TOKEN=x=y|T=1", "MY_TOKEN=[REDACTED]|T=1");
    check_env(&["^TOKEN=(..)"], "TOKEN=xyz", "TOKEN=[REDACTED]z");
    check_env(&["x"], "x", "[REDACTED]");
}

#[test]
fn patterns_that_say_nothing_are_refused() {
    let refused = |pattern: &str| Redactor::new(&[pattern.to_owned()]).unwrap_err();
    assert_eq!(refused("").to_string(), "a pattern to redact is empty");
    let error = refused("a(");
    assert_eq!(error.to_string(), "pattern to redact \"a(\"");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("unclosed group"), "{source}");
}

/// Every match looks at all that follows it: without a bound, hours.
#[test]
fn hostile_lists_take_bounded_time() {
    let redactor = redactor(&["a.*b|a", "(a).*b|(a)"]);
    for separator in [&b"aaaaaaaaaaaaaaa"[..], b"aaaaaaaaaaaaaa\0"] {
        let area = separator.repeat(140_000);
        let start = std::time::Instant::now();
        let (shown, _) = redactor.arguments(&area);
        assert!(!shown.contains(&b'a'));
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }
}
