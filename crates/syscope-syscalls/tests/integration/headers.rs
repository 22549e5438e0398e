//! The numbers against the C headers of this machine, as far as they are installed.

use std::collections::HashMap;
use std::path::Path;

use syscope_syscalls::Abi;
use syscope_syscalls::table::number;

use crate::assert_none;

#[test]
fn x86_64() {
    compare(Abi::X86_64, &["asm/unistd_64.h", "x86_64-linux-gnu/asm/unistd_64.h"]);
}

#[test]
fn i386() {
    compare(Abi::I386, &["asm/unistd_32.h", "x86_64-linux-gnu/asm/unistd_32.h"]);
}

#[test]
fn aarch64() {
    compare(Abi::Aarch64, &["asm-generic/unistd.h"]);
}

/// Compares with the first of `headers` that exists. Without one there is nothing to compare with.
fn compare(abi: Abi, headers: &[&str]) {
    let text =
        headers.iter().find_map(|path| std::fs::read_to_string(Path::new("/usr/include").join(path)).ok());
    let Some(text) = text else { return eprintln!("none of {headers:?} is installed") };
    let mut problems = Vec::new();
    let header = parse(&text);
    for (name, expected) in &header {
        let found = number(abi, name);
        // The generic header also has what only 32-bit machines and machines other than arm64 use.
        let foreign = abi == Abi::Aarch64 && found.is_none();
        if found != Some(*expected) && !foreign {
            problems.push(format!("{name}: {found:?} here, {expected} in the header"));
        }
    }
    assert!(header.len() > 300, "only {} names were found in the header", header.len());
    assert_none("numbers differ", &problems);
}

/// The `#define __NR_name number` of a header; `__NR_name` may be defined as another macro.
fn parse(text: &str) -> Vec<(String, u32)> {
    let define = |line: &str| {
        let mut words = line.strip_prefix("#define ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    let macros: HashMap<String, String> = text.lines().filter_map(define).collect();
    let resolve = |value: &str| {
        let value = macros.get(value).map_or(value, String::as_str);
        value.parse().ok()
    };
    let calls = macros.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("__NR_")?;
        Some((name.to_owned(), resolve(value)?))
    });
    // Not calls: where a machine's own numbers begin, and how many there are.
    calls.filter(|(name, _)| !matches!(name.as_str(), "syscalls" | "arch_specific_syscall")).collect()
}

#[test]
fn defines_are_resolved() {
    let mut found =
        parse("#define __NR_a 1\n#define __NR3264_b 2\n#define __NR_b __NR3264_b\n#define __NR_syscalls 3\n");
    found.sort();
    assert_eq!(found, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
}
