/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * A task, in two ways. Since Linux 5.11 tracing programs have a typed pointer to the current task, whose members are
 * loads, and storage that lives and dies with a task. Before (PORTABLE, the object built from portable.bpf.c) every
 * member is a probe read and the storage a hash map by thread id, emptied as threads end.
 */
#ifndef SYSCOPE_TASK_H
#define SYSCOPE_TASK_H

/* What a new state is. In both objects, so that their globals are alike; not on the stack, which is full. */
const volatile struct task_state fresh_state = {};

#ifdef PORTABLE

#define TASKS_MAX \
	65536 /* traced threads at one moment; beyond it they are not followed, and a log record says so */

#define READ(task, ...) BPF_CORE_READ(task, __VA_ARGS__)

static __always_inline struct task_struct *task_current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct task_state);
} tasks SEC(".maps");

static __always_inline struct task_state *task_find(struct task_struct *task)
{
	__u32 tid = READ(task, pid);

	return bpf_map_lookup_elem(&tasks, &tid);
}

/* Finds or makes the state of a task; NULL without room for it. */
static __always_inline struct task_state *task_get(struct task_struct *task)
{
	__u32 tid = READ(task, pid);

	bpf_map_update_elem(&tasks, &tid, (const void *)&fresh_state, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tasks, &tid);
}

/* The task ends. */
static __always_inline void task_forget(struct task_struct *task)
{
	__u32 tid = READ(task, pid);

	bpf_map_delete_elem(&tasks, &tid);
}

/* A thread that execs takes over the id of its process, and its state with it. */
static __always_inline void task_renumber(struct task_struct *task, __u32 old_tid)
{
	__u32 tid = READ(task, pid);
	struct task_state *state;

	if (tid == old_tid)
		return;
	state = bpf_map_lookup_elem(&tasks, &old_tid);
	if (state)
		bpf_map_update_elem(&tasks, &tid, state, BPF_ANY);
	else
		bpf_map_delete_elem(&tasks, &tid);
	bpf_map_delete_elem(&tasks, &old_tid);
}

#else

#define READ(task, ...) (___arrow(task, __VA_ARGS__))

static __always_inline struct task_struct *task_current(void)
{
	return bpf_get_current_task_btf();
}

/*
 * Key: a task. Value: its state. Written here at fork and by user space for the first task. Freed with the task by the
 * kernel, so it has no bound of its own but the number of tasks; at the bound of memory the task is not followed and a
 * LOG_TASK_STORAGE_FULL says so.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps");

static __always_inline struct task_state *task_find(struct task_struct *task)
{
	/* Most tasks have no storage at all: one load decides. */
	return task->bpf_storage ? bpf_task_storage_get(&tasks, task, 0, 0) : NULL;
}

/* Finds or makes the state of a task; NULL without memory for it. */
static __always_inline struct task_state *task_get(struct task_struct *task)
{
	return bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* The task ends, and its state with it. */
static __always_inline void task_forget(struct task_struct *task)
{
}

static __always_inline void task_renumber(struct task_struct *task, __u32 old_tid)
{
}

#endif

/* The name of a task; `to` has COMM_LEN bytes. */
static __always_inline void task_comm(struct task_struct *task, char *to)
{
#ifdef PORTABLE
	bpf_core_read(to, COMM_LEN, &task->comm);
#else
	__builtin_memcpy(to, task->comm, COMM_LEN);
#endif
}

#endif
