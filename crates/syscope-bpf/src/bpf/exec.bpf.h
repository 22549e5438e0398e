/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * The process stream: programs that are started, whole, and processes that end. Everything is taken from the kernel's own
 * state after the exec, so no other thread can have changed it in between, and no system call is hooked for it.
 */
#ifndef SYSCOPE_EXEC_H
#define SYSCOPE_EXEC_H

/* A string in kernel memory. */
__noinline int capture_kernel_string(__u64 from, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct blob *blob;
	long len;

	if (!s)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob)
		return 0;
	len = bpf_probe_read_kernel_str(blob + 1, BLOB_BYTES_MAX, (void *)from);
	blob_end(s, blob, len > 0 ? len - 1 : 0);
	return 0;
}

/*
 * Sends one piece of the new image's strings; returns its bytes, 0 if it can't be read or the ring is too full for it.
 * Then all but the beginning is left out: rather are arguments cut, which shows, than programs and ends missed.
 */
__noinline int exec_piece(__u64 from, __u64 left, __u64 offset)
{
	struct scratch *s = scratch_get();
	struct stats *stats = stats_get();
	__u64 size = left;

	if (!s || !stats)
		return 0;
	if (!ring_has_bulk_room(s->event.cpu)) {
		if (offset)
			return 0;
		if (size > AREA_BYTES_LEAST)
			size = AREA_BYTES_LEAST;
	}
	barrier_var(size);
	if (size > AREA_BYTES_MAX)
		size = AREA_BYTES_MAX;
	if (!size || bpf_probe_read_user(s->blobs, size, (void *)from))
		return 0;
	s->event.args[1] = offset;
	s->used = size;
	ring_output(s, &stats->processes);
	return size;
}

/*
 * Sends `len` bytes of the new image's strings behind the record in the scratch, in as many records as they need. What
 * can't be read or sent is missing at the end, and seen by the length of all.
 */
__noinline int exec_area(__u64 from, __u64 len, __u64 limit, __u32 area)
{
	struct scratch *s = scratch_get();
	__u64 offset = 0;

	if (!s)
		return 0;
	s->event.type = EVENT_AREA;
	s->event.args[0] = area;
	s->event.args[2] = len;
	if (len > limit)
		len = limit;
	for (int i = 0; i < AREAS_MAX; i++) {
		int sent = exec_piece(from + offset, len - offset, offset);

		if (sent <= 0)
			break;
		offset += sent;
		if (offset >= len)
			break;
	}
	return 0;
}

/* Sends what the current task has become. `state` has what was noted before the exec, if anything was. */
static __always_inline void exec_send(struct task_struct *task, struct linux_binprm *bprm,
				      struct stats *stats, struct task_state *state, __u64 now)
{
	static const __u64 no_args[ARGS_MAX] = {};
	const struct cred *cred = READ(task, cred);
	struct scratch *s = scratch_get();
	__u64 filename, interpreter, args, env, args_bytes, env_bytes;
	struct exec_info *info;
	struct blob *blob;

	if (!s)
		return;
	event_fill(&s->event, task, EVENT_PROGRAM, ABI_NATIVE, -1, 0, no_args, now, 0, 0);
	process_describe(task, 0);
	args = BPF_CORE_READ(task, mm, arg_start);
	args_bytes = BPF_CORE_READ(task, mm, arg_end) - args;
	env = BPF_CORE_READ(task, mm, env_start);
	env_bytes = BPF_CORE_READ(task, mm, env_end) - env;
	blob = blob_begin(s, BLOB_EXEC, 0);
	if (!blob)
		return;
	info = (void *)(blob + 1);
	__builtin_memset(info, 0, sizeof(*info));
	info->execs = BPF_CORE_READ(task, self_exec_id); /* all 64 bits */
	info->parent_start = BPF_CORE_READ(task, real_parent, group_leader, start_boottime);
	info->parent_execs = BPF_CORE_READ(task, real_parent, self_exec_id);
	bpf_core_read(&info->permitted, sizeof(info->permitted), &cred->cap_permitted);
	bpf_core_read(&info->effective, sizeof(info->effective), &cred->cap_effective);
	info->euid = BPF_CORE_READ(cred, euid.val);
	info->egid = BPF_CORE_READ(cred, egid.val);
	info->suid = BPF_CORE_READ(cred, suid.val);
	info->sgid = BPF_CORE_READ(cred, sgid.val);
	info->args_bytes = args_bytes;
	info->env_bytes = env_limit ? env_bytes : 0;
	if (state && state->exec_noted) {
		info->noted = 1;
		info->permitted_before = state->exec_permitted;
		__builtin_memcpy(info->comm_before, state->exec_comm, sizeof(info->comm_before));
	}
	blob_end(s, blob, sizeof(*info));
	filename = (__u64)BPF_CORE_READ(bprm, filename);
	interpreter = (__u64)BPF_CORE_READ(bprm, interp);
	capture_kernel_string(filename, BLOB_FILENAME);
	if (interpreter != filename)
		capture_kernel_string(interpreter, BLOB_INTERPRETER);
	capture_file(0, (__u64)BPF_CORE_READ(task, fs, pwd.dentry),
		     (__u64)BPF_CORE_READ(task, fs, pwd.mnt), BLOB_CWD);
	ring_output(s, &stats->execs);
	exec_area(args, args_bytes, args_limit, AREA_ARGS);
	if (env_limit)
		exec_area(env, env_bytes, env_limit, AREA_ENV);
}

#endif
