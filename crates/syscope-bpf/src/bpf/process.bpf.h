/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* What is known of a process, sent when it begins and when it has become another program. */
#ifndef SYSCOPE_PROCESS_H
#define SYSCOPE_PROCESS_H

/* Begins the record in the scratch with what is known of `task`; `parent` is the process it was copied from, or 0. */
static __always_inline void process_describe(struct task_struct *task, __u32 parent)
{
	struct scratch *s = scratch_get();
	struct process_info *info;
	struct upid at = {};
	struct blob *blob;
	struct file *exe;
	struct pid *pid;

	if (!s)
		return;
	s->used = 0;
	blob = blob_begin(s, BLOB_PROCESS, 0);
	if (!blob)
		return;
	info = (void *)(blob + 1);
	info->session = BPF_CORE_READ(task, signal, pids[PIDTYPE_SID], numbers[0].nr);
	info->mnt_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	info->uts_ns = BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum);
	info->parent_pid = parent;
	pid = BPF_CORE_READ(task, thread_pid);
	bpf_probe_read_kernel(&at, sizeof(at), &pid->numbers[BPF_CORE_READ(pid, level) & 31]);
	info->pid_ns = BPF_CORE_READ(at.ns, ns.inum);
	info->ns_pid = at.nr;
	blob_end(s, blob, sizeof(*info));
	exe = parent ? NULL : BPF_CORE_READ(task, mm, exe_file);
	if (exe)
		capture_file((__u64)exe, (__u64)BPF_CORE_READ(exe, f_path.dentry),
			     (__u64)BPF_CORE_READ(exe, f_path.mnt), BLOB_EXE);
}

/* Sends it as a record of its own. */
static __always_inline void process_send(struct task_struct *task, struct stats *stats,
					 __u32 parent)
{
	static const __u64 no_args[ARGS_MAX] = {};
	struct scratch *s = scratch_get();

	if (!s)
		return;
	event_fill(&s->event, task, EVENT_PROCESS, ABI_NATIVE, -1, 0, no_args,
		   bpf_ktime_get_boot_ns(), 0, 0);
	process_describe(task, parent);
	ring_output(s, &stats->processes);
}

#endif
