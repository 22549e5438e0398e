//! Lists and what they select.

use super::*;

/// Whether `list` selects the call of that name.
fn selects(list: &str, abi: Abi, name: &str) -> bool {
    let nr = table::number(abi, name).unwrap_or_else(|| panic!("{abi:?} has no {name}"));
    Set::parse(list).unwrap_or_else(|error| panic!("{list}: {error}")).contains(abi, nr)
}

/// Checks that `list` selects exactly the x86-64 calls named.
fn check(list: &str, expected: &[&str]) {
    check_abi(Abi::X86_64, list, expected);
}

fn check_abi(abi: Abi, list: &str, expected: &[&str]) {
    let set = Set::parse(list).unwrap_or_else(|error| panic!("{list}: {error}"));
    let selected: Vec<_> =
        table::numbers(abi).iter().filter(|entry| set.contains(abi, entry.0)).map(|entry| entry.1).collect();
    assert_eq!(selected, expected, "{list} on {abi:?}");
}

#[track_caller]
fn check_error(list: &str, expected: &str) {
    let error = Set::parse(list).expect_err(list).to_string();
    assert!(error.contains(expected), "{list}: {error}");
}

#[test]
fn names_select_calls() {
    check("openat", &["openat"]);
    check("sys_openat", &["openat"]);
    check(" read , write ", &["read", "write"]);
    check("read,read", &["read"]);
    check("?not_yet_invented,read", &["read"]);
    check("none", &[]);
    check("_sysctl", &["_sysctl"]);
    check(
        "/^sched_get",
        &[
            "sched_getparam",
            "sched_getscheduler",
            "sched_get_priority_max",
            "sched_get_priority_min",
            "sched_getaffinity",
            "sched_getattr",
        ],
    );
}

#[test]
fn numbers_belong_to_one_abi() {
    let native = Abi::native();
    let set = Set::parse("42").unwrap();
    assert!(set.contains(native, 42) && !set.contains(native, 43) && !set.contains(Abi::I386, 42));
    check("59@x86_64", &["execve"]);
    check_abi(Abi::I386, "11@32", &["execve"]);
    check_abi(Abi::I386, "11@64", &[]);
    // A number that the table does not know yet can be asked for.
    assert!(Set::parse("511@32").unwrap().contains(Abi::I386, 511));
}

#[test]
fn exclamation_marks_exclude() {
    check("/^pipe,!pipe2", &["pipe"]);
    check(
        "!pipe2,/^pipe",
        &Vec::from_iter(table::numbers(Abi::X86_64).iter().map(|e| e.1).filter(|n| !n.starts_with("pipe"))),
    );
    let both = Set::parse("!read,write").unwrap();
    assert_eq!(both, Set::parse("!read,!write").unwrap());
    assert_eq!(both, Set::parse("all,!write,!read").unwrap());
    assert_eq!(both, Set::parse("! read , ! write").unwrap());
    // The place of an exclusion does not matter.
    assert_eq!(Set::parse("read,!read,read").unwrap(), Set::parse("none").unwrap());
    assert_eq!(Set::parse("!none").unwrap(), Set::all());
    assert_eq!(Set::parse("!all").unwrap(), Set::parse("none").unwrap());
}

#[test]
fn calls_no_table_knows_follow_all() {
    let check = |list: &str, expected: bool| {
        let set = Set::parse(list).unwrap();
        assert_eq!(set.includes_unknown(), expected, "{list}");
        for (abi, nr) in [(Abi::X86_64, 512), (Abi::X86_64, u32::MAX), (Abi::X86_64, 500), (Abi::Arm, 5)] {
            assert_eq!(set.contains(abi, nr), expected, "{list} {abi:?} {nr}");
        }
    };
    check("all", true);
    check("!read", true);
    check("all,!read", true);
    check("read", false);
    check("none", false);
    check("!all", false);
    check("all@64", false);
    check("/.", false);
}

#[test]
fn bitmaps_agree_with_contains() {
    for list in ["all", "none", "read,exit_group,openat2", "!read", "%file", "mmap"] {
        let set = Set::parse(list).unwrap();
        for abi in [Abi::X86_64, Abi::I386, Abi::Aarch64, Abi::Arm] {
            let words = set.bitmap(abi);
            for nr in 0..WIDTH as u32 {
                let bit = words[nr as usize / 64] >> (nr % 64) & 1 != 0;
                assert_eq!(bit, set.contains(abi, nr), "{list} {abi:?} {nr}");
            }
        }
    }
    assert!(Set::all().is_all() && !Set::all().is_empty());
    assert!(Set::parse("none").unwrap().is_empty());
}

#[test]
fn a_name_stands_for_its_wide_form_on_i386() {
    check_abi(Abi::I386, "mmap", &["mmap", "mmap2"]);
    check_abi(Abi::I386, "stat", &["stat", "stat64"]);
    check_abi(Abi::I386, "lseek", &["lseek", "_llseek"]);
    check_abi(Abi::I386, "newfstatat", &["fstatat64"]);
    check_abi(Abi::I386, "fstatat", &["fstatat64"]);
    check_abi(Abi::I386, "fadvise64", &["fadvise64", "fadvise64_64"]);
    check_abi(Abi::I386, "futex", &["futex", "futex_time64"]);
    check_abi(Abi::I386, "clock_gettime", &["clock_gettime", "clock_gettime64"]);
    check_abi(Abi::I386, "getuid", &["getuid", "getuid32"]);
    check_abi(Abi::I386, "umount", &["umount", "umount2"]);
    check_abi(Abi::I386, "umount2", &["umount2"]);
    // These are functions of their own.
    check_abi(Abi::I386, "getdents", &["getdents"]);
    check_abi(Abi::I386, "dup", &["dup"]);
    check_abi(Abi::I386, "clone", &["clone"]);
    // Named with an ABI, or named as i386 names it, a call is meant exactly.
    check_abi(Abi::I386, "stat@32", &["stat"]);
    check_abi(Abi::I386, "stat64", &["stat64"]);
    check("stat64", &[]);
    check("stat@32", &[]);
}

#[test]
fn every_wide_form_is_reached() {
    // What only i386 has and ends like a wide form, but widens nothing.
    const OWN: &[&str] = &[];
    for &(_, wide) in table::numbers(Abi::I386) {
        let elsewhere =
            table::number(Abi::X86_64, wide).is_some() || table::number(Abi::Aarch64, wide).is_some();
        let looks_wide = ["64", "32"].iter().any(|end| wide.ends_with(end));
        if elsewhere || !looks_wide || OWN.contains(&wide) {
            continue;
        }
        let reached = table::numbers(Abi::X86_64).iter().any(|entry| replaces(entry.1, wide));
        assert!(reached, "{wide} is selected by no 64-bit name");
    }
}

#[test]
fn aliases_lead_to_calls() {
    for (alias, name) in ALIASES {
        assert!(selects(alias, Abi::X86_64, name), "{alias}");
        assert_eq!(table::number(Abi::X86_64, alias), None, "{alias} is a name");
    }
}

#[test]
fn classes_select_calls() {
    let check = |list: &str, name: &str, expected: bool| {
        assert_eq!(selects(list, Abi::X86_64, name), expected, "{list} {name}");
    };
    check("%file", "openat", true);
    check("%file", "read", false);
    check("%file,!openat", "openat", false);
    check("%desc", "read", true);
    check("!%desc", "read", false);
    check("!%desc", "getpid", true);
    check("%net", "socket", true);
    check("%network", "socket", true);
    check("%stat", "stat", true);
    check("%stat", "fstat", false);
    check("%%stat", "fstat", true);
    check("%%statfs", "fstatfs", true);
    check("%memory", "mmap", true);
    check("%FileSystem", "openat", true);
    check("%filesystem", "read", true);
    check("%FILESYSTEM", "socket", false);
    check("%Sockets", "socket", true);
    check("%sockets", "sendto", false);
    // Strace's class has shared memory, semaphores and queues, the taxonomy's also pipes and futexes.
    check("%ipc", "pipe", false);
    check("%IPC", "pipe", true);
    check("%file@32", "openat", false);
    assert!(selects("%file@32", Abi::I386, "stat64"));
    assert!(selects("%Network", Abi::Aarch64, "socket"));
}

#[test]
fn every_class_selects_something() {
    for class in classes() {
        assert!(!Set::parse(&format!("%{class}")).unwrap().is_empty(), "%{class}");
    }
}

#[test]
fn errors_name_the_item_and_what_was_meant() {
    check_error("opena", "no system call is called \"opena\"; did you mean openat");
    check_error("read,opne", "did you mean open?");
    check_error("read,wirte", "did you mean write?");
    check_error("qqqqqq", "no system call is called \"qqqqqq\"");
    check_error("file", "did you mean %file");
    check_error("waitp", "waitpid");
    check_error("%fil", "no class is called \"%fil\"; did you mean %file");
    check_error("%zzz", "%desc, %file, %memory");
    check_error("%socket", "%Sockets");
    check_error("read@foo", "no ABI is called \"foo\"");
    check_error("stat64@64", "\"stat64@64\" selects nothing");
    check_error("999", "too large");
    check_error("99999999999999999999", "too large");
    check_error("/(", "not a regular expression");
    check_error("/^nothing$", "matches no system call");
    for list in ["", " ", ",", "read,", ",read", "read,,write", "!", "!,read", "read,!"] {
        check_error(list, "an item is missing");
    }
    for list in ["@32", "%", "?", "sys_", "%@32"] {
        assert!(Set::parse(list).is_err() || list == "?", "{list}");
    }
}

#[test]
fn no_list_panics() {
    const PARTS: &[&str] = &["!", "%", "/", "@", "32", "read", ",", "?", "sys_", " ", "ü", "(", "all", "9"];
    let mut state = 1_u64;
    for _ in 0..2_000 {
        let mut list = String::new();
        for _ in 0..state % 7 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            list.push_str(PARTS[(state >> 33) as usize % PARTS.len()]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if let Ok(set) = Set::parse(&list) {
            assert_eq!(Set::parse(&set.to_string()).unwrap(), set, "{list:?}");
        }
    }
}

#[test]
fn display_is_what_was_written() {
    for (list, expected) in [("read", "read"), (" ! read , !%file", "!read,!%file"), ("a ll", "")] {
        assert_eq!(Set::parse(list).map(|set| set.to_string()).unwrap_or_default(), expected);
    }
    assert_eq!(Set::all().to_string(), "all");
}
