use super::*;
use crate::call::parse_call;

/// Normalises `call` of thread 4001 with the threads 4001 and 4002 known.
fn check(call: &str, expected: &str) {
    let places: HashMap<i64, TreePlace> = [(4001, "0".to_owned()), (4002, "0.1".to_owned())].into();
    let mut normaliser = Normaliser::new(&places);
    let mut shown = String::new();
    for line in call.lines() {
        let record = parse_call(4001, line).unwrap_or_else(|| panic!("not a call: {line}"));
        let normal = normaliser.normalise(&record);
        let note = normal.note.map(|note| format!(" ({note})")).unwrap_or_default();
        shown = format!("{}({}) = {}{note}", normal.name, normal.arguments.join(", "), normal.outcome);
    }
    assert_eq!(shown, expected);
}

#[test]
fn addresses() {
    check(
        "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x26000) = 0x7ffff7d00000",
        "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x26000) = ADDR",
    );
    check("mmap(NULL, 0, 0, 0, 3, 0) = -1 EINVAL (x)", "mmap(NULL, 0, 0, 0, 3, 0) = EINVAL");
    check(
        "execve(\"/bin/ls\", [\"ls\"], 0x7ffd0010 /* 12 vars */) = 0",
        "execve(\"/bin/ls\", [\"ls\"], ADDR /* 12 vars */) = 0",
    );
    check("f(0x10, O_RDWR|0x8000000, {a=0x55550000}) = 0", "f(0x10, O_RDWR|0x8000000, {a=ADDR}) = 0");
    check(
        "epoll_wait(3, [{events=EPOLLIN, data={u32=7, u64=93824992}}]) = 1",
        "epoll_wait(3, [{events=EPOLLIN, data={u32=7, u64=ADDR}}]) = 1",
    );
}

#[test]
fn processes() {
    check(
        "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7ffff0000) = 4002",
        "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=ADDR) = PID:0.1",
    );
    check(
        "clone3({flags=X} => {parent_tid=[4002]}, 88) = 4002",
        "clone3({flags=X} => {parent_tid=[VARIES]}, 88) = PID:0.1",
    );
    check("kill(-4002, SIGTERM) = 0", "kill(-PID:0.1, SIGTERM) = 0");
    check("kill(9999, SIGTERM) = 0", "kill(PID:?, SIGTERM) = 0");
    check(
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2",
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2",
    );
    check("read(4002, \"4002\", 4002) = 4002", "read(4002, \"PID:0.1\", 4002) = 4002");
    check(
        "openat(AT_FDCWD, \"/proc/4002/stat\\0014002\", 0) = 3",
        "openat(AT_FDCWD, \"/proc/PID:0.1/stat\\001PID:0.1\", 0) = 3",
    );
}

#[test]
fn times() {
    check(
        "clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=5}, {tv_sec=0, tv_nsec=77}) = 0",
        "clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=5}, {tv_sec=N, tv_nsec=N}) = 0",
    );
    check(
        "clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=1, tv_nsec=5}, NULL) = 0",
        "clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=N, tv_nsec=N}, NULL) = 0",
    );
    check(
        "statx(3, \"\", {stx_size=5, stx_atime={tv_sec=1, tv_nsec=2} /* 2025-04-09T08:00:00+0000 */, ...}) = 0",
        "statx(3, \"\", {stx_size=5, stx_atime={VARIES}, ...}) = 0",
    );
    check(
        "utimensat(3, NULL, [{tv_sec=1, tv_nsec=2} /* 2025-04-09T08:00:00+0000 */, UTIME_OMIT], 0) = 0",
        "utimensat(3, NULL, [{tv_sec=N, tv_nsec=N}, UTIME_OMIT], 0) = 0",
    );
    check(
        "ppoll([{fd=3}], 1, {tv_sec=5, tv_nsec=0}, NULL, 0) = 1 ([{fd=3}], left {tv_sec=4, tv_nsec=9})",
        "ppoll([{fd=3}], 1, {tv_sec=5, tv_nsec=0}, NULL, 0) = 1 ([{fd=3}], left {tv_sec=N, tv_nsec=N})",
    );
}

#[test]
fn what_explains_a_varying_result_varies() {
    check("time(NULL) = 1795279075 (2026-11-21T16:37:55+0000)", "time(NULL) = N (N)");
}

#[test]
fn contents_that_vary() {
    check("getrandom(\"\\1\\2\", 8, GRND_NONBLOCK) = 8", "getrandom(\"VARIES\", 8, GRND_NONBLOCK) = 8");
    check("getrandom(0x7fff0000, 8, 0) = -1 EFAULT (Bad address)", "getrandom(ADDR, 8, 0) = EFAULT");
    check(
        "openat(AT_FDCWD, \"/proc/self/stat\", O_RDONLY) = 3\nread(3, \"41 (x)\"..., 100) = 57",
        "read(3, \"VARIES\", 100) = N",
    );
    check(
        "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY) = 3\nread(3, \"41 (x)\"..., 100) = 57",
        "read(3, \"41 (x)\"..., 100) = 57",
    );
    check("mkdir(\"/tmp/tmp.AbCdEfGhIj\", 0700) = 0", "mkdir(\"/tmp/tmp.RANDOM\", 0700) = 0");
    check("open(\"/tmp/tmpabcd1_34/x\", 0) = 3", "open(\"/tmp/tmpRANDOM/x\", 0) = 3");
    check("readlink(\"x\", \"socket:[4711]\", 64) = 13", "readlink(\"x\", \"socket:[N]\", 64) = 13");
}

#[test]
fn strings_have_one_spelling() {
    for spelling in [r"caf\303\251\1", r"caf\xc3\xa9\1", r"café\001"] {
        check(&format!("write(1, \"{spelling}\"..., 9) = 9"), r#"write(1, "caf\303\251\001"..., 9) = 9"#);
    }
    check(r#"write(3, "DIRC\0\0\0\2"..., 9) = 9"#, r#"write(3, "VARIES"..., 9) = 9"#);
}

#[test]
fn ids_and_ports() {
    check(
        "shmget(IPC_PRIVATE, 1, 0) = 98304\nshmat(98304, NULL, 0) = 0x7ffff7000000",
        "shmat(IPC:1, NULL, 0) = ADDR",
    );
    check(
        "bind(3, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0",
        "bind(3, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0",
    );
    check(
        "getsockname(3, {sin_port=htons(40123)}, [16]) = 0",
        "getsockname(3, {sin_port=htons(EPHEMERAL)}, [16]) = 0",
    );
}

#[test]
fn every_rule_can_apply() {
    for rule in RULES {
        for call in rule.calls.iter().copied().chain(rule.calls.is_empty().then_some("any")) {
            let found = find_rule(call, rule.place);
            assert_eq!(found, Some(rule.action), "{call} {:?} is shadowed", rule.place);
        }
    }
}

#[test]
fn registers_behind_a_signal_handler() {
    check("rt_sigreturn({mask=[]}) = 4002", "rt_sigreturn({mask=[]}) = PID:0.1");
    check("rt_sigreturn({mask=[]}) = 93824992231424", "rt_sigreturn({mask=[]}) = ADDR");
    check("rt_sigreturn({mask=[]}) = 77", "rt_sigreturn({mask=[]}) = 77");
}
