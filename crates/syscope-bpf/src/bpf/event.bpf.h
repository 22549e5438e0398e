/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Fills a record with what every event says of its process. All of it is read through the task's own type: a load or
 * two each, where a helper would cost a call.
 */
#ifndef SYSCOPE_EVENT_H
#define SYSCOPE_EVENT_H

static __always_inline void event_fill(struct event *e, struct task_struct *task, __u8 type,
				       __u8 abi, int nr, __s64 ret, const __u64 *args, __u64 now,
				       __u64 latency, __u32 flags)
{
	const struct cred *cred = READ(task, cred);

	e->ts = now;
	e->start = READ(task, group_leader, start_boottime);
	e->latency = latency;
	e->ret = ret;
	e->args[0] = args[0];
	e->args[1] = args[1];
	e->args[2] = args[2];
	e->args[3] = args[3];
	e->args[4] = args[4];
	e->args[5] = args[5];
	e->cgroup = cgroup_id(task);
	e->pid = READ(task, tgid);
	e->tid = READ(task, pid);
	e->ppid = READ(task, real_parent, tgid);
	e->uid = READ(cred, uid.val);
	e->gid = READ(cred, gid.val);
	e->nr = nr;
	e->cpu = bpf_get_smp_processor_id();
	e->type = type;
	e->abi = abi;
	e->flags = cgroup_current_at_work() ? flags | EVENT_ENTERING : flags;
	e->execs = want_execs ? BPF_CORE_READ(task, self_exec_id) : 0;
	e->jobs = 0;
	task_comm(task, e->comm);
}

#endif
