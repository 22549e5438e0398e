/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* What the programs keep: the run's configuration, the traced tasks, the counters, the scratch. */
#ifndef SYSCOPE_STATE_H
#define SYSCOPE_STATE_H

/* Set before load, so that the verifier removes what a run does not use. */
const volatile struct filter filter = {};
const volatile __u32 string_limit =
	32; /* bytes of a string or buffer that are copied; paths are whole */
const volatile bool want_latency = false;    /* sys_enter is attached */
const volatile bool want_processes = false;  /* EVENT_PROCESS records are sent */
const volatile bool want_execs = false;	     /* EVENT_PROGRAM records are sent */
const volatile bool exit_tells_last = false; /* sched_process_exit has `group_dead` (6.16) */
const volatile bool preemptible = false;     /* programs can be preempted (7.0), see turn.bpf.h */
const volatile bool want_jobs = false;	     /* there are trace jobs, see jobs.bpf.h */
const volatile bool want_counts = false;     /* calls are counted, see count.bpf.h */
const volatile bool want_histograms = false; /* their time is measured, while the entry is hooked */
const volatile bool want_exits = false;	     /* EVENT_EXIT records are sent */
const volatile __u32 args_limit = 0; /* bytes of arguments that are copied for EVENT_PROGRAM */
const volatile __u32 env_limit = 0;  /* bytes of environment, 0: none */
/* The hierarchy whose cgroups identify tasks: an index into css_set.subsys, or one of these. */
#define TRACKED_UNIFIED (-1)
#define TRACKED_NONE (-2)
const volatile int tracked_subsys = TRACKED_NONE;
const volatile __u32 tracked_hierarchy = 0; /* its number */

/*
 * Read and written by both sides. `waiting` is the doorbell: the consumer sets it before it sleeps, the first record
 * after that clears it and wakes; so a busy consumer costs no wake-ups and a quiet machine no polling.
 */
volatile __u32 waiting = 0;
/* Tasks that are traced and alive (FILTER_TREE); the run of a command ends when it is zero. */
volatile __s64 tasks_traced = 0;
/* For mark_tasks: whom to mark, as what (enum task_traced), and how many it has marked. */
volatile __u32 mark_pid = 0;
volatile __u32 mark_as = 0;
volatile __u64 marked = 0;
/* The tracer's own pid as the kernel counts it, never traced. */
volatile __u32 tracer = 0;
/* The pid namespace of FILTER_PID_NS where it is learnt only after the programs are attached (filter.pid_ns is 0). */
volatile __u32 pid_ns_late = 0;
/* Since when the entry is hooked, where jobs come and go (want_jobs); 0: it is not. */
volatile __u64 entry_hooked = 0;
/* What began before is not young (boot clock, ns); moved on by whoever meets a process that may be. */
volatile __u64 young_since = 0;
/* How many processes are in `entering`. */
volatile __s64 entering_count = 0;
/* Off until user space is ready, and off again before it drains: what comes between is nobody's loss. */
volatile __u32 enabled = 0;

/* Key: 0. Value: this CPU's counters. Written here only. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

/*
 * A record under construction. One per CPU is enough: all programs that use it are attached to raw tracepoints in
 * process context, which run with preemption off (or turn it off, see turn.bpf.h) and don't nest. The slack behind the blobs lets a copy of the longest
 * size begin at any offset the verifier can think of.
 */
struct scratch {
	struct event event;
	__u8 blobs[BLOBS_MAX + 2 * BLOB_BYTES_MAX];
	__u32 used;	/* bytes of blobs */
	__u32 program;	/* the capture program that runs */
	__u8 base[128]; /* the record whose fields operands name */
	__u64 head;	/* bytes of it */
};

/*
 * Key: a CPU. Value: its scratch. Not a per-CPU map, because a value of those is at most 32 KiB. User space sets the
 * number of entries to that of the possible CPUs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch_get(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

static __always_inline struct stats *stats_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

#endif
