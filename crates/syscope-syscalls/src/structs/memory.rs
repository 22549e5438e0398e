//! Memory: residency, policies, other processes' memory, the page cache.

use crate::capture::{Op, Operand, When};
use crate::decode::Cx;
use crate::layout::{Item, Prim, Struct, View, f, plain};
use crate::names::Flags;
use crate::names::errno;
use crate::names::memory as names;
use crate::sink::Plain;
use crate::structs::process::address;
use crate::syscall::{Custom, Ty};
use crate::{Abi, Status};

/// The protection bits of a machine.
pub fn protection(abi: Abi) -> &'static Flags {
    if abi == Abi::Aarch64 { &names::MMAP_PROT_ARM64 } else { &names::MMAP_PROT }
}

/// The mapping flags of a machine.
pub fn mapping(abi: Abi) -> &'static Flags {
    if abi == Abi::Aarch64 { &names::MMAP_FLAGS_ARM64 } else { &names::MMAP_FLAGS }
}

/// `struct iovec` whose buffers belong to someone else or do not matter: shown as addresses.
pub static IOVEC: Struct =
    plain("iovec", &[f("iov_base", Prim::Ptr, Ty::Addr), f("iov_len", Prim::ULong, Ty::ULong)]);

/// The same as an element.
pub static BUFFERS: Item = Item::Struct(&IOVEC);

/// The residency of pages, in argument 2 of `mincore`: one byte per page, of which the lowest bit counts.
pub static RESIDENCY: Custom = Custom {
    // There are as many bytes as pages; no op divides, but no more are shown than these.
    capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(1), 1, SHOWN + 1).if_ok()],
    print: print_residency,
};

/// The most elements that an array shows.
const SHOWN: u16 = 32;

fn print_residency(cx: &mut Cx<'_, '_>, arg: usize) {
    let Some(blob) = cx.blob(arg, 0).filter(|_| cx.call.ok()) else { return address(cx, arg) };
    let pages = cx.arg(1).div_ceil(4096);
    cx.out.begin_array(false);
    let shown = pages.min(u64::from(SHOWN)) as usize;
    for byte in blob.bytes.iter().take(shown) {
        cx.out.item();
        cx.out.uint(u64::from(byte & 1));
    }
    cx.out.end_array(pages > blob.bytes.len().min(shown) as u64);
}

/// What `MEMBARRIER_CMD_QUERY` and `MEMBARRIER_CMD_GET_REGISTRATIONS` return: a set of commands.
pub static MEMBARRIER_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_membarrier_result };

fn print_membarrier_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    if !matches!(cx.arg(0) as u32, 0 | 512) || ret == 0 {
        return cx.out.int(ret);
    }
    cx.out.hex(ret as u64);
    cx.out.begin_details();
    cx.out.item();
    cx.out.flags(&names::MEMBARRIER_CMD_SET, ret as u64);
    cx.out.end_details();
}

/// The own buffers of `process_vm_readv`: data if the call succeeded, otherwise addresses.
pub static READ_BUFFERS: Custom = Custom {
    capture: |abi| {
        vec![
            Op::iovec(Operand::Arg(1), Operand::Arg(2), Operand::Ret).if_ok(),
            Op::array(Operand::Arg(1), Operand::Arg(2), IOVEC.size(abi) as u16, 512).when(When::Failed),
        ]
    },
    print: print_read_buffers,
};

fn print_read_buffers(cx: &mut Cx<'_, '_>, arg: usize) {
    let (value, count) = (cx.arg(arg), cx.arg(2));
    if cx.call.ok() {
        let total = cx.call.ret.map(|ret| ret.max(0) as u64);
        return cx.iovec(arg, 0, value, count, total);
    }
    match cx.blob(arg, 1).filter(|blob| blob.status != Status::Fault) {
        Some(blob) => {
            let view = View { abi: cx.call.abi, bytes: blob.bytes };
            let have = (blob.bytes.len() / IOVEC.size(view.abi)) as u64;
            cx.elements(&BUFFERS, view, count.min(have));
        }
        None => address(cx, arg),
    }
}

/// What became of a page in `move_pages`: a node or an error.
pub static PAGE_STATUS: Struct = Struct {
    name: "int",
    fields: &[f("status", Prim::I32, Ty::Int)],
    print: Some(print_page_status),
    abbreviated: false,
};

fn print_page_status(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let status = view.i32(0).unwrap_or(0);
    match u16::try_from(-i64::from(status)).ok().filter(|error| *error > 0).and_then(errno::name) {
        Some(name) => cx.out.form(format_args!("-{name}"), Plain::Text(name)),
        None => cx.out.int(i64::from(status)),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn mappings() {
        check(
            "mmap",
            &[0, 4096, 3, 0x22, u64::MAX, 0],
            0x7f00_0000_0000,
            &[],
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
        );
        check("mprotect", &[0x1000, 4096, 0], 0, &[], "mprotect(0x1000, 4096, PROT_NONE) = 0");
        check("mremap", &[0x1000, 1, 2, 1, 9], 0x1000, &[], "mremap(0x1000, 1, 2, MREMAP_MAYMOVE) = 0x1000");
        check(
            "mincore",
            &[0x1000, 8192, 0x2000],
            0,
            &[(2, 0, &[1, 0, 9])],
            "mincore(0x1000, 8192, [1, 0]) = 0",
        );
        check("membarrier", &[8, 0, 0], 0, &[], "membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) = 0");
        check(
            "membarrier",
            &[0, 0, 0],
            3,
            &[],
            "membarrier(MEMBARRIER_CMD_QUERY, 0) = 0x3 (MEMBARRIER_CMD_GLOBAL|MEMBARRIER_CMD_GLOBAL_EXPEDITED)",
        );
    }

    #[test]
    fn memory_of_others() {
        let local = [longs(&[0x1000, 5]), words(&[2]), b"wo".to_vec()].concat();
        check(
            "process_vm_readv",
            &[7, 0x10, 1, 0x20, 1, 0],
            2,
            &[(1, 0, &local), (3, 0, &longs(&[0x3000, 5]))],
            "process_vm_readv(7, [{iov_base=\"wo\", iov_len=5}], 1, [{iov_base=0x3000, iov_len=5}], 1, 0) = 2",
        );
        check(
            "process_vm_readv",
            &[7, 0x10, 1, 0x20, 1, 0],
            -3,
            &[(1, 1, &longs(&[0x1000, 5]))],
            "process_vm_readv(7, [{iov_base=0x1000, iov_len=5}], 1, 0x20, 1, 0) = -1",
        );
        let status = words(&[0, (-14_i32) as u32]);
        check(
            "move_pages",
            &[0, 2, 0x10, 0, 0x20, 2],
            0,
            &[(2, 0, &longs(&[0x1000, 0])), (4, 0, &status)],
            "move_pages(0, 2, [0x1000, NULL], NULL, [0, -EFAULT], MPOL_MF_MOVE) = 0",
        );
        check(
            "cachestat",
            &[3, 0x10, 0x20, 0],
            0,
            &[(1, 0, &longs(&[0, 9])), (2, 0, &longs(&[1, 2, 3, 4, 5]))],
            "cachestat(3, {off=0, len=9}, {nr_cache=1, nr_dirty=2, nr_writeback=3, nr_evicted=4, \
             nr_recently_evicted=5}, 0) = 0",
        );
    }
}
