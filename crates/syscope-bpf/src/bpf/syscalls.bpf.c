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
#include "call.bpf.h"
#include "state.bpf.h"
#include "ring.bpf.h"
#include "event.bpf.h"
#include "filter.bpf.h"
#include "blob.bpf.h"
#include "fd.bpf.h"
#include "capture.bpf.h"
#include "process.bpf.h"
#include "exec.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 now, latency = 0, args[ARGS_MAX];
	struct task_state *state;
	__u32 abi, program, flags = 0;
	struct scratch *s;
	struct stats *stats;
	int nr;

	if (!filter_task(task, &state))
		return 0;
	abi = call_abi(task);
	nr = call_nr(regs);
	if (abi == ABI_COMPAT)
		ret = (int)ret;
	if (nr == NR_NONE)
		nr = NR_RT_SIGRETURN(abi);
	if (want_latency) {
		if (!state)
			state = bpf_task_storage_get(&tasks, task, 0, 0);
		if (state && state->entered) {
			now = bpf_ktime_get_boot_ns();
			latency = now - state->entered;
			state->entered = 0;
			flags |= EVENT_HAS_LATENCY;
		} else if (state && state->has_entered) {
			/* Before its first entry a task may leave a call that began before the run did. */
			flags |= EVENT_NO_ENTRY;
		} else if (filter_syscall(abi, nr)) {
			/* From this exit on that is over; where all are rejected, no entry would tell. */
			if (!state)
				state = bpf_task_storage_get(&tasks, task, 0,
							     BPF_LOCAL_STORAGE_GET_F_CREATE);
			if (state)
				state->has_entered = 1;
		}
	}
	/* The child's way out of a fork, which it never entered; and an exec that sched_process_exec has recorded. */
	if (ret == 0 && (call_forks(abi, nr) || nr == NR_EXECVE(abi) || nr == NR_EXECVEAT(abi)))
		return 0;
	if (!filter_syscall(abi, nr) || !filter_result(ret))
		return 0;
	if (filter.by & FILTER_LATENCY &&
	    (!(flags & EVENT_HAS_LATENCY) || latency < filter.latency_min))
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
		if (!e) {
			stats->syscalls.lost++;
			return 0;
		}
		event_fill(e, task, EVENT_SYSCALL, abi, nr, ret, args, now, latency, flags);
		e->lost = stats->syscalls.lost;
		bpf_ringbuf_submit(e, ring_wakeup());
		return 0;
	}
	s = scratch_get();
	if (!s)
		return 0;
	event_fill(&s->event, task, EVENT_SYSCALL, abi, nr, ret, args, now, latency, flags);
	s->used = 0;
	if (program) {
		capture_run(program);
	} else {
		/* rt_sigreturn: its argument was on a stack that is gone; what it restored is in the task. */
		struct blob *blob = blob_begin(s, 0, 0);

		if (blob) {
			*(__u64 *)(blob + 1) = task->blocked.sig[0];
			blob_end(s, blob, 8);
		}
	}
	ring_output(s, &stats->syscalls);
	return 0;
}

/* Attached for latency and for calls in progress only. */
SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state;
	__u32 abi;

	if (!filter_task(task, &state))
		return 0;
	if (state)
		state->has_entered = 1;
	abi = call_abi(task);
	if (!filter_syscall(abi, nr))
		return 0;
	if (!state) {
		state = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!state)
			return 0;
	}
	call_args(regs, abi, state->args);
	state->nr = nr;
	state->abi = abi;
	state->has_entered = 1;
	state->entered = bpf_ktime_get_boot_ns();
	return 0;
}

/* Marks the child of a marked task; says so where that fails. Also before and after the run records. */
static __always_inline void fork_mark(struct task_struct *parent, struct task_struct *child)
{
	static const __u64 no_args[ARGS_MAX] = {};
	struct task_state *state = filter_marked(parent);
	struct scratch *s;
	struct stats *stats;

	if (!state || state->traced != TASK_TRACED)
		return;
	state = bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (state) {
		state->traced = TASK_TRACED;
		__sync_fetch_and_add(&tasks_traced, 1);
		return;
	}
	s = scratch_get();
	stats = stats_get();
	if (!s || !stats)
		return;
	event_fill(&s->event, bpf_get_current_task_btf(), EVENT_LOG, 0, LOG_TASK_STORAGE_FULL, 0,
		   no_args, bpf_ktime_get_boot_ns(), 0, 0);
	s->event.args[0] = child->pid;
	s->used = 0;
	ring_output(s, &stats->processes);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state;
	struct stats *stats;

	if (filter.by & FILTER_TREE)
		fork_mark(parent, child);
	if (!want_processes || child->pid != child->tgid || !filter_task(parent, &state))
		return 0;
	stats = stats_get();
	if (stats)
		process_send(child, stats, parent->tgid);
	return 0;
}

/*
 * Kernels from 6.10 pass here before the point of no return: registers and memory are still the caller's. Which call it
 * is, its flags and its first argument are known here only; sched_process_exec sees the new image's registers.
 */
SEC("tp_btf/sched_prepare_exec")
int BPF_PROG(sched_prepare_exec, struct task_struct *task, struct linux_binprm *bprm)
{
	__u64 create = filter.by & FILTER_TREE ? 0 : BPF_LOCAL_STORAGE_GET_F_CREATE;
	struct task_state *state;
	struct pt_regs *regs;

	if (!enabled || (filter.by & FILTER_TREE && !task->bpf_storage))
		return 0;
	task = bpf_get_current_task_btf();
	state = bpf_task_storage_get(&tasks, task, 0, create);
	if (!state || (filter.by & FILTER_TREE && !state->traced))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	state->abi = call_abi(task);
	state->nr = call_nr(regs);
	call_args(regs, state->abi, state->args);
	state->exec_noted = 1;
	state->exec_permitted = task->cred->cap_permitted.val;
	__builtin_memcpy(state->exec_comm, task->comm, sizeof(state->exec_comm));
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

/* A successful exec, from the kernel's own copy: the file name in bprm and the argument vector of the new image. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_tid, struct linux_binprm *bprm)
{
	__u64 now, latency = 0, args[ARGS_MAX] = {};
	struct task_state *state = NULL;
	__u32 abi, new_abi, flags = EVENT_EXEC, first;
	struct pt_regs *regs;
	struct scratch *s;
	struct stats *stats;
	struct blob *blob;
	int nr;

	task = bpf_get_current_task_btf();
	if (filter.by & FILTER_TREE) {
		state = filter_marked(task);
		if (state && state->traced == TASK_ARMED)
			state->traced = TASK_TRACED;
	}
	if (!filter_task(task, &state))
		return 0;
	if (!state)
		state = bpf_task_storage_get(&tasks, task, 0, 0);
	stats = stats_get();
	s = scratch_get();
	if (!stats || !s)
		return 0;
	now = bpf_ktime_get_boot_ns();
	new_abi = call_abi(task);
	abi = new_abi;
	nr = NR_EXECVE(abi);
	if (state && (state->exec_noted || state->entered)) {
		abi = state->abi & 1;
		nr = state->nr;
		__builtin_memcpy(args, state->args, sizeof(args));
	}
	if (state && state->entered) {
		latency = now - state->entered;
		flags |= EVENT_HAS_LATENCY;
		state->entered = 0;
	}
	if (want_execs)
		exec_send(task, bprm, stats, state, now);
	else if (want_processes)
		process_send(task, stats, 0);
	if (!filter_syscall(abi, nr) || !filter_result(0))
		return 0;
	if (filter.by & FILTER_LATENCY && latency < filter.latency_min)
		return 0;
	event_fill(&s->event, task, EVENT_SYSCALL, new_abi, nr, 0, args, now, latency, flags);
	s->used = 0;
	first = nr == NR_EXECVEAT(abi);
	capture_kernel_string((__u64)BPF_CORE_READ(bprm, filename), first);
	regs = call_task_regs(task);
	/* The new stack begins with argc, then the vector (fs/binfmt_elf.c, create_elf_tables). */
	capture_strings(BPF_CORE_READ(regs, sp) + (new_abi == ABI_COMPAT ? 4 : 8), string_limit,
			first + 1);
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
	ring_output(s, &stats->syscalls);
	return 0;
}

/* Records exit and exit_group, which never return, and the end of a process. */
static __always_inline void send_exit(struct task_struct *task, bool last)
{
	__u64 now, args[ARGS_MAX] = {};
	struct task_state *state;
	struct scratch *s;
	struct stats *stats;
	struct pt_regs *regs;
	__u32 abi;
	bool exits;
	int nr;

	if (!filter_task(task, &state))
		return;
	if (want_latency && !state)
		state = bpf_task_storage_get(&tasks, task, 0, 0);
	if (state)
		state->entered = 0; /* exit never returns, and yet is not in progress any more */
	stats = stats_get();
	s = scratch_get();
	if (!stats || !s)
		return;
	abi = call_abi(task);
	regs = call_task_regs(task);
	nr = call_core_nr(regs);
	now = bpf_ktime_get_boot_ns();
	/* Whoever is killed has PF_SIGNALED; its registers are those of the last call it made. */
	exits = !(task->flags & PF_SIGNALED) && (nr == NR_EXIT(abi) || nr == NR_EXIT_GROUP(abi));
	if (exits && filter_syscall(abi, nr) &&
	    !(filter.by & (FILTER_OK | FILTER_FAILED | FILTER_ERRNO | FILTER_LATENCY))) {
		call_core_args(regs, abi, args);
		event_fill(&s->event, task, EVENT_SYSCALL, abi, nr, 0, args, now, 0,
			   EVENT_NO_RETURN);
		s->used = 0;
		ring_output(s, &stats->syscalls);
	}
	if ((want_processes || want_exits) && last) {
		int status = BPF_CORE_READ(task, group_leader, exit_code);

		if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
			status = BPF_CORE_READ(task, signal, group_exit_code);
		event_fill(&s->event, task, EVENT_EXIT, abi, -1, status, args, now, 0, 0);
		s->used = 0;
		ring_output(s, want_exits ? &stats->execs : &stats->processes);
	}
}

SEC("tp_btf/sched_process_exit")
int sched_process_exit(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/*
	 * Whether it is the last thread. Without being told, the count of the living tells; two threads that end at the
	 * same moment may then both be taken for the last (kernel/exit.c counts them off before it comes here).
	 */
	if (exit_tells_last)
		send_exit(task, ctx[1] & 1);
	else
		send_exit(task, !BPF_CORE_READ(task, signal, live.counter));
	/*
	 * Whoever waits for the last marked task is told, though no record may be sent. This comes
	 * last: the run is over then, and a record that came after it would be missing.
	 */
	if (filter.by & FILTER_TREE && filter_marked(task) &&
	    __sync_fetch_and_add(&tasks_traced, -1) <= 1)
		ring_ring();
	return 0;
}

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
	state = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
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

	if (!task || task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return 0;
	state = bpf_task_storage_get(&tasks, task, 0, 0);
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
	e.start = task->group_leader->start_boottime;
	e.pid = task->tgid;
	e.tid = task->pid;
	e.ppid = task->real_parent->tgid;
	e.uid = task->cred->uid.val;
	e.gid = task->cred->gid.val;
	e.type = EVENT_SYSCALL;
	e.flags |= EVENT_NO_RETURN | EVENT_IN_PROGRESS;
	bpf_probe_read_kernel(e.comm, sizeof(e.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}
