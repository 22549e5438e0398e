use super::*;

fn strings(typed: &[&str]) -> Vec<String> {
    typed.iter().map(|one| (*one).to_owned()).collect()
}

/// `id name image pod namespace`, `-` for what is unknown, then labels `a=b`.
fn container(text: &str) -> Container {
    let fields: Vec<&str> = text.split(' ').collect();
    let known =
        |index: usize| fields.get(index).filter(|field| **field != "-").map(|field| Box::from(*field));
    Container {
        id: fields[0].into(),
        name: known(1),
        image: known(2),
        pod: known(3),
        namespace: known(4),
        labels: fields[5.min(fields.len())..]
            .iter()
            .map(|label| label.split_once('=').unwrap())
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
        ..Container::default()
    }
}

fn selector(flag: char, typed: &[&str]) -> Result<Selector, Error> {
    let typed = strings(typed);
    Selector::parse(&match flag {
        'n' => Asked { namespaces: &typed, ..Asked::default() },
        'p' => Asked { pods: &typed, ..Asked::default() },
        'c' => Asked { containers: &typed, ..Asked::default() },
        'i' => Asked { images: &typed, ..Asked::default() },
        'l' => Asked { labels: &typed, ..Asked::default() },
        'f' => Asked { fields: &typed, ..Asked::default() },
        other => panic!("no flag {other}"),
    })
}

fn check(flag: char, typed: &[&str], text: &str, expected: bool) {
    let selected = selector(flag, typed).unwrap_or_else(|err| panic!("{err}")).matches(&container(text));
    assert_eq!(selected, expected, "-{flag} {typed:?} on {text}");
}

const WEB: &str = "0123abcd web docker.io/library/nginx:1.25 web-7c9 prod app=web tier=front empty=";

#[test]
fn nothing_asked_selects_everything() {
    let selector = Selector::parse(&Asked::default()).unwrap();
    assert!(selector.is_empty() && selector.matches(&container("x -")));
}

#[test]
fn containers_go_by_name_and_by_the_beginning_of_the_id() {
    for (typed, expected) in [
        ("web", true),
        ("/web", true),
        ("we", false),
        ("0123", true),
        ("0123ABCD", true),
        ("012", false),
        ("0123abcde", false),
        ("123a", false),
    ] {
        check('c', &[typed], WEB, expected);
    }
    check('c', &["other", "web"], WEB, true);
    check('c', &["redis-1"], "redis-1 -", true);
    check('c', &["beef"], "0000 beef", true);
    check('c', &["web"], "0123abcd -", false);
    for bad in ["", "a b", "a,b", "/", "a/b"] {
        assert!(selector('c', &[bad]).is_err(), "{bad}");
    }
}

#[test]
fn pods_and_namespaces_are_patterns() {
    for (typed, expected) in [
        ("web-7c9", true),
        ("web", false),
        ("web-*", true),
        ("*", true),
        ("*-7*9", true),
        ("*x*", false),
        ("w*b-7c9*", true),
    ] {
        check('p', &[typed], WEB, expected);
    }
    check('n', &["test", "prod"], WEB, true);
    check('n', &["pro"], WEB, false);
    check('n', &["*"], "1 a b - -", false);
    check('p', &["a*a"], "1 a b a n", false);
    check('p', &["a*a"], "1 a b aa n", true);
    for bad in ["", "a,b", "prod/web", "a b"] {
        let err = selector('p', &[bad]).unwrap_err();
        assert!(err.to_string().starts_with(&format!("--pod `{bad}`: ")), "{err}");
    }
}

#[test]
fn images_are_compared_as_far_as_they_are_given() {
    let digest = "sha256:aaaa";
    for (typed, image, expected) in [
        ("nginx", "docker.io/library/nginx:1.25", true),
        ("nginx", "nginx", true),
        ("nginx", "registry.local:5000/nginx@sha256:aaaa", true),
        ("nginx", "mirror.local/library/nginx:1", true),
        ("nginx", "quay.io/bitnami/nginx:1", false),
        ("nginx", "docker.io/library/nginx-unit:1", false),
        ("nginx:1.25", "docker.io/library/nginx:1.25", true),
        ("nginx:1.25", "nginx:1.26", false),
        ("nginx:latest", "nginx", true),
        ("nginx:latest", "nginx@sha256:aaaa", false),
        ("bitnami/nginx", "quay.io/bitnami/nginx:1", true),
        ("bitnami/nginx", "nginx", false),
        ("docker.io/nginx", "nginx:1", true),
        ("index.docker.io/library/nginx", "docker.io/nginx", true),
        ("docker.io/nginx", "quay.io/library/nginx", false),
        ("localhost/box", "localhost/box:latest", true),
        ("nginx@sha256:aaaa", "docker.io/library/nginx:1@sha256:aaaa", true),
        ("nginx@sha256:aaaa", "nginx:1@sha256:bbbb", false),
        ("sha256:aaaa", digest, true),
        ("sha256:aa", digest, false),
        ("*nginx*", "quay.io/bitnami/nginx:1", true),
        ("quay.io/*", "quay.io/bitnami/nginx:1", true),
        ("quay.io/*", "docker.io/x", false),
    ] {
        check('i', &[typed], &format!("1 web {image}"), expected);
    }
    check('i', &["*"], "1 web", false);
    for bad in ["", "a b", "https://quay.io/x", ":1", "@sha256:a"] {
        assert!(selector('i', &[bad]).is_err(), "{bad}");
    }
}

#[test]
fn labels_are_selected_as_kubectl_does() {
    for (typed, expected) in [
        ("app=web", true),
        ("app==web", true),
        (" app = web , tier = front ", true),
        ("app=web,tier=back", false),
        ("app!=web", false),
        ("app!=db", true),
        ("none!=db", true),
        ("app in (db, web)", true),
        ("app in (db)", false),
        ("none in (db)", false),
        ("app notin (db)", true),
        ("app notin (db,web)", false),
        ("none notin (db)", true),
        ("app", true),
        ("none", false),
        ("!none", true),
        ("! app", false),
        ("app,!none,tier in (front)", true),
        ("empty=", true),
        ("app=", false),
        ("empty=,app=web", true),
        ("empty in ()", true),
        ("app in (,web)", true),
        ("in=x", false),
        ("in", false),
        ("app.kubernetes.io/name=x", false),
        ("app in(web)", true),
    ] {
        check('l', &[typed], WEB, expected);
    }
    check('l', &["app=web", "tier=back"], WEB, false);
    // What nobody has described may have any label.
    check('l', &["!app"], "0123 - - - -", false);
    check('l', &["!app"], "0123 box - - -", true);
}

#[test]
fn errors_name_the_place_and_the_way_out() {
    for (typed, position, why) in [
        ("", 1, "found the end, expected a label's name"),
        ("a=b,", 5, "found the end, expected a label's name"),
        ("a=b,,c", 5, "found `,`, expected a label's name"),
        ("a b", 3, "found `b`, expected `=`"),
        ("a=b c", 5, "found `c`, expected `,` or the end"),
        ("a in x", 6, "found `x`, expected `(`"),
        ("a in (x", 8, "found the end, expected `,` or `)`"),
        ("a in (x y)", 9, "found `y`, expected `,` or `)`"),
        ("a=(", 3, "found `(`, expected a value"),
        ("a=\u{fc}x", 3, "expected a value: letters"),
        ("ab=-x", 4, "found `-x`, expected a value"),
        ("\u{fc}=x", 1, "expected a label's name: letters"),
        ("a==\u{fc},b", 4, "expected a value"),
        ("A/b=c", 1, "expected a label's name"),
        ("!!a", 2, "found `!`, expected a label's name"),
        ("a=b)", 4, "found `)`, expected `,`"),
        ("a)", 2, "found `)`, expected `=`"),
    ] {
        let err = selector('l', &[typed]).unwrap_err().to_string();
        let start = format!("--selector `{typed}`: at character {position}: ");
        assert!(err.starts_with(&start) && err.contains(why), "{err}\n{start}{why}");
    }
    let long = "a".repeat(64);
    assert!(selector('l', &[&long]).is_err());
    assert!(selector('l', &[&format!("a={long}")]).is_err());
}

#[test]
fn fields_are_those_a_node_knows() {
    for (typed, expected) in [
        ("metadata.name=web-7c9", true),
        ("metadata.name==web-7c9,metadata.namespace=prod", true),
        ("metadata.namespace!=prod", false),
        ("metadata.namespace != test", true),
        ("metadata.uid=1", false),
    ] {
        check('f', &[typed], WEB, expected);
    }
    check('f', &["metadata.namespace!=test"], "1 box - - -", false);
    for (typed, position, why) in [
        ("status.phase=Running", 1, "metadata.name, metadata.namespace or metadata.uid"),
        ("metadata.name=a, spec.nodeName=b", 18, "`spec.nodeName` is not known on a node"),
        ("metadata.name", 1, "expected FIELD=VALUE"),
        ("metadata.name=", 1, "expected a value"),
        ("metadata.name!a", 1, "expected `=`"),
        ("metadata.name=a=b", 1, "no value"),
        ("", 1, "expected FIELD"),
    ] {
        let err = selector('f', &[typed]).unwrap_err().to_string();
        assert!(err.contains(&format!("at character {position}: ")) && err.contains(why), "{err}");
    }
}

#[test]
fn different_kinds_must_all_hold() {
    let (namespaces, images) = (strings(&["prod"]), strings(&["nginx"]));
    let asked = Asked { namespaces: &namespaces, images: &images, ..Asked::default() };
    let selector = Selector::parse(&asked).unwrap();
    assert!(selector.matches(&container(WEB)));
    assert!(!selector.matches(&container("1 web nginx web-1 test")));
    assert!(!selector.matches(&container("1 web redis web-1 prod")));
}
