/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Whose turn it is where programs can be preempted.
 *
 * Up to Linux 6.19 a program on a tracepoint runs with preemption off. Since 7.0 it can be preempted (commit f7d327654b88
 * "bpf: Have __bpf_trace_run() use rcu_read_lock_dont_migrate()"; system calls with the sleepable tracepoints after it),
 * and the kernel still refuses to run a program that has begun and not ended on the same CPU, whichever task began it. So
 * one task that is preempted in a program hides the calls of all others on that CPU, until it runs again. Measured in a
 * machine with two busy CPUs: 4 % of the calls.
 *
 * There each program is attached three times. The copies run one after the other for each call, and the first that the
 * kernel lets run does the work; it notes that for the copies behind it. While it works it can't be preempted, because
 * the scratch is the CPU's; but the kernel may switch tasks at the end of that, before it takes note that the program
 * has ended, and so the second copy can be caught too, and the third. What even the third misses is counted by the kernel
 * (`Session::counters`, `skipped`).
 */
#ifndef SYSCOPE_TURN_H
#define SYSCOPE_TURN_H

#ifdef PORTABLE

/* Kernels before 5.11 have none of this. */
#define COPIES_OF(hook, work)                                  \
	SEC("tp_btf/" #hook) int hook(unsigned long long *ctx) \
	{                                                      \
		work;                                          \
		return 0;                                      \
	}

#else

#define TURNS_MAX 65536

/*
 * Key: the low bits of a thread's id. Value: the id, and the last copy that has seen its call. Written here only; user
 * space makes it a single entry where it is not needed. Threads whose ids share the bits disturb each other only if one
 * is preempted between two copies, a few instructions.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TURNS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} turns SEC(".maps");

extern void bpf_preempt_disable(void) __weak __ksym;
extern void bpf_preempt_enable(void) __weak __ksym;

#define COPIES 3

/* Whether copy `copy` of a program does the work; if so turn_end must follow. */
static __always_inline bool turn_begin(__u32 copy)
{
	__u64 tid, seen, *turn;
	__u32 key;

	if (!preemptible)
		return true;
	tid = (__u32)bpf_get_current_pid_tgid();
	key = tid & (TURNS_MAX - 1);
	turn = bpf_map_lookup_elem(&turns, &key);
	if (!turn)
		return false;
	seen = *turn;
	/* An earlier copy has done it. The last one leaves no note, which the next call could take for its own. */
	if (copy && seen >> 32 == tid && (seen & 3) - 1 < copy) {
		*turn = copy == COPIES - 1 ? 0 : tid << 32 | (copy + 1);
		return false;
	}
	*turn = copy == COPIES - 1 ? 0 : tid << 32 | (copy + 1);
	bpf_preempt_disable();
	return true;
}

static __always_inline void turn_end(void)
{
	if (preemptible)
		bpf_preempt_enable();
}

#define COPY_OF(hook, name, copy, work)                        \
	SEC("tp_btf/" #hook) int name(unsigned long long *ctx) \
	{                                                      \
		if (turn_begin(copy)) {                        \
			work;                                  \
			turn_end();                            \
		}                                              \
		return 0;                                      \
	}

/* The programs of one hook; `work` is what they do with their `ctx`. */
#define COPIES_OF(hook, work)                 \
	COPY_OF(hook, hook, 0, work)          \
	COPY_OF(hook, hook##_second, 1, work) \
	COPY_OF(hook, hook##_third, 2, work)

#endif

#endif
