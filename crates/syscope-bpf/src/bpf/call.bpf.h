/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* A call in its registers: which ABI it was made by, its number and its arguments, per architecture. */
#ifndef SYSCOPE_CALL_H
#define SYSCOPE_CALL_H

struct call {
	int nr;
	__u32 abi;
	__u64 args[ARGS_MAX];
};

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: a 32-bit call is in progress */
#define THREAD_SIZE (4096 << 2)
#define STACK_TOP_PAD 0

static __always_inline __u32 call_abi(struct task_struct *task)
{
	return READ(task, thread_info.status) & TS_COMPAT ? ABI_COMPAT : ABI_NATIVE;
}

static __always_inline int call_nr(struct pt_regs *regs)
{
	return (int)regs->orig_ax;
}

static __always_inline void call_args(struct pt_regs *regs, __u32 abi, __u64 *args)
{
	if (abi == ABI_COMPAT) {
		/* The 32-bit convention, whatever the width of the code that used it. */
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
	} else {
		args[0] = regs->di;
		args[1] = regs->si;
		args[2] = regs->dx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	}
}

/* The same by CO-RE reads, for registers that are not a program's argument. */
static __always_inline int call_core_nr(struct pt_regs *regs)
{
	return (int)BPF_CORE_READ(regs, orig_ax);
}

static __always_inline void call_core_args(struct pt_regs *regs, __u32 abi, __u64 *args)
{
	if (abi == ABI_COMPAT) {
		args[0] = (__u32)BPF_CORE_READ(regs, bx);
		args[1] = (__u32)BPF_CORE_READ(regs, cx);
		args[2] = (__u32)BPF_CORE_READ(regs, dx);
		args[3] = (__u32)BPF_CORE_READ(regs, si);
		args[4] = (__u32)BPF_CORE_READ(regs, di);
		args[5] = (__u32)BPF_CORE_READ(regs, bp);
	} else {
		args[0] = BPF_CORE_READ(regs, di);
		args[1] = BPF_CORE_READ(regs, si);
		args[2] = BPF_CORE_READ(regs, dx);
		args[3] = BPF_CORE_READ(regs, r10);
		args[4] = BPF_CORE_READ(regs, r8);
		args[5] = BPF_CORE_READ(regs, r9);
	}
}

/* After rt_sigreturn orig_ax is -1 (arch/x86/kernel/signal_64.c: disable syscall restart checks). */
#define NR_NONE (-1)
#define NR_RT_SIGRETURN(abi) ((abi) == ABI_COMPAT ? 173 : 15)
#define NR_EXECVE(abi) ((abi) == ABI_COMPAT ? 11 : 59)
#define NR_EXECVEAT(abi) ((abi) == ABI_COMPAT ? 358 : 322)
#define NR_EXIT(abi) ((abi) == ABI_COMPAT ? 1 : 60)
#define NR_EXIT_GROUP(abi) ((abi) == ABI_COMPAT ? 252 : 231)

static __always_inline bool call_forks(__u32 abi, int nr)
{
	if (abi == ABI_COMPAT)
		return nr == 2 || nr == 120 || nr == 190 || nr == 435;
	return nr == 56 || nr == 57 || nr == 58 || nr == 435;
}

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT 22
#define THREAD_SIZE (1 << 14)
#define STACK_TOP_PAD 0

static __always_inline __u32 call_abi(struct task_struct *task)
{
	return READ(task, thread_info.flags) & (1UL << TIF_32BIT) ? ABI_COMPAT : ABI_NATIVE;
}

static __always_inline int call_nr(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline void call_args(struct pt_regs *regs, __u32 abi, __u64 *args)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

static __always_inline int call_core_nr(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, syscallno);
}

static __always_inline void call_core_args(struct pt_regs *regs, __u32 abi, __u64 *args)
{
	args[0] = BPF_CORE_READ(regs, orig_x0);
	args[1] = BPF_CORE_READ(regs, regs[1]);
	args[2] = BPF_CORE_READ(regs, regs[2]);
	args[3] = BPF_CORE_READ(regs, regs[3]);
	args[4] = BPF_CORE_READ(regs, regs[4]);
	args[5] = BPF_CORE_READ(regs, regs[5]);
}

#define NR_NONE (-1)
#define NR_RT_SIGRETURN(abi) 139
#define NR_EXECVE(abi) 221
#define NR_EXECVEAT(abi) 281
#define NR_EXIT(abi) 93
#define NR_EXIT_GROUP(abi) 94

static __always_inline bool call_forks(__u32 abi, int nr)
{
	return nr == 220 || nr == 435;
}

#endif

/* enum bpf_func_id, as far as it is asked about. */
enum bpf_func_id___task_pt_regs {
	BPF_FUNC_task_pt_regs___task_pt_regs = 175,
};

/* The registers a task left user space with; before 5.15 they are found at the top of its kernel stack. */
static __always_inline struct pt_regs *call_task_regs(struct task_struct *task)
{
#ifndef PORTABLE
	if (bpf_core_enum_value_exists(enum bpf_func_id___task_pt_regs,
				       BPF_FUNC_task_pt_regs___task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(task);
#endif
	return (struct pt_regs *)((unsigned long)BPF_CORE_READ(task, stack) + THREAD_SIZE -
				  STACK_TOP_PAD - bpf_core_type_size(struct pt_regs));
}

#define ERRNO_MAX 4095 /* include/linux/err.h */

static __always_inline bool call_failed(__s64 ret)
{
	return ret < 0 && ret >= -ERRNO_MAX;
}

#endif
