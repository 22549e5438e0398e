//! Numbers: which call a number means, per ABI. The tables are facts of the kernel's ABI
//! (`arch/x86/entry/syscalls/syscall_{64,32}.tbl`, `scripts/syscall.tbl`) and generated.
//!
//! [`name`] and [`syscall`] are asked once per event, so all tables are spread into one flat index with
//! [`WIDTH`] places per ABI: a look-up is one multiplication, one comparison and one load.
//!
//! Not here, and therefore unknown (shown as `syscall_999(0x1, ...)`):
//! - [`Abi::Arm`], the 32-bit calls on an arm64 kernel. They follow the arm EABI table, whose numbers differ
//!   from every other table; taking another table would show wrong names.
//! - x32 calls on x86-64 (numbers from `0x4000_0000`), which few kernels still accept.

use std::sync::LazyLock;

use crate::syscall::Syscall;
use crate::{Abi, calls};

pub mod aarch64;
pub mod i386;
pub mod x86_64;

/// No table has a number from here on. A multiple of 64, so that a set of numbers is an array of words.
pub const WIDTH: usize = 512;

// The index and every `Set` have this many places; a longer table has to widen them.
const _: () = {
    let mut n = 0;
    while n < Abi::ALL.len() {
        let table = numbers(Abi::ALL[n]);
        assert!((table[table.len() - 1].0 as usize) < WIDTH);
        n += 1;
    }
};

/// `(number, name)` ascending by number.
pub const fn numbers(abi: Abi) -> &'static [(u32, &'static str)] {
    match abi {
        Abi::X86_64 => x86_64::NUMBERS,
        Abi::I386 => i386::NUMBERS,
        Abi::Aarch64 => aarch64::NUMBERS,
        Abi::Arm => &[],
    }
}

/// The number of a name. Compares with every name of the table: for parsing, not for events.
pub fn number(abi: Abi, name: &str) -> Option<u32> {
    numbers(abi).iter().find(|entry| entry.1 == name).map(|entry| entry.0)
}

/// The name of a number.
pub fn name(abi: Abi, nr: u32) -> Option<&'static str> {
    Some(entry(abi, nr)?.name)
}

/// The specification of a number.
pub fn syscall(abi: Abi, nr: u32) -> Option<&'static Syscall> {
    entry(abi, nr)?.syscall
}

/// What the index knows of a number.
#[derive(Debug, Clone, Copy)]
struct Entry {
    name: &'static str,
    syscall: Option<&'static Syscall>,
}

fn entry(abi: Abi, nr: u32) -> Option<Entry> {
    static INDEX: LazyLock<Box<[Option<Entry>]>> = LazyLock::new(|| {
        let mut index = vec![None; (Abi::Arm as usize + 1) * WIDTH];
        for abi in Abi::ALL.iter().copied() {
            for &(nr, name) in numbers(abi) {
                index[abi as usize * WIDTH + nr as usize] =
                    Some(Entry { name, syscall: calls::find(abi, name) });
            }
        }
        index.into_boxed_slice()
    });
    let nr = nr as usize;
    if nr < WIDTH { INDEX[abi as usize * WIDTH + nr] } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_abi_has_its_own_numbers() {
        let check = |abi, nr, expected| assert_eq!(name(abi, nr), expected, "{abi:?} {nr}");
        check(Abi::X86_64, 0, Some("read"));
        check(Abi::X86_64, 59, Some("execve"));
        check(Abi::I386, 11, Some("execve"));
        check(Abi::Aarch64, 221, Some("execve"));
        check(Abi::Arm, 11, None);
        // The last place of one table and the first of the next.
        check(Abi::X86_64, 511, None);
        check(Abi::X86_64, 512, None);
        check(Abi::I386, 0, Some("restart_syscall"));
        check(Abi::X86_64, 0x4000_0000, None);
        check(Abi::X86_64, u32::MAX, None);
    }

    #[test]
    fn numbers_and_names_are_inverse() {
        for abi in Abi::ALL.iter().copied() {
            for pair in numbers(abi).windows(2) {
                assert!(pair[0].0 < pair[1].0, "{abi:?}: {} before {}", pair[0].1, pair[1].1);
            }
            for &(nr, text) in numbers(abi) {
                assert_eq!(name(abi, nr), Some(text));
                assert_eq!(number(abi, text), Some(nr), "{abi:?}: {text} stands twice");
            }
        }
    }
}
