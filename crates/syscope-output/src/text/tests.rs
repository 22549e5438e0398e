use syscope_event::{Cgroup, Change, Container, Owner, Pid};
use syscope_syscalls::Status;

use super::*;
use crate::fixtures::{self, BRK, EXIT_GROUP, GETPID, Made, READ, WAIT};

const EVERYTHING: Options = Options { types: true, latency: true, color: true };

fn line(options: Options, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    Text::new(options).write(&mut out, event);
    String::from_utf8(out).unwrap()
}

/// `expected` is what follows `sh[4712] `.
fn check(made: Made, expected: &str) {
    let options = Options { latency: true, ..Options::default() };
    assert_eq!(line(options, &made.event()), format!("sh[4712] {expected}\n"));
}

fn check_comm(comm: &[u8], expected: &str) {
    let line = line(Options::default(), &Made::new(&GETPID, &[], 1).comm(comm).event());
    assert_eq!(line, format!("{expected}[4712] getpid() = 1\n"));
}

#[test]
fn results() {
    check(Made::open(b"/etc/hosts", 3), r#"openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3"#);
    check(
        Made::open(b"/etc/hosts", 3).file(6, b"hosts\0etc\0"),
        r#"openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3</etc/hosts>"#,
    );
    check(
        Made::open(b"/nowhere", -2).latency(12_999),
        r#"openat(AT_FDCWD, "/nowhere", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory) <0.000012>"#,
    );
    check(Made::new(&BRK, &[0], 0x5555_0000), "brk(NULL) = 0x55550000");
    check(Made::new(&WAIT, &[5], 0), "wait(5) = 0 (Timeout)");
    check(Made::new(&WAIT, &[5], 1), "wait(5) = 1 ({fd=3})");
    check(Made::new(&GETPID, &[], 0x7fff_0000_0000), "getpid() = 140733193388032");
}

#[test]
fn errors_without_a_name_and_those_the_caller_does_not_see() {
    check(Made::new(&GETPID, &[], -200), "getpid() = -1 E200 (Unknown error 200)");
    check(Made::new(&GETPID, &[], -524), "getpid() = -1 ENOTSUPP (Unknown error 524)");
    check(Made::new(&GETPID, &[], -4095), "getpid() = -1 E4095 (Unknown error 4095)");
    check(Made::new(&GETPID, &[], -4096), "getpid() = -4096");
    check(Made::new(&GETPID, &[], -512), "getpid() = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
    check(Made::new(&GETPID, &[], -516), "getpid() = ? ERESTART_RESTARTBLOCK (Interrupted by signal)");
}

#[test]
fn endings() {
    check(Made::new(&EXIT_GROUP, &[1], 0).ending(Ending::Never), "exit_group(1) = ?");
    let read = Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 0);
    check(read.clone().ending(Ending::Unfinished), "read(0, 0x7ffc0de0, 1024 <unfinished ...>");
    check(
        Made::new(&GETPID, &[], -1).ending(Ending::Denied).latency(1_000_001_000),
        "getpid() = -1 EPERM (Operation not permitted) (denied before entry) <1.000001>",
    );
    check(Made::new(&GETPID, &[], 0).ending(Ending::Denied), "getpid() = 0 (denied before entry)");
}

#[test]
fn memory() {
    let read = Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 5);
    check(read.clone().blob(1, Status::Complete, b"\x7fELF\n"), r#"read(0, "\177ELF\n", 1024) = 5"#);
    check(read.clone().blob(1, Status::Cut, b"\x7fE"), r#"read(0, "\177E"..., 1024) = 5"#);
    check(read, "read(0, 0x7ffc0de0, 1024) = 5");
    check(
        Made::open(b"/tmp/\xff\x1b[2Jgr\xc3\xbcn", 3),
        r#"openat(AT_FDCWD, "/tmp/\xff\33[2Jgrün", O_RDONLY|O_CLOEXEC) = 3"#,
    );
}

#[test]
fn unknown_and_compat_calls() {
    check(
        Made::new(&GETPID, &[1, 2], -38).unknown(999),
        "syscall_999(0x1, 0x2, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)",
    );
    check(Made::new(&GETPID, &[], 7).compat(), "[i386] getpid() = 7");
    check(Made::new(&BRK, &[0], -0x1000_0000).compat(), "[i386] brk(NULL) = 0xf0000000");
}

#[test]
fn types_and_colours() {
    let options = Options { types: true, ..Options::default() };
    assert_eq!(
        line(options, &Made::open(b"/x", 3).event()),
        "sh[4712] openat((int)dirfd=AT_FDCWD, (const char *)pathname=\"/x\", (int)flags=O_RDONLY|O_CLOEXEC) = 3\n",
    );
    assert_eq!(
        line(EVERYTHING, &Made::new(&GETPID, &[], -1).latency(1).event()),
        "\x1b[2msh[4712]\x1b[0m \x1b[36mgetpid\x1b[0m() = \x1b[31m-1 EPERM (Operation not permitted)\x1b[0m \
         \x1b[2m<0.000000>\x1b[0m\n",
    );
}

#[test]
fn names_of_threads_stay_names() {
    check_comm(b"kworker/0:1-mm_", "kworker/0:1-mm_");
    check_comm(b"tmux: server", r#""tmux: server""#);
    check_comm(b"", r#""""#);
    check_comm(b"a[1] read(", r#""a[1] read(""#);
    check_comm(b"x\" y", r#""x\" y""#);
    check_comm(b"back\\", r#""back\\""#);
    check_comm(b"a\nb[7] ok", r#""a\nb[7] ok""#);
    check_comm(b"\x1b]0;x\x07", r#""\33]0;x\7""#);
    check_comm(b"\xff\xfe", r"\xff\xfe");
    check_comm("grün".as_bytes(), "grün");
    // A name that the kernel cut inside a character.
    check_comm("123456789012345".as_bytes(), "123456789012345");
    check_comm(b"12345678901234\xc3", r"12345678901234\xc3");
}

#[test]
fn containers_go_first() {
    let of = |owner: Owner| Made::new(&GETPID, &[], 1).owner(owner);
    let check = |made: Made, expected: &str| assert_eq!(line(Options::default(), &made.event()), expected);
    check(of(fixtures::pod()), "prod/web-0/nginx sh[4712] getpid() = 1\n");
    check(of(fixtures::guessed()), "4f1c2a3b4d5e sh[4712] getpid() = 1\n");
    check(of(fixtures::pod()).entering(), "sh[4712] getpid() = 1\n");
    check(of(fixtures::unit()), "sh[4712] getpid() = 1\n");
    check(of(fixtures::unknown()), "sh[4712] getpid() = 1\n");
    check(of(Owner::HOST), "sh[4712] getpid() = 1\n");
    let hostile = Container { name: Some("a[1] read() = 0\n\x1b[2J/".into()), ..Container::default() };
    check(
        of(fixtures::container(hostile)).comm(b"b[2] c"),
        "\"a[1] read() = 0\\n\\33[2J/\" \"b[2] c\"[4712] getpid() = 1\n",
    );
    assert_eq!(
        line(EVERYTHING, &of(fixtures::pod()).event()),
        "\x1b[32mprod/web-0/nginx\x1b[0m \x1b[2msh[4712]\x1b[0m \x1b[36mgetpid\x1b[0m() = 1\n"
    );
}

#[test]
fn changes_of_cgroups() {
    let check = |change: CgroupChange<'_>, expected: &str| {
        assert_eq!(line(Options::default(), &Event::Cgroup(change)), format!("cgroup {expected}\n"));
    };
    let (pod, unit, unknown) = (fixtures::pod(), fixtures::unit(), fixtures::unknown());
    let created = fixtures::change(Change::Created, &pod);
    check(created, "created /kubepods/pod8a9a/1376 (container prod/web-0/nginx)");
    let attached = CgroupChange { pid: Some(Pid(4711)), ..fixtures::change(Change::Attached, &unit) };
    check(attached, "attached /kubepods/pod8a9a/1376 pid 4711 (unit ssh.service)");
    check(fixtures::change(Change::Removed, &unknown), "removed /kubepods/pod8a9a/1376 (owner unknown)");
    check(fixtures::change(Change::Emptied, &Owner::HOST), "emptied /kubepods/pod8a9a/1376");
    let cgroup = Cgroup { path: Some(b"/a b\n(container x)"), ..created.cgroup };
    check(
        CgroupChange { cgroup, ..created },
        "created \"/a b\\n(container x)\" (container prod/web-0/nginx)",
    );
    let cgroup = Cgroup { id: 7, ..Cgroup::default() };
    check(CgroupChange { cgroup, ..created }, "created #7");
    assert_eq!(
        line(EVERYTHING, &Event::Cgroup(created)),
        "cgroup \x1b[36mcreated\x1b[0m /kubepods/pod8a9a/1376 \
         (\x1b[32mcontainer prod/web-0/nginx\x1b[0m)\n"
    );
}

#[test]
fn losses_and_totals() {
    assert_eq!(line(Options::default(), &fixtures::gap(17)), "... 17 events lost (ring full) ...\n");
    assert_eq!(line(Options::default(), &fixtures::gap(1)), "... 1 event lost (ring full) ...\n");
    let totals = |totals: Totals| {
        let mut out = Vec::new();
        Text::new(Options::default()).totals(&mut out, &totals);
        String::from_utf8(out).unwrap()
    };
    let whole = Totals { produced: 5, delivered: 5, ..Totals::default() };
    assert_eq!(totals(whole), "... 5 events, none lost ...\n");
    let lossy = Totals { produced: 20, delivered: 1, lost_ring_full: 17, lost_malformed: 2 };
    assert_eq!(totals(lossy), "... 20 events, 19 lost (17 ring full, 2 malformed) ...\n");
}

#[test]
fn no_observed_byte_reaches_the_terminal_raw() {
    for byte in 0..=255 {
        let mut bytes = [byte; 15];
        bytes[0] = b'a';
        let made = Made::open(&bytes, 3).comm(&bytes).file(6, &bytes);
        let line = line(Options::default(), &made.event());
        let (body, end) = line.split_at(line.len() - 1);
        assert_eq!(end, "\n");
        assert!(!body.chars().any(char::is_control), "{byte:#x}: {body:?}");
    }
}
