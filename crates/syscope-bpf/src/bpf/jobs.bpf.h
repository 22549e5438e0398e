/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Trace jobs: any number of traces over this one set of programs. A call is looked at once, for all of them: which jobs
 * want its number is one load, which want its cgroup one look-up, and only if both leave a job is anything copied. The record
 * says which jobs it is for.
 */
#ifndef SYSCOPE_JOBS_H
#define SYSCOPE_JOBS_H

/* Masks of jobs, bit n is job n. Written by user space; a job is in `jobs_active` last when it begins and first when it ends. */
volatile __u64 jobs_active = 0;
volatile __u64 jobs_anywhere = 0; /* they want every cgroup */
volatile __u64 jobs_failed = 0;	  /* only failed calls */
volatile __u64 jobs_slow = 0;	  /* only calls that took long enough */
volatile __u64 jobs_sampled = 0;  /* every n-th */
/* The jobs that want a call; the last is for numbers beyond the tables. */
volatile __u64 jobs_calls[ABI_COUNT * (SYSCALLS_MAX + 1)] = {};
/* Their numbers. */
struct job jobs[JOBS_MAX] = {};

/* Key: a job. Value: this CPU's account of it. Written here; cleared by user space before a job begins. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, JOBS_MAX);
	__type(key, __u32);
	__type(value, struct job_stats);
} job_stats SEC(".maps");

/* The lowest of a mask of jobs that is not empty. */
static __always_inline __u32 job_first(__u64 mask)
{
	return log2_of(mask & -mask) & (JOBS_MAX - 1);
}

/*
 * The loops over jobs are global functions, which the verifier checks once, for any arguments; in the middle of a program it
 * would follow every way through them.
 */

/* Leaves the jobs for which the call took long enough; `latency` is 0 for one that was not measured. */
__noinline __u64 jobs_patient(__u64 mask, __u64 latency)
{
	__u64 left = mask & jobs_slow;

	for (int i = 0; i < JOBS_MAX && left; i++) {
		__u32 job = job_first(left);

		left &= left - 1;
		if (latency < jobs[job].latency_min)
			mask &= ~(1ULL << job);
	}
	return mask;
}

/* Leaves the jobs that sample this one. */
__noinline __u64 jobs_sample(__u64 mask)
{
#ifndef PORTABLE
	__u64 left = mask & jobs_sampled;

	for (int i = 0; i < JOBS_MAX && left; i++) {
		__u32 job = job_first(left);
		struct job_stats *stats;
		__u64 rate, seen;

		left &= left - 1;
		rate = jobs[job].sample_rate;
		seen = __sync_fetch_and_add(&jobs[job].seen, 1);
		if (rate < 2 || seen % rate == 0)
			continue;
		mask &= ~(1ULL << job);
		stats = bpf_map_lookup_elem(&job_stats, &job);
		if (stats) {
			stats->produced++;
			stats->sampled_out++;
		}
	}
#endif
	return mask;
}

/* The jobs that want a call that has ended. */
static __always_inline __u64 jobs_wanting(struct task_struct *task, __u32 abi, __u32 nr, __s64 ret,
					  bool timed, __u64 latency, __u32 *flags)
{
	__u32 index = (nr < SYSCALLS_MAX ? nr : SYSCALLS_MAX) + (abi & 1) * (SYSCALLS_MAX + 1);
	struct cgroup_entry *entry;
	__u64 mask, id;

	if (!jobs_active)
		return 0;
	barrier_var(index);
	if (index >= ABI_COUNT * (SYSCALLS_MAX + 1))
		return 0;
	mask = jobs_calls[index] & jobs_active;
	if (!mask)
		return 0;
	if (!call_failed(ret))
		mask &= ~jobs_failed;
	if (mask & jobs_slow)
		mask = jobs_patient(mask, timed ? latency : 0);
	if (!mask)
		return 0;
	id = cgroup_id(task);
	entry = cgroup_find(id);
	/* Whose it is, is not known yet: user space judges, and samples what remains. */
	if (!entry || !entry->decided) {
		*flags |= EVENT_UNDECIDED;
		return mask;
	}
	mask &= entry->jobs | jobs_anywhere;
	if (mask & ~jobs_anywhere && cgroup_at_work(task))
		mask &= jobs_anywhere;
	return mask & jobs_sampled ? jobs_sample(mask) : mask;
}

/* Notes for all jobs of a record whether it was sent. */
__noinline int jobs_account(__u64 mask, __u32 sent)
{
	for (int i = 0; i < JOBS_MAX && mask; i++) {
		__u32 job = job_first(mask);
		struct job_stats *stats = bpf_map_lookup_elem(&job_stats, &job);

		mask &= mask - 1;
		if (!stats)
			continue;
		stats->produced++;
		if (!sent)
			stats->lost++;
	}
	return 0;
}

#endif
