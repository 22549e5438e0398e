/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Which calls of which processes are recorded. Every check is a branch on read-only data, so what a run does not filter
 * by costs nothing; the cheapest and most selective come first, and no memory of the caller is read before all passed.
 */
#ifndef SYSCOPE_FILTER_H
#define SYSCOPE_FILTER_H

/* Filters by what may change while a task lives. */
#define FILTER_CHANGES (FILTER_UID | FILTER_CGROUP | FILTER_COMM | FILTER_CONTAINERS)

static __always_inline bool filter_pid_ns(struct task_struct *task)
{
	struct pid *pid = READ(task, thread_pid);
	__u32 level, wanted = filter.pid_ns;

	if (!wanted)
		wanted = pid_ns_late;
	if (!pid || !wanted)
		return false;
	/*
	 * A process has an id in its namespace and in each above it; those below the wanted one share it. The depth of
	 * a namespace can't be told from inside another, so all are looked at: two or three on a real host.
	 */
	level = READ(pid, level);
	for (int i = 0; i <= PID_NS_DEPTH_MAX; i++) {
		struct upid at;

		if (i > (int)level || bpf_probe_read_kernel(&at, sizeof(at), &pid->numbers[i]))
			return false;
		if (BPF_CORE_READ(at.ns, ns.inum) == wanted)
			return true;
	}
	return false;
}

static __always_inline bool filter_cgroup(struct task_struct *task)
{
	/* Not in the expressions below: there a field of `filter` would be relocated like one of the kernel's. */
	__u32 subsystem = filter.cgroup_subsys & 15, level = filter.cgroup_level & 255;
	struct cgroup_subsys_state *state = NULL;
	struct cgroup *cgroup, *ancestor = NULL;
	__u64 id = 0;

	if (filter.cgroup_subsys < 0) {
		cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	} else {
		struct css_set *set = BPF_CORE_READ(task, cgroups);

		bpf_core_read(&state, sizeof(state), &set->subsys[subsystem]);
		cgroup = BPF_CORE_READ(state, cgroup);
	}
	if (!cgroup || BPF_CORE_READ(cgroup, level) < (int)level)
		return false;
	if (bpf_core_field_exists(cgroup->ancestors)) {
		bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
		id = BPF_CORE_READ(ancestor, kn, id);
	} else {
		struct cgroup___ids *old = (void *)cgroup;

		bpf_core_read(&id, sizeof(id), &old->ancestor_ids[level]);
	}
	return id == filter.cgroup;
}

/*
 * Whether a container that is wanted owns the task's cgroup. A cgroup that is not decided yet, or found no room in the
 * table, passes: user space knows better. A runtime at work in a container's cgroup is not the container.
 */
static __always_inline bool filter_containers(struct task_struct *task)
{
	__u64 id = cgroup_id(task);
	struct cgroup_entry *entry = cgroup_find(id);

	if (!entry || !entry->decided)
		return true;
	return entry->jobs & 1 && !cgroup_at_work(task);
}

static __always_inline bool filter_comm(struct task_struct *task)
{
	char comm[COMM_LEN];

	task_comm(task, comm);
#pragma unroll
	for (int i = 0; i < COMM_LEN; i++) {
		if (comm[i] != filter.comm[i])
			return false;
		if (!comm[i])
			return true;
	}
	return true;
}

/* The state of a marked task, NULL if it is not marked. */
static __always_inline struct task_state *filter_marked(struct task_struct *task)
{
	struct task_state *state = task_find(task);

	return state && state->traced ? state : NULL;
}

/* Whether a task is one to trace by what it is. */
static __always_inline bool filter_identity(struct task_struct *task)
{
	if (READ(task, tgid) == (int)tracer)
		return false;
	if (filter.by & FILTER_UID && READ(task, cred, uid.val) != filter.uid)
		return false;
	if (filter.by & FILTER_PID_NS && !filter_pid_ns(task))
		return false;
	if (filter.by & FILTER_CGROUP && !filter_cgroup(task))
		return false;
	if (filter.by & FILTER_COMM && !filter_comm(task))
		return false;
	if (filter.by & FILTER_CONTAINERS && !filter_containers(task))
		return false;
	return true;
}

/* Whether the current task is one to trace; *state is its state where it is a marked one. */
static __always_inline bool filter_task(struct task_struct *task, struct task_state **state)
{
	*state = NULL;
	if (want_jobs)
		return jobs_active && enabled && READ(task, tgid) != (int)tracer;
	if (filter.by & FILTER_TREE) {
		*state = filter_marked(task);
		if (!*state || (*state)->traced != TASK_TRACED)
			return false;
	}
	return enabled && filter_identity(task);
}

/*
 * A task that is not wanted makes a call, or leaves one. What was noted of an earlier call, when it was wanted or not yet
 * known, is over: it would pass for the entry of a later one.
 */
static __always_inline void filter_forget(struct task_struct *task)
{
	struct task_state *state;

	if (want_jobs || !want_latency || !(filter.by & FILTER_CHANGES) || !enabled)
		return;
	state = task_find(task);
	if (state) {
		state->entered = 0;
		state->has_entered = 0;
	}
}

static __always_inline bool filter_syscall(__u32 abi, __u32 nr)
{
	if (nr >= SYSCALLS_MAX)
		return filter.unknown_syscalls;
	/* The compiler knows the bound and drops the mask; the verifier must see it. */
	barrier_var(nr);
	nr &= SYSCALLS_MAX - 1;
	return filter.syscalls[abi & 1][nr >> 6] >> (nr & 63) & 1;
}

static __always_inline bool filter_result(__s64 ret)
{
	bool failed = call_failed(ret);

	if (filter.by & FILTER_OK && failed)
		return false;
	if (filter.by & FILTER_FAILED && !failed)
		return false;
	if (filter.by & FILTER_ERRNO) {
		__u32 errno = failed ? -ret : 0;

		barrier_var(errno);
		errno &= 4095;
		if (!(filter.errnos[errno >> 6] >> (errno & 63) & 1))
			return false;
	}
	return true;
}

/* Whether a call is recorded that has ended; where there are jobs, for which of them. */
static __always_inline __u64 filter_call(struct task_struct *task, __u32 abi, int nr, __s64 ret,
					 __u64 latency, __u32 *flags)
{
	bool timed = *flags & EVENT_HAS_LATENCY;

	if (want_jobs)
		return jobs_wanting(task, abi, nr, ret, timed, latency, flags);
	if (!filter_syscall(abi, nr) || !filter_result(ret))
		return 0;
	return !(filter.by & FILTER_LATENCY) || (timed && latency >= filter.latency_min);
}

#endif
