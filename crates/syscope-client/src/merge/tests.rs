use super::*;

const DELAY: Duration = Duration::from_millis(500);

struct Scene {
    merge: Merge<u64>,
    start: Instant,
}

impl Scene {
    fn new(sources: usize) -> Scene {
        let mut merge = Merge::new(sources, DELAY, 1000);
        (0..sources).for_each(|source| merge.set_live(source, true));
        Scene { merge, start: Instant::now() }
    }

    /// An item of this time comes from a source after that many milliseconds.
    fn push(&mut self, at: u64, source: usize, time: u64) {
        self.merge.push(source, Some(time), 1, self.start + Duration::from_millis(at), time);
    }

    /// What goes out after that many milliseconds.
    fn out(&mut self, at: u64) -> Vec<u64> {
        let now = self.start + Duration::from_millis(at);
        std::iter::from_fn(|| self.merge.pop(now)).map(|(_, item)| item).collect()
    }
}

#[test]
fn one_stream_does_not_wait() {
    let mut scene = Scene::new(1);
    scene.push(0, 0, 7);
    scene.push(0, 0, 8);
    assert_eq!(scene.out(0), [7, 8]);
    assert!(scene.merge.is_empty() && scene.merge.deadline().is_none());
}

#[test]
fn items_wait_for_every_stream() {
    let mut scene = Scene::new(3);
    scene.push(0, 0, 10);
    scene.push(1, 1, 5);
    assert_eq!(scene.out(1), [0; 0]);
    scene.push(2, 2, 7);
    assert_eq!(scene.out(2), [5]);
    scene.push(3, 1, 20);
    scene.push(3, 2, 20);
    assert_eq!(scene.out(3), [7, 10]);
    assert_eq!(scene.merge.late(), 0);
}

#[test]
fn none_waits_longer_than_the_delay() {
    let mut scene = Scene::new(2);
    scene.push(0, 0, 10);
    scene.push(100, 0, 11);
    assert_eq!(scene.merge.deadline(), Some(scene.start + DELAY));
    assert_eq!(scene.out(499), [0; 0]);
    assert_eq!(scene.out(500), [10]);
    // What is earlier than an item whose time has come goes before it, though it came later.
    scene.push(550, 1, 5);
    assert_eq!(scene.out(550), [5]);
    assert_eq!(scene.merge.late(), 1);
    assert_eq!(scene.out(600), [11]);
    scene.push(700, 0, 30);
    scene.push(900, 0, 31);
    scene.push(900, 1, 25);
    assert_eq!(scene.out(901), [25]);
    assert_eq!(scene.out(1200), [30]);
    assert_eq!(scene.merge.late(), 1);
}

#[test]
fn a_stream_that_is_down_holds_nobody_up() {
    let mut scene = Scene::new(2);
    scene.push(0, 0, 10);
    assert_eq!(scene.out(0), [0; 0]);
    scene.merge.set_live(1, false);
    assert_eq!(scene.out(0), [10]);
    scene.merge.set_live(1, true);
    scene.push(1, 1, 3);
    assert_eq!(scene.out(1), [3]);
    assert_eq!(scene.merge.late(), 1);
    scene.merge.set_live(0, false);
    scene.merge.set_live(1, false);
    scene.push(2, 0, 50);
    assert_eq!(scene.out(2), [50]);
}

#[test]
fn items_of_one_time_keep_their_order() {
    let (mut merge, now) = (Merge::new(1, DELAY, 1000), Instant::now());
    merge.set_live(0, true);
    for n in 0..100 {
        merge.push(0, (n == 0).then_some(5), 1, now, n);
    }
    let out: Vec<i32> = std::iter::from_fn(|| merge.pop(now)).map(|(_, item)| item).collect();
    assert!(out.is_sorted() && out.len() == 100);
}

#[test]
fn what_has_no_time_is_not_late() {
    let mut scene = Scene::new(2);
    scene.push(0, 0, 3);
    scene.push(0, 1, 4);
    assert_eq!(scene.out(600), [3, 4]);
    scene.merge.push(0, None, 1, scene.start, 0);
    assert_eq!((scene.out(1200), scene.merge.late()), (vec![0], 0));
}

#[test]
fn what_waits_is_bounded() {
    let mut scene = Scene::new(2);
    for n in 0..5000 {
        scene.push(0, 0, 5000 - n);
    }
    assert_eq!(scene.out(0).len(), 4000);
    assert_eq!(scene.out(600).len(), 1000);
}

/// Any streams come out complete, and in order but for what is counted.
#[test]
fn any_streams_come_out_complete() {
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..50 {
        let mut scene = Scene::new(3);
        let (mut clock, mut out, mut sent) = (0, Vec::new(), 0);
        for _ in 0..500 {
            clock += random() % 20;
            let source = (random() % 3) as usize;
            // One stream is behind.
            scene.push(clock, source, clock.saturating_sub(source as u64 * (random() % 300)));
            sent += 1;
            out.extend(scene.out(clock));
        }
        out.extend(std::iter::from_fn(|| scene.merge.drain()).map(|(_, item)| item));
        assert_eq!(out.len(), sent);
        let mut latest = 0;
        let behind = out.iter().filter(|time| {
            latest = latest.max(**time);
            **time < latest
        });
        assert_eq!(behind.count() as u64, scene.merge.late());
    }
}

#[test]
fn times() {
    assert_eq!(parse_time("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(parse_time("2026-11-21T02:30:29.123456789Z"), Some(1_795_228_229_123_456_789));
    assert_eq!(parse_time("2026-11-21T02:30:29.5Z"), Some(1_795_228_229_500_000_000));
    assert_eq!(parse_time("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000_000));
    assert_eq!(parse_time("2024-03-01T00:00:00Z"), Some(1_709_251_200_000_000_000));
    let wrong = [
        "",
        "x",
        "2026-11-21T02:30:29",
        "2026-13-21T02:30:29Z",
        "2026-11-21T25:30:29Z",
        "2026-11-21Z",
        "2026-11-21T02:30Z",
        "99999-11-21T02:30:29Z",
        "2026-11-21T02:30:29.1234567890Z",
        "+026-11-21T02:30:29Z",
        "2026-11-21T02:30:29.-1Z",
    ];
    for wrong in wrong {
        assert_eq!(parse_time(wrong), None, "{wrong}");
    }
}
