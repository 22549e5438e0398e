use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use syscope_api::Syscalls;
use syscope_api::syscalls::Histogram;

use super::*;
use crate::top::model::tests::counts;
use crate::top::state::Action;

const LOOK: Look = Look { color: false, interval: Duration::from_secs(2) };

fn lines(model: &Model, state: &State, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model, state, LOOK)).unwrap();
    let buffer = terminal.backend().buffer();
    let line =
        |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect()
}

fn model(rows: &[(&str, &str, &str, u64)]) -> Model {
    let mut model = Model::new(vec!["n1:9095".into()]);
    model.read(0, &counts(0, &[]));
    model.read(0, &Syscalls { node: Some("n1".into()), ..counts(1, rows) });
    model
}

#[test]
fn a_frame_of_80_columns() {
    let model = model(&[
        ("prod/web-0/nginx", "read", "OK", 990),
        ("prod/web-0/nginx", "read", "EIO", 10),
        ("ssh.service", "read", "OK", 4),
    ]);
    let lines = lines(&model, &State::default(), 80, 24);
    let expected = [
        "syscope top  n1  1004 calls/s  10 errors/s (1.0%)  2 rows               every 2s",
        "all",
        "NAME                                  CALLS/S v    ERRORS/S    ERR%  LAST MINUTE",
        "prod/web-0/nginx                           1000          10     1.0           █",
        "ssh.service                                 4.0           0     0.0           █",
    ];
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(words(line), words(expected));
    }
    let end = |at: usize, text: &str| lines[at].find(text).map(|at| at + text.len());
    assert_eq!(end(2, "ERR%"), end(3, "1.0"));
    assert!(lines[23].starts_with("Enter inside") && lines[23].ends_with("q quit"));
}

#[test]
fn every_size_can_be_drawn() {
    let names: Vec<String> =
        (0..500).map(|n| format!("prod/a-pod-with-a-long-name-{n}/container-{n}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (&**name, "read", "OK", 7)).collect();
    let model = model(&rows);
    let mut state = State::default();
    for size in [(200, 60), (80, 24), (40, 10), (10, 5), (1, 1), (300, 3)] {
        state.help = !state.help;
        let drawn = lines(&model, &state, size.0, size.1);
        assert_eq!(drawn.len(), usize::from(size.1));
    }
    state.help = false;
    let wide = lines(&model, &state, 200, 60);
    assert_eq!(wide.iter().filter(|line| line.starts_with("prod/")).count(), 56);
    // The chosen row is in sight.
    state.act(&model, Action::Last);
    let last = state.rows(&model).pop().unwrap().name;
    assert!(lines(&model, &state, 120, 24).iter().any(|line| line.starts_with(&last)));
}

#[test]
fn no_title_is_cut_in_80_columns() {
    let mut model = Model::new(vec!["n1".into(), "n2".into()]);
    for second in 0..2 {
        model.read(
            0,
            &Syscalls { latency: true, ..counts(second, &[("prod/web/nginx", "read", "OK", second)]) },
        );
    }
    let mut state = State::default();
    for _ in 0..8 {
        let drawn = lines(&model, &state, 80, 24);
        for title in ["NAME", "NODE", "CALLS/S", "ERRORS/S", "ERR%", "P50", "P99"] {
            assert!(drawn[2].split_whitespace().any(|word| word == title), "{title}: {:?}", drawn[2]);
        }
        assert!(drawn[2].contains(" v") && drawn[3].contains("prod/web/nginx"));
        state.act(&model, Action::Sort(1));
    }
}

/// Half a number would be another.
#[test]
fn a_narrow_terminal_has_fewer_columns_and_none_that_is_cut() {
    let mut model = Model::new(vec!["n1".into(), "n2".into()]);
    for second in 0..2 {
        let counts = counts(second, &[("prod/web/nginx", "read", "EIO", second * 123_456)]);
        model.read(0, &Syscalls { latency: true, node: Some("n1".into()), ..counts });
    }
    for column in Column::ALL {
        let state = State { column, ..State::default() };
        for width in 22..130 {
            let drawn = lines(&model, &state, width, 10);
            let words: Vec<&str> = drawn[2].split_whitespace().filter(|word| *word != "v").collect();
            let known = Column::ALL.map(title).into_iter().chain(["LAST", "MINUTE"]).collect::<Vec<_>>();
            assert!(words.iter().all(|word| known.contains(word)), "{width}: {words:?}");
            assert!(words[0] == "NAME" && words.contains(&title(column)), "{width}: {words:?}");
            let numbers: Vec<&str> = drawn[3].split_whitespace().skip(1).collect();
            let whole = |number: &&str| ["n1", "123456", "100.0", "-", "█"].contains(number);
            assert!(numbers.iter().all(whole), "{width}: {numbers:?}");
            assert!(["syscope top", "every"].iter().any(|part| drawn[0].contains(part)), "{width}");
        }
    }
}

#[test]
fn levels_filters_and_troubles_are_shown() {
    let mut model = Model::new(vec!["n1:1".into(), "n2:1".into()]);
    model.fail(1, "connect: Connection refused".into());
    for second in 0..2 {
        let counts = counts(second, &[("prod/web/nginx", "openat", "ENOENT", second * 3)]);
        let histograms =
            vec![Histogram { owner: 0, syscall: 0, buckets: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, second] }];
        model.read(0, &Syscalls { latency: true, histograms, ..counts });
    }
    let mut state = State::default();
    let drawn = lines(&model, &state, 100, 10);
    assert!(drawn[0].contains("2 nodes") && drawn[2].contains("NODE") && drawn[2].contains("P99"));
    assert!(drawn[3].contains("3.1us"), "{drawn:?}");
    assert_eq!(drawn[8], "n2:1: connect: Connection refused");
    for _ in 0..2 {
        state.act(&model, Action::Enter);
    }
    let drawn = lines(&model, &state, 100, 10);
    assert_eq!(drawn[1], "all > prod/web/nginx > openat");
    assert!(drawn[3].starts_with("ENOENT") && !drawn[2].contains("P99"));
    state.act(&model, Action::Filter);
    state.act(&model, Action::Type('x'));
    let drawn = lines(&model, &state, 100, 10);
    assert_eq!((drawn[1].as_str(), drawn[3].as_str()), ("all > prod/web/nginx > openat   filter: x_", ""));
    assert!(drawn[9].starts_with("type a part"));
}

#[test]
fn names_do_not_speak_to_the_terminal() {
    let evil = "a\x1b[2J\u{9b}1m\u{202e}\nb";
    let mut model = model(&[(evil, evil, evil, 7)]);
    let mut state = State::default();
    for _ in 0..3 {
        model.fail(0, evil.into());
        let drawn = lines(&model, &state, 120, 12).concat();
        assert!(!drawn.chars().any(|c| c.is_control() || c == '\u{202e}'), "{drawn:?}");
        assert!(drawn.contains("\\33[2J"));
        state.act(&model, Action::Enter);
    }
    let mut out = Vec::new();
    crate::top::print::push_table(&mut out, &model, None);
    crate::top::print::push_json(&mut out, &model);
    assert!(!String::from_utf8(out).unwrap().chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn numbers_are_short() {
    assert_eq!(
        [0.0, 0.05, 9.9, 10.4, 123_456.0, 12_345_678.0].map(rate),
        ["0", "0.1", "9.9", "10", "123456", "12.3M"]
    );
    assert_eq!(
        [0, 999, 1500, 15_000, 2_500_000, 61_000_000_000].map(duration),
        ["0ns", "999ns", "1.5us", "15us", "2.5ms", "61s"]
    );
    assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0], 6), "   ▁▄█");
    assert_eq!(sparkline(&[1.0, 2.0, 3.0, 4.0, 5.0], 3), "▂▅█");
    assert_eq!(sparkline(&[], 3), "   ");
    assert_eq!(sparkline(&[0.0, 0.0], 3), "   ");
}
