use syscope_api::syscalls::{Call, Histogram};

use super::*;
use crate::top::state::{Action, Column, State};

/// A caller by `namespace/pod/container`, or a unit.
fn caller(name: &str) -> Caller {
    match name.split('/').collect::<Vec<_>>()[..] {
        [namespace, pod, container] => Caller {
            namespace: namespace.into(),
            pod: pod.into(),
            container: container.into(),
            ..Caller::default()
        },
        _ => Caller { unit: name.into(), ..Caller::default() },
    }
}

/// Counts at a second: `(caller, call, end, calls)`.
pub fn counts(second: u64, rows: &[(&str, &str, &str, u64)]) -> Syscalls {
    let mut counts = Syscalls { ts: 1_795_228_000_000 + second * 1000, ..Syscalls::default() };
    fn at<T: PartialEq>(table: &mut Vec<T>, value: T) -> u64 {
        let found = table.iter().position(|other| *other == value);
        found.unwrap_or_else(|| {
            table.push(value);
            table.len() - 1
        }) as u64
    }
    for (owner, call, end, calls) in rows {
        let owner = at(&mut counts.owners, caller(owner));
        let call = at(&mut counts.syscalls, Call { name: (*call).into(), ..Call::default() });
        let end = at(&mut counts.errors, (*end).to_owned());
        counts.rows.push([owner, call, end, *calls, 0]);
    }
    counts
}

fn model(readings: &[Syscalls]) -> Model {
    let mut model = Model::new(vec!["n1".into()]);
    readings.iter().for_each(|counts| model.read(0, counts));
    model
}

/// Name, calls and errors of the rows of a level, by name.
fn rates(model: &Model, level: Level) -> Vec<(String, f64, f64)> {
    let mut rows: Vec<_> =
        model.rows(level).into_iter().map(|row| (row.name, row.calls, row.errors)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn row(name: &str, calls: f64, errors: f64) -> (String, f64, f64) {
    (name.into(), calls, errors)
}

const WEB: &str = "prod/web/nginx";

#[test]
fn rates_are_what_came_since_the_reading_before() {
    let first = counts(
        0,
        &[(WEB, "read", "OK", 100), (WEB, "openat", "ENOENT", 10), ("ssh.service", "read", "OK", 5)],
    );
    let second = counts(
        2,
        &[
            (WEB, "read", "OK", 120),
            (WEB, "openat", "ENOENT", 14),
            ("ssh.service", "read", "OK", 5),
            ("", "read", "OK", 2),
        ],
    );
    let mut model = model(&[first]);
    assert!(!model.is_measured() && model.rows(Level::Owners).is_empty());
    model.read(0, &second);
    assert!(model.is_measured());
    // New rows count from nothing; without a call there is no row.
    assert_eq!(rates(&model, Level::Owners), [row("host", 1.0, 0.0), row(WEB, 12.0, 2.0)]);
    let web = model.rows(Level::Owners).into_iter().find(|row| row.name == WEB).unwrap();
    assert!((web.share() - 100.0 / 6.0).abs() < 1e-9);
    let calls = model.inside(web.key).unwrap();
    assert_eq!(rates(&model, calls), [row("openat", 2.0, 2.0), row("read", 10.0, 0.0)]);
    let openat = model.rows(calls).into_iter().find(|row| row.name == "openat").unwrap();
    let ends = model.inside(openat.key).unwrap();
    assert_eq!(rates(&model, ends), [row("ENOENT", 2.0, 2.0)]);
    assert_eq!(model.path(ends), [WEB, "openat"]);
    assert_eq!(model.inside(model.rows(ends)[0].key), None);
    assert_eq!(
        (model.above(ends), model.above(calls), model.above(Level::Owners)),
        (Some(calls), Some(Level::Owners), None)
    );
}

#[test]
fn an_agent_that_was_started_anew_counts_from_nothing() {
    let model = model(&[counts(0, &[(WEB, "read", "OK", 1000)]), counts(2, &[(WEB, "read", "OK", 10)])]);
    assert_eq!(rates(&model, Level::Owners), [row(WEB, 5.0, 0.0)]);
}

#[test]
fn numbers_of_tables_may_change_between_readings() {
    let first = counts(0, &[(WEB, "read", "OK", 10), ("a", "write", "EIO", 10)]);
    let second = counts(1, &[("a", "write", "EIO", 11), (WEB, "read", "OK", 10)]);
    let model = model(&[first, second]);
    assert_eq!(rates(&model, Level::Owners), [row("a", 1.0, 1.0)]);
}

#[test]
fn rows_that_point_nowhere_are_passed_over() {
    let mut wrong = counts(1, &[(WEB, "read", "OK", 7)]);
    wrong.rows.extend([[9, 0, 0, 1, 0], [0, 9, 0, 1, 0], [0, 0, u64::MAX, 1, 0]]);
    wrong.histograms.push(Histogram { owner: 9, syscall: 9, buckets: vec![1; 1000] });
    let model = model(&[counts(0, &[]), wrong]);
    assert_eq!(rates(&model, Level::Owners), [row(WEB, 7.0, 0.0)]);
}

#[test]
fn the_last_minute_is_remembered() {
    let mut model = model(&[counts(0, &[])]);
    let mut calls = 0;
    for second in 1..=100 {
        calls += if second == 90 { 0 } else { second };
        model.read(0, &counts(second, &[(WEB, "read", "OK", calls), ("a", "read", "OK", second.min(30))]));
    }
    let history = |model: &Model, name: &str| {
        model.rows(Level::Owners).into_iter().find(|row| row.name == name).map(|row| row.history)
    };
    let web = history(&model, WEB).unwrap();
    assert_eq!((web.len(), web[0], web[59], web[49]), (60, 41.0, 100.0, 0.0));
    // What was silent for a minute is out of sight.
    assert_eq!(history(&model, "a"), None);
}

#[test]
fn latency_is_that_of_the_latest_interval() {
    let with = |second, buckets: Vec<u64>| Syscalls {
        latency: true,
        histograms: vec![Histogram { owner: 0, syscall: 0, buckets }],
        ..counts(second, &[(WEB, "read", "OK", second * 100)])
    };
    let model = model(&[with(0, vec![0, 1000]), with(1, vec![0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 50, 49, 1])]);
    let row = &model.rows(Level::Owners)[0];
    assert_eq!((row.p50, row.p99), (Some(2048), Some(4096)));
    let calls = model.inside(row.key).unwrap();
    let read = &model.rows(calls)[0];
    assert_eq!(read.p99, Some(4096));
    assert_eq!(model.rows(model.inside(read.key).unwrap())[0].p50, None);
    assert_eq!((quantile(&[], 0.5), quantile(&[0, 0], 0.5)), (None, None));
    assert_eq!(quantile(&[u64::MAX; 63], 1.0), Some(1 << 63));
}

#[test]
fn nodes_stand_beside_each_other_and_one_that_is_away_says_why() {
    let mut model = Model::new(vec!["a:1".into(), "b:1".into()]);
    for second in 0..2 {
        for (index, node) in ["n1", "n2"].into_iter().enumerate() {
            let counts = counts(second, &[(WEB, "read", "OK", second * (index as u64 + 1))]);
            model.read(index, &Syscalls { node: Some(node.into()), ..counts });
        }
    }
    let mut rows: Vec<_> = model.rows(Level::Owners).into_iter().map(|row| (row.node, row.calls)).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    assert_eq!(rows, [("n1".to_owned(), 1.0), ("n2".to_owned(), 2.0)]);
    model.fail(1, "away".into());
    assert_eq!(model.nodes()[1].trouble.as_deref(), Some("away"));
    let away = model.rows(Level::Owners).into_iter().find(|row| row.node == "n2").unwrap();
    assert_eq!((away.calls, away.history), (0.0, vec![2.0]));
}

fn names(state: &State, model: &Model) -> Vec<String> {
    state.rows(model).into_iter().map(|row| row.name).collect()
}

#[test]
fn rows_are_sorted_and_filtered() {
    let model = model(&[
        counts(0, &[]),
        counts(
            1,
            &[("b", "read", "OK", 5), ("a", "read", "EIO", 3), ("c", "read", "OK", 5), ("Cc", "x", "OK", 1)],
        ),
    ]);
    let mut state = State::default();
    assert_eq!(names(&state, &model), ["b", "c", "a", "Cc"]);
    state.act(&model, Action::Reverse);
    assert_eq!(names(&state, &model), ["Cc", "a", "b", "c"]);
    state.act(&model, Action::Reverse);
    state.act(&model, Action::Sort(1));
    assert_eq!(state.column, Column::Errors);
    assert_eq!(names(&state, &model)[0], "a");
    state.act(&model, Action::SortBy(0));
    assert_eq!(names(&state, &model), ["Cc", "a", "b", "c"]);
    state.act(&model, Action::Sort(-1));
    assert_eq!(state.column, Column::Name);
    state.act(&model, Action::Filter);
    state.act(&model, Action::Type('C'));
    assert_eq!(names(&state, &model), ["Cc", "c"]);
    state.act(&model, Action::Accept);
    assert!(!state.typing && state.filter == "C");
    state.act(&model, Action::Clear);
    assert_eq!(names(&state, &model).len(), 4);
}

#[test]
fn the_chosen_row_stays_chosen_through_levels_and_readings() {
    let mut model = model(&[
        counts(0, &[]),
        counts(1, &[("a", "read", "OK", 5), ("b", "read", "OK", 3), ("b", "openat", "EIO", 1)]),
    ]);
    let mut state = State::default();
    let chosen = |state: &State, model: &Model| {
        let rows = state.rows(model);
        rows[state.position(&rows)].name.clone()
    };
    state.act(&model, Action::Move(1));
    state.act(&model, Action::Move(100));
    assert_eq!(chosen(&state, &model), "b");
    // It moves to the top; what was chosen stays.
    model.read(0, &counts(2, &[("a", "read", "OK", 6), ("b", "read", "OK", 90), ("b", "openat", "EIO", 2)]));
    assert_eq!((chosen(&state, &model), names(&state, &model)[0].as_str()), ("b".to_owned(), "b"));
    state.act(&model, Action::Enter);
    assert_eq!(names(&state, &model), ["read", "openat"]);
    state.act(&model, Action::Last);
    state.act(&model, Action::Enter);
    assert_eq!(names(&state, &model), ["EIO"]);
    state.act(&model, Action::Enter);
    assert_eq!(names(&state, &model), ["EIO"]);
    state.act(&model, Action::Back);
    assert_eq!(chosen(&state, &model), "openat");
    state.act(&model, Action::Back);
    assert_eq!(chosen(&state, &model), "b");
    state.act(&model, Action::Back);
    assert_eq!(state.level, Level::Owners);
    state.act(&model, Action::First);
    state.act(&model, Action::Move(-5));
    assert_eq!(state.position(&state.rows(&model)), 0);
}
