// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/*
 * System calls and the processes that make them.
 *
 * Exit first: one program on sys_exit filters, reads the arguments (the registers still hold them) and sends the record.
 * The entry is hooked only for latency and for calls that are still in progress when a run ends. Calls that do not
 * return have their own places: a successful exec is recorded at sched_process_exec from the new image, exit and
 * exit_group at sched_process_exit.
 */
#include "intf.h"
#include "kernel.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "task.bpf.h"
#include "call.bpf.h"
#include "state.bpf.h"
#include "turn.bpf.h"
#include "ring.bpf.h"
#include "owner.bpf.h"
#include "event.bpf.h"
#include "cgroup.bpf.h"
#include "count.bpf.h"
#include "jobs.bpf.h"
#include "filter.bpf.h"
#include "blob.bpf.h"
#include "fd.bpf.h"
#include "capture.bpf.h"
#include "process.bpf.h"
#include "exec.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* What was noted while the entry was hooked before is over: the calls that ended meanwhile were not seen. */
static __always_inline void follow_hook(struct task_state *state)
{
	if (want_jobs && state && state->hooked != entry_hooked) {
		state->hooked = entry_hooked;
		state->entered = 0;
		state->has_entered = 0;
	}
}

/* How long the call took that a task leaves, if that is measured. */
static __always_inline __u64 measure(struct task_struct *task, struct task_state *state, __u32 abi,
				     int nr, __u32 *flags)
{
	__u64 latency = 0;

	if (!want_latency || (want_jobs && !entry_hooked))
		return 0;
	if (!state)
		state = task_find(task);
	follow_hook(state);
	if (state && state->entered) {
		latency = bpf_ktime_get_boot_ns() - state->entered;
		state->entered = 0;
		*flags |= EVENT_HAS_LATENCY;
	} else if (state && state->has_entered) {
		/* Before its first entry a task may leave a call that began before the run did. */
		*flags |= EVENT_NO_ENTRY;
	} else if (want_jobs || filter_syscall(abi, nr)) {
		/* From this exit on that is over; where all are rejected, no entry would tell. */
		if (!state)
			state = task_get(task);
		if (state) {
			state->hooked = entry_hooked;
			state->has_entered = 1;
		}
	}
	return latency;
}

static __always_inline int on_sys_exit(struct pt_regs *regs, long ret)
{
	struct task_struct *task = task_current();
	__u64 now, latency, wanted, args[ARGS_MAX];
	struct task_state *state = NULL;
	__u32 abi, program, flags = 0;
	struct scratch *s;
	struct stats *stats;
	bool sent;
	int nr;

	if (want_counts) {
		if (!enabled || READ(task, tgid) == (int)tracer)
			return 0;
	} else if (!filter_task(task, &state)) {
		filter_forget(task);
		return 0;
	}
	abi = call_abi(task);
	nr = call_nr(regs);
	if (abi == ABI_COMPAT)
		ret = (int)ret;
	if (nr == NR_NONE)
		nr = NR_RT_SIGRETURN(abi);
	latency = measure(task, state, abi, nr, &flags);
	/* The child's way out of a fork, which it never entered. */
	if (ret == 0 && call_forks(abi, nr))
		return 0;
	if (want_counts)
		count_call(task, abi, nr, ret, flags & EVENT_HAS_LATENCY, latency);
	/* An exec that sched_process_exec has recorded. */
	if (ret == 0 && (nr == NR_EXECVE(abi) || nr == NR_EXECVEAT(abi)))
		return 0;
	wanted = filter_call(task, abi, nr, ret, latency, &flags);
	if (!wanted)
		return 0;
	stats = stats_get();
	if (!stats)
		return 0;
	call_args(regs, abi, args);
	program = capture_choose(abi, nr, args);
	now = bpf_ktime_get_boot_ns();
	if (!program && nr != NR_RT_SIGRETURN(abi)) {
		/* Nothing to copy: the record is built in the ring itself. */
		void *ring = ring_get(bpf_get_smp_processor_id());
		struct event *e;

		stats->syscalls.produced++;
		e = ring ? bpf_ringbuf_reserve(ring, sizeof(*e), 0) : NULL;
		if (want_jobs)
			jobs_account(wanted, e != NULL);
		if (!e) {
			stats->syscalls.lost++;
			return 0;
		}
		event_fill(e, task, EVENT_SYSCALL, abi, nr, ret, args, now, latency, flags);
		e->lost = stats->syscalls.lost;
		if (want_jobs)
			e->jobs = wanted;
		bpf_ringbuf_submit(e, ring_wakeup());
		return 0;
	}
	s = scratch_get();
	if (!s)
		return 0;
	event_fill(&s->event, task, EVENT_SYSCALL, abi, nr, ret, args, now, latency, flags);
	if (want_jobs)
		s->event.jobs = wanted;
	s->used = 0;
	if (program) {
		capture_run(program);
	} else {
		/* rt_sigreturn: its argument was on a stack that is gone; what it restored is in the task. */
		struct blob *blob = blob_begin(s, 0, 0);

		if (blob) {
			*(__u64 *)(blob + 1) = READ(task, blocked.sig[0]);
			blob_end(s, blob, 8);
		}
	}
	sent = ring_output(s, &stats->syscalls);
	if (want_jobs)
		jobs_account(s->event.jobs, sent);
	return 0;
}

COPIES_OF(sys_exit, on_sys_exit((struct pt_regs *)ctx[0], ctx[1]))

/* Attached for latency and for calls in progress only. */
static __always_inline int on_sys_enter(struct pt_regs *regs, long nr)
{
	struct task_struct *task = task_current();
	struct task_state *state = NULL;
	__u32 abi;

	if (want_counts) {
		if (!enabled || READ(task, tgid) == (int)tracer)
			return 0;
		state = task_find(task);
	} else if (!filter_task(task, &state)) {
		filter_forget(task);
		return 0;
	}
	/* What only counts calls needs no more than the time. */
	if (!want_jobs || jobs_active) {
		if (state)
			state->has_entered = 1;
		abi = call_abi(task);
		if (!want_jobs && !filter_syscall(abi, nr))
			return 0;
		if (!state)
			state = task_get(task);
		if (!state)
			return 0;
		call_args(regs, abi, state->args);
		state->nr = nr;
		state->abi = abi;
	} else {
		if (!state)
			state = task_get(task);
		if (!state)
			return 0;
		state->nr = NR_NONE;
	}
	if (want_jobs)
		state->hooked = entry_hooked;
	state->has_entered = 1;
	state->entered = bpf_ktime_get_boot_ns();
	return 0;
}

COPIES_OF(sys_enter, on_sys_enter((struct pt_regs *)ctx[0], ctx[1]))

/* Marks the child of a marked task; says so where that fails. Also before and after the run records. */
static __always_inline void fork_mark(struct task_struct *parent, struct task_struct *child)
{
	static const __u64 no_args[ARGS_MAX] = {};
	struct task_state *state = filter_marked(parent);
	struct scratch *s;
	struct stats *stats;

	if (!state || state->traced != TASK_TRACED)
		return;
	state = task_get(child);
	if (state) {
		state->traced = TASK_TRACED;
		__sync_fetch_and_add(&tasks_traced, 1);
		return;
	}
	s = scratch_get();
	stats = stats_get();
	if (!s || !stats)
		return;
	event_fill(&s->event, task_current(), EVENT_LOG, 0, LOG_TASK_STORAGE_FULL, 0, no_args,
		   bpf_ktime_get_boot_ns(), 0, 0);
	s->event.args[0] = READ(child, pid);
	s->used = 0;
	ring_output(s, &stats->processes);
}

static __always_inline int on_fork(struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state;
	struct stats *stats;

	if (filter.by & FILTER_TREE)
		fork_mark(parent, child);
	cgroup_fork(parent, child);
	if (!want_processes || READ(child, pid) != READ(child, tgid) ||
	    !filter_task(parent, &state))
		return 0;
	stats = stats_get();
	if (stats)
		process_send(child, stats, READ(parent, tgid));
	return 0;
}

COPIES_OF(sched_process_fork, on_fork((struct task_struct *)ctx[0], (struct task_struct *)ctx[1]))

#ifndef PORTABLE
/*
 * Kernels from 6.10 pass here before the point of no return: registers and memory are still the caller's. Which call it
 * is, its flags and its first argument are known here only; sched_process_exec sees the new image's registers.
 */
static __always_inline int on_prepare_exec(struct task_struct *task, struct linux_binprm *bprm)
{
	struct task_state *state;
	struct pt_regs *regs;

	if (!enabled)
		return 0;
	task = task_current();
	state = filter.by & FILTER_TREE ? task_find(task) : task_get(task);
	if (!state || (filter.by & FILTER_TREE && !state->traced))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	state->abi = call_abi(task);
	state->nr = call_nr(regs);
	call_args(regs, state->abi, state->args);
	state->exec_noted = 1;
	state->exec_permitted = READ(task, cred, cap_permitted.val);
	task_comm(task, state->exec_comm);
	state->exec_argv0_len = 0;
	if (BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename)) {
		__u64 argv = state->nr == NR_EXECVEAT(state->abi) ? state->args[2] : state->args[1];
		__u64 first = 0;
		long len = -1;

		if (!bpf_probe_read_user(&first, state->abi == ABI_COMPAT ? 4 : 8, (void *)argv))
			len = bpf_probe_read_user_str(state->exec_argv0, sizeof(state->exec_argv0),
						      (void *)first);
		if (len > 0)
			state->exec_argv0_len = len;
	}
	return 0;
}

COPIES_OF(sched_prepare_exec,
	  on_prepare_exec((struct task_struct *)ctx[0], (struct linux_binprm *)ctx[1]))
#endif

/* A successful exec, from the kernel's own copy: the file name in bprm and the argument vector of the new image. */
static __always_inline int on_exec(struct task_struct *task, int old_tid, struct linux_binprm *bprm)
{
	__u64 now, latency = 0, wanted, args[ARGS_MAX] = {};
	struct task_state *state = NULL;
	__u32 abi, new_abi, flags = EVENT_EXEC, first;
	struct pt_regs *regs;
	struct scratch *s;
	struct stats *stats;
	struct blob *blob;
	bool sent;
	int nr;

	task = task_current();
	if (filter.by & FILTER_TREE) {
		state = filter_marked(task);
		if (state && state->traced == TASK_ARMED)
			state->traced = TASK_TRACED;
	}
	task_renumber(task, old_tid);
	cgroup_exec(task);
	if (!filter_task(task, &state))
		return 0;
	if (!state)
		state = task_find(task);
	follow_hook(state);
	stats = stats_get();
	s = scratch_get();
	if (!stats || !s)
		return 0;
	now = bpf_ktime_get_boot_ns();
	new_abi = call_abi(task);
	abi = new_abi;
	nr = NR_EXECVE(abi);
	if (state && (state->exec_noted || (state->entered && state->nr != NR_NONE))) {
		abi = state->abi & 1;
		nr = state->nr;
		__builtin_memcpy(args, state->args, sizeof(args));
	}
	if (state && state->entered) {
		latency = now - state->entered;
		flags |= EVENT_HAS_LATENCY;
		/* Where calls are counted, that is done when it returns. */
		if (!want_counts)
			state->entered = 0;
	}
	if (want_execs)
		exec_send(task, bprm, stats, state, now);
	else if (want_processes)
		process_send(task, stats, 0);
	wanted = filter_call(task, abi, nr, 0, latency, &flags);
	if (!wanted)
		return 0;
	event_fill(&s->event, task, EVENT_SYSCALL, new_abi, nr, 0, args, now, latency, flags);
	if (want_jobs)
		s->event.jobs = wanted;
	s->used = 0;
	first = nr == NR_EXECVEAT(abi);
	capture_kernel_string((__u64)BPF_CORE_READ(bprm, filename), first);
	regs = call_task_regs(task);
	/* The new stack begins with argc, then the vector (fs/binfmt_elf.c, create_elf_tables). */
	capture_strings(BPF_CORE_READ(regs, sp) + (new_abi == ABI_COMPAT ? 4 : 8), string_limit,
			first + 1);
	if (!state || !(state->exec_noted || flags & EVENT_HAS_LATENCY)) {
		/* The caller's pointer was not seen: the environment is that of the new image, behind its arguments. */
		__u64 word = new_abi == ABI_COMPAT ? 4 : 8;

		s->event.args[first ? 3 : 2] =
			BPF_CORE_READ(regs, sp) + word * (BPF_CORE_READ(bprm, argc) + 2);
	}
	blob = blob_begin(s, first + 2, 0);
	if (blob) {
		*(__u64 *)(blob + 1) = BPF_CORE_READ(bprm, envc);
		blob_end(s, blob, 4);
	}
	if (state && state->exec_noted && state->exec_argv0_len) {
		__u32 len = state->exec_argv0_len - 1;

		blob = blob_begin(s, first + 1, 1);
		if (blob && len < sizeof(state->exec_argv0)) {
			__builtin_memcpy(blob + 1, state->exec_argv0, sizeof(state->exec_argv0));
			if (len == sizeof(state->exec_argv0) - 1)
				blob->status = BLOB_CUT;
			blob_end(s, blob, len);
		}
	}
	if (state)
		state->exec_noted = 0;
	s->event.abi = abi;
	sent = ring_output(s, &stats->syscalls);
	if (want_jobs)
		jobs_account(s->event.jobs, sent);
	return 0;
}

COPIES_OF(sched_process_exec,
	  on_exec((struct task_struct *)ctx[0], ctx[1], (struct linux_binprm *)ctx[2]))

/* Whether an exit or exit_group, which never return, is recorded; where there are jobs, for which of them. */
static __always_inline __u64 filter_exit(struct task_struct *task, __u32 abi, int nr, __u32 *flags)
{
	if (want_jobs)
		return jobs_wanting(task, abi, nr, 0, false, 0, flags);
	return filter_syscall(abi, nr) &&
	       !(filter.by & (FILTER_OK | FILTER_FAILED | FILTER_ERRNO | FILTER_LATENCY));
}

/* Counts and records the call by which a task ends, and the end of a process. */
static __always_inline void send_exit(struct task_struct *task, bool last)
{
	struct pt_regs *regs = call_task_regs(task);
	__u32 abi = call_abi(task), flags = EVENT_NO_RETURN;
	int nr = call_core_nr(regs);
	__u64 now, wanted, args[ARGS_MAX] = {};
	struct task_state *state;
	struct scratch *s;
	struct stats *stats;
	bool exits, sent;

	/* Whoever is killed has PF_SIGNALED; its registers are those of the last call it made. */
	exits = !(READ(task, flags) & PF_SIGNALED) &&
		(nr == NR_EXIT(abi) || nr == NR_EXIT_GROUP(abi));
	if (want_counts && exits && enabled && READ(task, tgid) != (int)tracer)
		count_call(task, abi, nr, 0, false, 0);
	if (!filter_task(task, &state))
		return;
	if (want_latency && !state)
		state = task_find(task);
	if (state)
		state->entered = 0; /* exit never returns, and yet is not in progress any more */
	stats = stats_get();
	s = scratch_get();
	if (!stats || !s)
		return;
	now = bpf_ktime_get_boot_ns();
	wanted = exits ? filter_exit(task, abi, nr, &flags) : 0;
	if (wanted) {
		call_core_args(regs, abi, args);
		event_fill(&s->event, task, EVENT_SYSCALL, abi, nr, 0, args, now, 0, flags);
		if (want_jobs)
			s->event.jobs = wanted;
		s->used = 0;
		sent = ring_output(s, &stats->syscalls);
		if (want_jobs)
			jobs_account(wanted, sent);
	}
	if ((want_processes || want_exits) && last) {
		int status = BPF_CORE_READ(task, group_leader, exit_code);

		if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
			status = BPF_CORE_READ(task, signal, group_exit_code);
		event_fill(&s->event, task, EVENT_EXIT, abi, -1, status, args, now, 0, 0);
		/* The process's own name and number, whichever thread is the last. */
		s->event.tid = s->event.pid;
		task_comm(READ(task, group_leader), s->event.comm);
		s->used = 0;
		ring_output(s, want_exits ? &stats->execs : &stats->processes);
	}
}

static __always_inline int on_exit(__u64 *ctx)
{
	struct task_struct *task = task_current();
	bool last;

	/*
	 * Whether it is the last thread. Without being told, the count of the living tells; two threads that end at the
	 * same moment may then both be taken for the last (kernel/exit.c counts them off before it comes here).
	 */
	last = exit_tells_last ? ctx[1] & 1 : !BPF_CORE_READ(task, signal, live.counter);
	send_exit(task, last);
	if (last)
		cgroup_entering_end(READ(task, tgid));
	/*
	 * Whoever waits for the last marked task is told, though no record may be sent. This comes
	 * last: the run is over then, and a record that came after it would be missing.
	 */
	if (filter.by & FILTER_TREE && filter_marked(task)) {
		/* Two statements: what an atomic addition found there is told since Linux 5.12 only. */
		__sync_fetch_and_add(&tasks_traced, -1);
		if (tasks_traced <= 0)
			ring_ring();
	}
	task_forget(task);
	return 0;
}

COPIES_OF(sched_process_exit, on_exit(ctx))

/*
 * Marks the process `mark_pid` and what descends from it, threads included. User space runs it until it marks nothing
 * new: what is forked meanwhile inherits the mark, what is forked by a process not yet reached is found by the next run.
 */
SEC("iter/task")
int mark_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *ancestor = task;
	struct task_state *state;

	if (!task)
		return 0;
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		__u32 tgid = BPF_CORE_READ(ancestor, tgid);

		if (tgid == mark_pid)
			break;
		if (tgid <= 1 || i == ANCESTORS_MAX - 1 || mark_as == TASK_ARMED)
			return 0;
		ancestor = BPF_CORE_READ(ancestor, real_parent);
	}
	state = task_get(task);
	if (state && !state->traced) {
		state->traced = mark_as;
		__sync_fetch_and_add(&tasks_traced, 1);
		marked++;
	}
	return 0;
}

/* Run once by the tracer, in whose pid namespace its pid may be another. */
SEC("raw_tp")
int find_tracer(void *unused)
{
	tracer = bpf_get_current_pid_tgid() >> 32;
	return 0;
}

/* Whether a task sleeps, and so is in the kernel. */
static __always_inline bool task_sleeps(struct task_struct *task)
{
	struct task_struct___old_state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) != 0;
	return BPF_CORE_READ(old, state) != 0;
}

/*
 * At the end of a run: the calls that have not returned. Read by user space as a file of struct event. The entry of most
 * was noted; of a call that began before the run only the registers are there, and they tell a call from an
 * interruption (whose orig_ax is negative) as long as the task sleeps.
 */
SEC("iter/task")
int calls_in_progress(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *state;
	struct pt_regs *regs;
	struct event e = {};

	if (!task || READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return 0;
	state = task_find(task);
	if (filter.by & FILTER_TREE && (!state || state->traced != TASK_TRACED))
		return 0;
	if (!filter_identity(task))
		return 0;
	e.abi = call_abi(task);
	if (state && state->entered) {
		e.ts = state->entered;
		e.latency = bpf_ktime_get_boot_ns() - state->entered;
		e.flags = EVENT_HAS_LATENCY;
		e.nr = state->nr;
		e.abi = state->abi;
		__builtin_memcpy(e.args, state->args, sizeof(e.args));
	} else if (!(state && state->has_entered) && task_sleeps(task)) {
		regs = call_task_regs(task);
		e.ts = bpf_ktime_get_boot_ns();
		e.nr = call_core_nr(regs);
		call_core_args(regs, e.abi, e.args);
	} else {
		return 0;
	}
	if (e.nr < 0 || !filter_syscall(e.abi, e.nr))
		return 0;
	e.start = READ(task, group_leader, start_boottime);
	e.pid = READ(task, tgid);
	e.tid = READ(task, pid);
	e.ppid = READ(task, real_parent, tgid);
	e.uid = READ(task, cred, uid.val);
	e.gid = READ(task, cred, gid.val);
	e.cgroup = cgroup_id(task);
	e.type = EVENT_SYSCALL;
	e.flags |= EVENT_NO_RETURN | EVENT_IN_PROGRESS;
	if (cgroup_entering(task))
		e.flags |= EVENT_ENTERING;
	task_comm(task, e.comm);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}
