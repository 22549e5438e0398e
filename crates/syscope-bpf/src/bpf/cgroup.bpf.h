/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/* The life of cgroups: keeps the table of owner.bpf.h and tells user space. */
#ifndef SYSCOPE_CGROUP_H
#define SYSCOPE_CGROUP_H

/* Tells user space of a change; `moved` is the process of CGROUP_ATTACHED. */
static __always_inline void cgroup_send(struct cgroup *cgroup, int change, __u32 moved)
{
	static const __u64 no_args[ARGS_MAX] = {};
	void *ring = ring_get(bpf_get_smp_processor_id());
	struct stats *stats = stats_get();
	struct cgroup_record *record;
	struct cgroup *parent;
	long len;

	if (!stats)
		return;
	stats->cgroups.produced++;
	record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : NULL;
	if (!record) {
		stats->cgroups.lost++;
		return;
	}
	event_fill(&record->event, task_current(), EVENT_CGROUP, ABI_NATIVE, change, 0, no_args,
		   bpf_ktime_get_boot_ns(), 0, 0);
	/* `self` is the first member: the parent's is the parent. */
	parent = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	record->event.cgroup = BPF_CORE_READ(cgroup, kn, id);
	record->event.args[0] = parent ? BPF_CORE_READ(parent, kn, id) : 0;
	record->event.args[1] = BPF_CORE_READ(cgroup, level);
	record->event.args[2] = BPF_CORE_READ(cgroup, root, hierarchy_id);
	record->event.args[3] = moved;
	/* Whether the one that was moved is a runtime at work, rather than who moved it. */
	if (moved && entering_count && bpf_map_lookup_elem(&entering, &moved))
		record->event.flags |= EVENT_ENTERING;
	record->event.lost = stats->cgroups.lost;
	record->name_blob.arg = BLOB_CGROUP_NAME;
	record->name_blob.part = 0;
	record->name_blob.status = BLOB_COMPLETE;
	record->name_blob.zero = 0;
	len = bpf_probe_read_kernel_str(record->name, sizeof(record->name),
					BPF_CORE_READ(cgroup, kn, name));
	record->name_blob.len = len > 0 ? len - 1 : 0;
	bpf_ringbuf_submit(record, ring_wakeup());
}

static __always_inline bool cgroup_is_tracked(struct cgroup *cgroup)
{
	return (__u32)BPF_CORE_READ(cgroup, root, hierarchy_id) == tracked_hierarchy;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgroup)
{
	struct cgroup_key key = { .hierarchy = tracked_hierarchy };
	struct cgroup_entry entry = { .jobs = ~0ULL, .state = CGROUP_CREATED }, *above;
	struct cgroup *parent;
	struct stats *stats;

	if (!cgroup_is_tracked(cgroup))
		return 0;
	parent = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	key.id = BPF_CORE_READ(cgroup, kn, id);
	entry.level = BPF_CORE_READ(cgroup, level);
	above = parent ? cgroup_find(BPF_CORE_READ(parent, kn, id)) : NULL;
	if (above && above->tracking) {
		entry.tracking = above->tracking;
		entry.jobs = above->jobs;
		entry.decided = above->decided;
	} else if (above && !above->decided) {
		/* Whatever the one above turns out to be. */
		entry.tracking = BPF_CORE_READ(parent, kn, id);
	}
	/* User space may have seen the directory already and decided. */
	if (bpf_map_update_elem(&cgroups, &key, &entry, BPF_NOEXIST) && !cgroup_find(key.id)) {
		stats = stats_get();
		if (stats)
			stats->cgroups_full++;
	}
	cgroup_send(cgroup, CGROUP_CREATED, 0);
	return 0;
}

static __always_inline void cgroup_forget(struct cgroup *cgroup)
{
	struct cgroup_key key = { .id = BPF_CORE_READ(cgroup, kn, id),
				  .hierarchy = tracked_hierarchy };

	bpf_map_delete_elem(&cgroups, &key);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup)
{
	if (!cgroup_is_tracked(cgroup))
		return 0;
	cgroup_forget(cgroup);
	cgroup_send(cgroup, CGROUP_REMOVED, 0);
	return 0;
}

/* The last reference is gone, long after the directory: for the case that user space put an entry back meanwhile. */
SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_release, struct cgroup *cgroup)
{
	if (cgroup_is_tracked(cgroup))
		cgroup_forget(cgroup);
	return 0;
}

SEC("tp_btf/cgroup_rename")
int BPF_PROG(cgroup_rename, struct cgroup *cgroup)
{
	if (cgroup_is_tracked(cgroup))
		cgroup_send(cgroup, CGROUP_RENAMED, 0);
	return 0;
}

SEC("tp_btf/cgroup_notify_populated")
int BPF_PROG(cgroup_notify_populated, struct cgroup *cgroup, const char *path, int populated)
{
	int change = populated ? CGROUP_POPULATED : CGROUP_EMPTIED;
	struct cgroup_entry *entry;

	if (!cgroup_is_tracked(cgroup))
		return 0;
	entry = cgroup_find(BPF_CORE_READ(cgroup, kn, id));
	if (entry)
		entry->state = change;
	cgroup_send(cgroup, change, 0);
	return 0;
}

/* `task` is the leader of a process, or the one thread that was moved. */
static __always_inline void cgroup_attached(struct cgroup *cgroup, struct task_struct *task)
{
	if (!cgroup_is_tracked(cgroup))
		return;
	cgroup_enters(task_current(), task, BPF_CORE_READ(cgroup, kn, id));
	cgroup_send(cgroup, CGROUP_ATTACHED, READ(task, tgid));
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *cgroup, const char *path, struct task_struct *task)
{
	cgroup_attached(cgroup, task);
	return 0;
}

/* Everything was moved at once (`cpuset.cpus` of a v1 hierarchy ran empty). */
SEC("tp_btf/cgroup_transfer_tasks")
int BPF_PROG(cgroup_transfer_tasks, struct cgroup *cgroup, const char *path,
	     struct task_struct *task)
{
	cgroup_attached(cgroup, task);
	return 0;
}

#endif
