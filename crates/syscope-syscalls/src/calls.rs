//! The specifications of all system calls, one file per topic.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::Abi;
use crate::syscall::Syscall;

pub mod aarch64;
pub mod control;
pub mod descriptor;
pub mod filesystem;
pub mod i386;
pub mod i386_files;
pub mod ipc;
pub mod memory;
pub mod mount;
pub mod network;
pub mod process;
pub mod signals;
pub mod system;
pub mod threads;
pub mod time;

/// The calls that mean the same on every machine.
pub static COMMON: &[&[Syscall]] = &[
    control::CALLS,
    descriptor::CALLS,
    filesystem::CALLS,
    ipc::CALLS,
    memory::CALLS,
    mount::CALLS,
    network::CALLS,
    process::CALLS,
    signals::CALLS,
    system::CALLS,
    threads::CALLS,
    time::CALLS,
];

/// Finds a call by its name; calls that exist or differ on one ABI only come first.
pub fn find(abi: Abi, name: &str) -> Option<&'static Syscall> {
    static BY_NAME: LazyLock<HashMap<(Option<Abi>, &'static str), &'static Syscall>> = LazyLock::new(|| {
        let mut index = HashMap::new();
        for syscall in COMMON.iter().copied().flatten() {
            index.insert((None, syscall.name), syscall);
        }
        for (abi, calls) in
            [(Abi::I386, i386::CALLS), (Abi::I386, i386_files::CALLS), (Abi::Aarch64, aarch64::CALLS)]
        {
            for syscall in calls {
                index.insert((Some(abi), syscall.name), syscall);
            }
        }
        index
    });
    BY_NAME.get(&(Some(abi), name)).or_else(|| BY_NAME.get(&(None, name))).copied()
}
