// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
//
// The floor: what a call costs as soon as any program is attached to the system call tracepoints,
// even one that does nothing. Kernel BTF is needed to load it, no header of the kernel to build it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tp_btf/sys_exit")
int empty_exit(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int empty_enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
