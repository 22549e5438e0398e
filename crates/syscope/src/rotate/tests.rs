use std::collections::HashMap;
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Error, FULL, LossLine, Options, Rotating, Rotation};

/// Tells a test that it is the process which its parent looks at, and where.
const CHILD: &str = "SYSCOPE_TEST_ROTATE";

/// A directory that goes with the test.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("syscope-rotate-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// All lines, the oldest file first.
    fn lines(&self) -> Vec<String> {
        let mut files: Vec<(u64, String)> = self
            .names()
            .iter()
            .filter_map(|name| Some((name.strip_prefix("log.")?.parse().ok()?, name.clone())))
            .collect();
        files.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        files.push((0, "log".into()));
        let mut lines = Vec::new();
        for (_, name) in files {
            let text = self.text(&name);
            assert!(text.is_empty() || text.ends_with('\n'), "{name} ends in half a line");
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn loss_line() -> LossLine {
    Box::new(|line, loss| line.extend_from_slice(format!("lost {}", loss.count).as_bytes()))
}

fn open(path: &Path) -> Rotating {
    Rotating::open(path, Options::default(), loss_line()).unwrap()
}

fn rotating(path: &Path, size: u64, keep: u32) -> Rotating {
    let options = Options { rotation: Some(Rotation { size, keep }), fsync: false };
    Rotating::open(path, options, loss_line()).unwrap()
}

fn append(log: &mut Rotating, line: &str) {
    log.buffer().extend_from_slice(line.as_bytes());
    log.appended().unwrap();
}

/// Appends lines of 10 bytes.
fn append_numbers(log: &mut Rotating, numbers: std::ops::Range<u64>) {
    numbers.for_each(|number| append(log, &format!("{number:09}\n")));
}

/// Lines are numbers from 0, and where some are missing, a loss record stands for exactly so many. Gives what
/// the next number would be.
fn check_account(lines: &[String]) -> u64 {
    lines.iter().fold(0, |expected, line| match line.strip_prefix("lost ") {
        Some(count) => expected + count.parse::<u64>().unwrap(),
        None => {
            assert_eq!(line.trim_end_matches('.').parse(), Ok(expected), "{line}");
            expected + 1
        }
    })
}

/// `write` calls of this thread so far.
fn writes() -> u64 {
    let io = fs::read_to_string("/proc/thread-self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap().parse().unwrap()
}

/// This test again, as a process of its own.
fn child(test: &str, dir: &Dir) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("rotate::tests::{test}"), "--include-ignored", "--nocapture"])
        .env(CHILD, &dir.0)
        .stdout(Stdio::null());
    command
}

#[test]
fn appends_to_a_private_file() {
    let dir = Dir::new();
    {
        let mut log = open(&dir.log());
        append(&mut log, "a\n");
        append(&mut log, "no line end");
        log.appended().unwrap();
        assert_eq!(dir.text("log"), "");
        log.flush().unwrap();
        assert_eq!(dir.text("log"), "a\nno line end\n");
        append(&mut log, "c\n");
    }
    append(&mut open(&dir.log()), "d\n");
    assert_eq!(dir.text("log"), "a\nno line end\nc\nd\n");
    assert_eq!(fs::metadata(dir.log()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(dir.names(), ["log"]);
}

#[test]
fn writes_when_the_buffer_is_full_and_not_before() {
    let dir = Dir::new();
    let mut log = open(&dir.log());
    let line = format!("{}\n", "x".repeat(1023));
    for _ in 0..FULL / 1024 - 1 {
        append(&mut log, &line);
    }
    assert_eq!(dir.text("log").len(), 0);
    let before = writes();
    append(&mut log, &line);
    assert_eq!(dir.text("log").len(), FULL);
    assert_eq!(writes() - before, 1);
}

#[test]
fn cuts_off_what_a_crash_left() {
    let long = "x".repeat(200_000);
    for (found, kept) in [
        ("", ""),
        ("a\n", "a\n"),
        ("a\nb\nhalf", "a\nb\n"),
        ("half", ""),
        (&format!("a\n{long}"), "a\n"),
        (&format!("{long}\n{long}"), &format!("{long}\n")),
        (&long, ""),
    ] {
        let dir = Dir::new();
        fs::write(dir.log(), found).unwrap();
        let mut log = open(&dir.log());
        assert_eq!(log.cut_bytes(), (found.len() - kept.len()) as u64);
        append(&mut log, "next\n");
        drop(log);
        assert_eq!(dir.text("log"), format!("{kept}next\n"));
    }
}

#[test]
fn what_is_no_log_stays_as_it_is() {
    let dir = Dir::new();
    File::create(dir.log()).unwrap().set_len(100 << 20).unwrap();
    let refused = Rotating::open(&dir.log(), Options::default(), loss_line()).err().unwrap();
    assert!(matches!(refused, Error::NotALog { .. }), "{refused}");
    assert_eq!(fs::metadata(dir.log()).unwrap().len(), 100 << 20);

    let refused = |path: &Path| {
        let err = Rotating::open(path, Options::default(), loss_line()).err().unwrap();
        assert!(matches!(err, Error::Unfit { .. }), "{err}");
    };
    refused(&dir.0);
    let _socket = UnixListener::bind(dir.0.join("socket")).unwrap();
    refused(&dir.0.join("socket"));
    symlink(&dir.0, dir.0.join("link")).unwrap();
    refused(&dir.0.join("link"));
    let missing = Rotating::open(&dir.0.join("none/log"), Options::default(), loss_line());
    assert!(matches!(missing, Err(Error::Open { .. })));
}

#[test]
fn one_process_at_a_time() {
    let dir = Dir::new();
    let first = open(&dir.log());
    let second = Rotating::open(&dir.log(), Options::default(), loss_line());
    assert!(matches!(second, Err(Error::InUse { .. })));
    drop(first);
    let mut log = rotating(&dir.log(), 100, 1);
    append_numbers(&mut log, 0..15);
    log.flush().unwrap();
    let second = Rotating::open(&dir.log(), Options::default(), loss_line());
    assert!(matches!(second, Err(Error::InUse { .. })), "after a rotation");
}

#[test]
fn keeps_as_many_files_as_asked() {
    let dir = Dir::new();
    let mut log = rotating(&dir.log(), 100, 3);
    for start in (0..1000).step_by(7) {
        append_numbers(&mut log, start..start + 7);
        log.flush().unwrap();
    }
    drop(log);
    assert_eq!(dir.names(), ["log", "log.1", "log.2", "log.3"]);
    for name in ["log.1", "log.2", "log.3"] {
        assert_eq!(dir.text(name).len(), 100);
    }
    let numbers: Vec<u64> = dir.lines().iter().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers, (numbers[0]..1001).collect::<Vec<_>>());
    assert!(numbers.len() > 30);
}

#[test]
fn loses_no_line_in_rotation() {
    let dir = Dir::new();
    // Over several runs, and without a flush in between.
    for run in 0..4 {
        append_numbers(&mut rotating(&dir.log(), 1000, 1000), run * 5000..(run + 1) * 5000);
    }
    assert_eq!(check_account(&dir.lines()), 20_000);
    assert_eq!(dir.names().len(), 200);
    // A record that is larger than a file has one for itself.
    let mut log = rotating(&dir.log(), 1000, 1000);
    append(&mut log, &format!("{:.<5000}\n", 20_000));
    append_numbers(&mut log, 20_001..20_002);
    drop(log);
    assert_eq!(dir.text("log.1").len(), 5001);
    assert_eq!(check_account(&dir.lines()), 20_002);
}

#[test]
fn without_kept_files_it_starts_anew() {
    let dir = Dir::new();
    append_numbers(&mut rotating(&dir.log(), 100, 0), 0..25);
    assert_eq!(dir.names(), ["log"]);
    assert_eq!(dir.text("log").lines().next(), Some("000000020"));
    assert_eq!(dir.text("log").len(), 50);
}

#[test]
fn a_smaller_number_removes_what_is_older() {
    let dir = Dir::new();
    append_numbers(&mut rotating(&dir.log(), 100, 9), 0..100);
    assert_eq!(dir.names().len(), 10);
    append_numbers(&mut rotating(&dir.log(), 100, 2), 100..101);
    assert_eq!(dir.names(), ["log", "log.1", "log.2"]);
    assert_eq!(dir.lines().len(), 21);
}

#[test]
fn grows_on_when_it_cannot_rotate() {
    let dir = Dir::new();
    fs::create_dir(dir.0.join("log.1")).unwrap();
    let mut log = rotating(&dir.log(), 100, 1);
    append_numbers(&mut log, 0..10_000);
    log.flush().unwrap();
    assert_eq!(dir.text("log").len(), 100_000);
    fs::remove_dir(dir.0.join("log.1")).unwrap();
    append_numbers(&mut log, 10_000..20_000);
    drop(log);
    // Only the newest are kept, but nothing was lost on the way there.
    assert_eq!(dir.text("log.1").len(), 100);
    assert_eq!(dir.lines().last().unwrap(), "000019999");
}

#[test]
fn a_gap_among_kept_files_is_filled() {
    let dir = Dir::new();
    let mut log = rotating(&dir.log(), 100, 5);
    append_numbers(&mut log, 0..45);
    log.flush().unwrap();
    fs::remove_file(dir.0.join("log.2")).unwrap();
    append_numbers(&mut log, 45..55);
    drop(log);
    assert_eq!(dir.names(), ["log", "log.1", "log.2", "log.3", "log.4"]);
    assert_eq!(dir.text("log.4").lines().next(), Some("000000000"));
}

#[test]
fn others_may_move_and_truncate_the_file() {
    let dir = Dir::new();
    let mut log = rotating(&dir.log(), 100, 5);
    append_numbers(&mut log, 0..8);
    log.flush().unwrap();
    fs::rename(dir.log(), dir.0.join("moved")).unwrap();
    append_numbers(&mut log, 8..12);
    log.flush().unwrap();
    assert_eq!((dir.text("moved").len(), dir.text("log").len()), (100, 20));
    assert_eq!(dir.names(), ["log", "moved"]);
    // logrotate's copytruncate.
    File::create(dir.log()).unwrap();
    append_numbers(&mut log, 0..10);
    drop(log);
    assert_eq!(dir.names(), ["log", "moved"]);
    assert_eq!(check_account(&dir.lines()), 10);
}

#[test]
fn new_files_have_the_mode_of_old_ones() {
    let dir = Dir::new();
    fs::write(dir.log(), "").unwrap();
    fs::set_permissions(dir.log(), PermissionsExt::from_mode(0o640)).unwrap();
    append_numbers(&mut rotating(&dir.log(), 100, 2), 0..15);
    assert_eq!(fs::metadata(dir.log()).unwrap().mode() & 0o777, 0o640);
}

#[test]
fn rotates_beside_the_file_that_a_link_names() {
    let (dir, elsewhere) = (Dir::new(), Dir::new());
    symlink(elsewhere.log(), dir.log()).unwrap();
    append_numbers(&mut rotating(&dir.log(), 100, 5), 0..25);
    assert_eq!(dir.names(), ["log"]);
    assert_eq!(elsewhere.names(), ["log", "log.1", "log.2"]);
    assert_eq!(check_account(&elsewhere.lines()), 25);
}

#[test]
fn streams_are_not_rotated() {
    let dir = Dir::new();
    let fifo = dir.0.join("fifo");
    let name = CString::new(fifo.to_str().unwrap()).unwrap();
    // SAFETY: the name is a C string.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || {
            let mut text = String::new();
            File::open(fifo).unwrap().read_to_string(&mut text).unwrap();
            text
        }
    });
    let options = Options { rotation: Some(Rotation { size: 100, keep: 3 }), fsync: true };
    let mut log = Rotating::open(&fifo, options, loss_line()).unwrap();
    append_numbers(&mut log, 0..50_000);
    log.finish().unwrap();
    assert_eq!(log.dropped(), 0);
    drop(log);
    assert_eq!(check_account(&reader.join().unwrap().lines().map(str::to_owned).collect::<Vec<_>>()), 50_000);
    assert_eq!(dir.names(), ["fifo"]);

    // As `syscope exec --write /dev/stdout > file`: at the place where the others are that write there.
    let mut file = File::create(dir.log()).unwrap();
    file.write_all(b"before\n").unwrap();
    let mut log =
        Rotating::open(format!("/dev/fd/{}", file.as_raw_fd()).as_ref(), options, loss_line()).unwrap();
    append_numbers(&mut log, 0..1000);
    drop(log);
    file.write_all(b"behind\n").unwrap();
    let text = dir.text("log");
    assert!(text.len() == 10_014 && text.starts_with("before\n0") && text.ends_with("\nbehind\n"));
    assert_eq!(dir.names(), ["fifo", "log"]);
}

#[test]
fn a_slow_reader_of_a_non_blocking_pipe_gets_all() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }, 0);
    let mut log = open(format!("/dev/fd/{}", writer.as_raw_fd()).as_ref());
    drop(writer);
    let reader = thread::spawn(move || {
        let mut text = String::new();
        thread::sleep(Duration::from_millis(100));
        reader.read_to_string(&mut text).unwrap();
        text
    });
    append_numbers(&mut log, 0..50_000);
    drop(log);
    assert_eq!(check_account(&reader.join().unwrap().lines().map(str::to_owned).collect::<Vec<_>>()), 50_000);
}

#[test]
fn a_reader_that_is_gone_is_an_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut log = open(format!("/dev/fd/{}", writer.as_raw_fd()).as_ref());
    drop(reader);
    append_numbers(&mut log, 0..3);
    let err = log.flush().unwrap_err();
    let source = std::error::Error::source(&err).unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(source.kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(log.dropped(), 3);
    log.finish().unwrap();
}

#[test]
fn a_device_without_room_costs_no_call_per_record() {
    let mut log = open("/dev/full".as_ref());
    let before = writes();
    append_numbers(&mut log, 0..1_000_000);
    let calls = writes() - before;
    assert!((1..20).contains(&calls), "{calls} calls");
    // What is held in memory is not dropped yet.
    let held = FULL.div_ceil(10) as u64;
    assert_eq!(log.dropped(), 1_000_000 - held);
    log.finish().unwrap();
    assert_eq!(log.dropped(), 1_000_000);
}

/// Where the room of [`fill_and_resume`] comes from and goes.
trait Room {
    fn take(&mut self);
    fn give(&mut self);
}

/// Writes numbered lines to a log that has no room from time to time.
fn fill_and_resume(dir: &Dir, room: &mut dyn Room, options: Options) {
    let mut log = Rotating::open(&dir.log(), options, loss_line()).unwrap();
    let mut number = 0;
    let mut go_on = |log: &mut Rotating, records: u64| {
        for _ in 0..records {
            // 17 to 516 bytes, so that records and pages end at different places.
            append(log, &format!("{number:.<width$}\n", width = (16 + number * 7919 % 500) as usize));
            number += 1;
        }
        number
    };
    let mut dropped = 0;
    for _ in 0..4 {
        go_on(&mut log, 50);
        log.flush().unwrap();
        assert_eq!(log.dropped(), dropped, "there is room");
        room.take();
        let before = writes();
        go_on(&mut log, 5000);
        let calls = writes() - before;
        assert!(calls < 400, "{calls} calls");
        assert!(log.dropped() > dropped, "there is no room");
        dropped = log.dropped();
        check_account(&dir.lines());
        room.give();
        let until = Instant::now() + Duration::from_secs(20);
        let size = |dir: &Dir| dir.lines().len();
        let stuck = size(dir);
        while size(dir) == stuck {
            assert!(Instant::now() < until, "does not resume");
            thread::sleep(Duration::from_millis(10));
            log.flush().unwrap();
        }
    }
    let number = go_on(&mut log, 10);
    log.finish().unwrap();
    assert_eq!(log.dropped(), dropped);
    let lines = dir.lines();
    assert_eq!(check_account(&lines), number);
    let told: u64 = lines.iter().filter_map(|line| line.strip_prefix("lost ")?.parse::<u64>().ok()).sum();
    assert_eq!(told, dropped);
    // An end without room: what is in memory is missing too, and counted.
    room.take();
    let number = go_on(&mut log, 5000);
    log.finish().unwrap();
    let there = dir.lines().iter().filter(|line| !line.starts_with("lost ")).count() as u64;
    assert_eq!(there + log.dropped(), number);
}

/// `ulimit -f`.
struct FileSize(PathBuf);

impl Room for FileSize {
    fn take(&mut self) {
        set_file_size(fs::metadata(&self.0).unwrap().len() + 20_001);
    }

    fn give(&mut self) {
        set_file_size(libc::RLIM_INFINITY);
    }
}

fn set_file_size(soft: u64) {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is valid for the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}

#[test]
fn drops_counts_and_resumes_at_a_file_size_limit() {
    if let Some(path) = std::env::var_os(CHILD) {
        let dir = Dir(path.into());
        fill_and_resume(&dir, &mut FileSize(dir.log()), Options::default());
        return;
    }
    let dir = Dir::new();
    let ended = child("drops_counts_and_resumes_at_a_file_size_limit", &dir).status().unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn what_cannot_be_cut_back_is_completed() {
    let test = "what_cannot_be_cut_back_is_completed";
    let Some(path) = std::env::var_os(CHILD) else {
        let ended = child(test, &Dir::new()).status().unwrap();
        assert!(ended.success(), "{ended}");
        return;
    };
    // The stdout of someone else is not ours to truncate.
    let dir = Dir(path.into());
    fs::create_dir_all(&dir.0).unwrap();
    let file = File::create(dir.log()).unwrap();
    set_file_size(50_003);
    let mut log = open(format!("/dev/fd/{}", file.as_raw_fd()).as_ref());
    append_numbers(&mut log, 0..20_000);
    assert_eq!(fs::metadata(dir.log()).unwrap().len(), 50_003);
    assert!(log.dropped() > 0);
    set_file_size(libc::RLIM_INFINITY);
    log.finish().unwrap();
    append_numbers(&mut log, 20_000..20_001);
    log.finish().unwrap();
    assert_eq!(check_account(&dir.lines()), 20_001);
}

#[test]
fn loss_records_stand_where_records_are_missing() {
    let test = "loss_records_stand_where_records_are_missing";
    let Some(path) = std::env::var_os(CHILD) else {
        let ended = child(test, &Dir::new()).status().unwrap();
        assert!(ended.success(), "{ended}");
        return;
    };
    let dir = Dir(path.into());
    fs::create_dir_all(&dir.0).unwrap();
    let size = || fs::metadata(dir.log()).unwrap().len();
    let held = FULL.div_ceil(10) as u64;
    let mut log = open(&dir.log());
    set_file_size(0);
    append_numbers(&mut log, 0..20_000);
    assert_eq!((size(), log.dropped()), (0, 20_000 - held));
    // Room for a part of what is held: what comes next is behind the loss.
    set_file_size(30_005);
    let mut number = 20_000;
    while size() == 0 {
        assert!(number < 22_000, "does not resume");
        thread::sleep(Duration::from_millis(10));
        append_numbers(&mut log, number..number + 1);
        number += 1;
    }
    assert_eq!(size(), 30_000, "cut back to a whole record");
    set_file_size(libc::RLIM_INFINITY);
    log.finish().unwrap();
    assert_eq!(check_account(&dir.lines()), number);
    assert_eq!(dir.lines()[held as usize], format!("lost {}", log.dropped()));
    assert_eq!(dir.lines().len() as u64, number - log.dropped() + 1);
    // Room for all that is held, but not for the loss record: that is none of the missing.
    let before = log.dropped();
    set_file_size(size());
    append_numbers(&mut log, number..number + 20_000);
    set_file_size(size() + held * 10 + 3);
    log.finish().unwrap();
    assert_eq!(log.dropped() - before, 20_000 - held);
    assert_eq!(check_account(&dir.lines()), number + held);
}

/// A file that fills the disk.
struct Filler(PathBuf);

impl Room for Filler {
    fn take(&mut self) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        for size in [4096, 512, 1] {
            while file.write(&vec![0; size]).is_ok_and(|written| written > 0) {}
        }
        // Some pages are left, so that a record is torn.
        let len = file.metadata().unwrap().len();
        file.set_len(len.saturating_sub(5 * 4096)).unwrap();
    }

    fn give(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// Runs in a mount namespace of its own, with a disk of 2 MiB.
fn with_small_disk(test: impl FnOnce(Dir) + Send) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let dir = Dir::new();
            let target = CString::new(dir.0.to_str().unwrap()).unwrap();
            // SAFETY: all strings are C strings; the mounts are seen by this thread only, and go with it.
            unsafe {
                assert_eq!(libc::unshare(libc::CLONE_NEWNS), 0, "{}", std::io::Error::last_os_error());
                let private = libc::MS_REC | libc::MS_PRIVATE;
                let (none, root) = (std::ptr::null(), c"/".as_ptr());
                assert_eq!(libc::mount(none, root, none, private, none.cast()), 0);
                let (tmpfs, size) = (c"tmpfs".as_ptr(), c"size=2m".as_ptr());
                assert_eq!(libc::mount(tmpfs, target.as_ptr(), tmpfs, 0, size.cast()), 0);
            }
            let mounted = Dir(dir.0.clone());
            test(mounted);
            // SAFETY: a C string.
            unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
        });
    });
}

#[test]
#[ignore = "root+bpf"]
fn drops_counts_and_resumes_on_a_full_disk() {
    with_small_disk(|dir| {
        let filler = dir.0.join("filler");
        fill_and_resume(&dir, &mut Filler(filler), Options { rotation: None, fsync: true });
    });
}

#[test]
#[ignore = "root+bpf"]
fn drops_counts_and_resumes_on_a_full_disk_while_it_rotates() {
    with_small_disk(|dir| {
        let filler = dir.0.join("filler");
        let rotation = Some(Rotation { size: 6000, keep: 100_000 });
        fill_and_resume(&dir, &mut Filler(filler), Options { rotation, fsync: false });
    });
}

#[test]
fn a_kill_leaves_no_line_that_is_glued_to_half_another() {
    if let Some(path) = std::env::var_os(CHILD) {
        write_until_killed(&Dir(path.into()));
    }
    let dir = Dir::new();
    let mut torn = 0;
    for round in 0..40u64 {
        let mut child = child("a_kill_leaves_no_line_that_is_glued_to_half_another", &dir).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while !dir.0.join(format!("started-{}", child.id())).exists() {
            assert!(Instant::now() < until, "the child does not start");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(round * 997 % 7000));
        child.kill().unwrap();
        child.wait().unwrap();
        // It is not there if the kill came in the middle of a rotation.
        let text = fs::read_to_string(dir.log()).unwrap_or_default();
        torn += u64::from(!text.is_empty() && !text.ends_with('\n'));
    }
    let mut log = rotating(&dir.log(), 8 << 20, 1000);
    append(&mut log, "end 0 0\n");
    drop(log);
    let lines = dir.lines();
    let mut last: HashMap<&str, u64> = HashMap::new();
    for line in &lines[..lines.len() - 1] {
        let mut words = line.split(' ');
        let (run, number) = (words.next().unwrap(), words.next().unwrap().parse::<u64>().unwrap());
        assert_eq!(words.next().unwrap().len() as u64, number * 7919 % 60_000, "run {run}, record {number}");
        assert_eq!(words.next(), Some("whole"));
        assert_eq!(words.next(), None, "glued");
        let expected = last.get(run).map_or(0, |last| last + 1);
        assert_eq!(number, expected, "run {run}");
        last.insert(run, number);
    }
    eprintln!("{} lines of {} runs, {torn} of which left half a line", lines.len(), last.len());
}

fn write_until_killed(dir: &Dir) -> ! {
    let mut log = rotating(&dir.log(), 8 << 20, 1000);
    let pid = std::process::id();
    File::create(dir.0.join(format!("started-{pid}"))).unwrap();
    for number in 0u64.. {
        let fill = "x".repeat((number * 7919 % 60_000) as usize);
        append(&mut log, &format!("{pid} {number} {fill} whole\n"));
        // A parent that fails does not leave us here to fill the disk.
        if number > 100_000 {
            break;
        }
    }
    std::process::exit(1);
}

#[test]
fn a_reader_that_follows_sees_all_lines_in_order() {
    const LINES: u64 = 200_000;
    let dir = Dir::new();
    let mut log = rotating(&dir.log(), 20_000, 1000);
    append_numbers(&mut log, 0..1);
    log.flush().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let first = File::open(dir.log()).unwrap();
        let reader = scope.spawn(|| follow(&dir, first, &done));
        for start in (1..LINES).step_by(100) {
            append_numbers(&mut log, start..(start + 100).min(LINES));
            log.flush().unwrap();
        }
        drop(log);
        done.store(true, Ordering::SeqCst);
        assert_eq!(check_account(&reader.join().unwrap()), LINES);
    });
}

/// Reads a file to its end, then the one that followed it, as `tail -F` does.
fn follow(dir: &Dir, mut file: File, done: &AtomicBool) -> Vec<String> {
    let mut text = String::new();
    loop {
        // In this order: what is written before a rotation is in the old file, and complete.
        let last = done.load(Ordering::SeqCst);
        let next = follower(dir, &file);
        file.read_to_string(&mut text).unwrap();
        match next {
            Some(next) => file = next,
            None if last => return text.lines().map(str::to_owned).collect(),
            None => thread::sleep(Duration::from_micros(200)),
        }
    }
}

/// The file that followed this one. Files move while we look, so this looks again until it is sure.
fn follower(dir: &Dir, file: &File) -> Option<File> {
    let name = |number: u64| if number == 0 { dir.log() } else { dir.0.join(format!("log.{number}")) };
    let inode = |number: u64| fs::metadata(name(number)).ok().map(|found| found.ino());
    let own = Some(file.metadata().unwrap().ino());
    loop {
        if inode(0) == own {
            return None;
        }
        let Some(number) = (1..1000).find(|&number| inode(number) == own) else { continue };
        let Ok(next) = File::open(name(number - 1)) else { continue };
        if inode(number) == own && inode(number - 1) == Some(next.metadata().unwrap().ino()) {
            return Some(next);
        }
    }
}
