#!/usr/bin/env python3
"""Says whether the privileged tests can run here: exit status 0, or 1 with the reasons on stdout.

The tests need to load a tracing program, so this loads the smallest one there is and nothing else;
it depends on no package but Python, and runs before anything has been built.
"""

import ctypes
import os
import platform
import struct
import sys

BPF_PROG_LOAD = 5
BPF_PROG_TYPE_RAW_TRACEPOINT = 17
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}


def load_empty_program():
    """Loads `r0 = 0; exit`; returns the error text, or None."""
    number = BPF_SYSCALL.get(platform.machine())
    if number is None:
        return f"the number of bpf(2) on {platform.machine()} is not known here"
    instructions = struct.pack("<BBhi", 0xB7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"GPL")
    # union bpf_attr: prog_type, insn_cnt, insns, license, then fields that may all be zero.
    attributes = ctypes.create_string_buffer(
        struct.pack(
            "=IIQQ", BPF_PROG_TYPE_RAW_TRACEPOINT, 2, ctypes.addressof(code), ctypes.addressof(licence)
        ),
        128,
    )
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(number, BPF_PROG_LOAD, attributes, 128)
    if descriptor < 0:
        return f"loading an eBPF program fails: {os.strerror(ctypes.get_errno())}"
    os.close(descriptor)
    return None


def main():
    reasons = []
    if os.geteuid() != 0:
        reasons.append("not root")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        reasons.append("the kernel has no BTF (/sys/kernel/btf/vmlinux)")
    error = load_empty_program()
    if error:
        reasons.append(error)
    print("; ".join(reasons))
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
