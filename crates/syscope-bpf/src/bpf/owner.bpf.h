/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Whose a task is. The kernel keeps every task's cgroup right by itself, from fork (CLONE_INTO_CGROUP included) over
 * every move to its end, so it is read there at each event; what is kept here is a table of the cgroups of one
 * hierarchy: which cgroup stands for the owner of each (a container's nested cgroups belong to it at any depth), and
 * which jobs want it.
 */
#ifndef SYSCOPE_OWNER_H
#define SYSCOPE_OWNER_H

/*
 * Key: a cgroup. Value: what is known of it. Made here when the cgroup is, from its parent's; user space adds those that
 * were there before and decides about owners; removed here with the cgroup. At its bound a cgroup is counted in
 * stats.cgroups_full and its events pass all container filters, so that user space sorts them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CGROUPS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cgroup_key);
	__type(value, struct cgroup_entry);
} cgroups SEC(".maps");

/*
 * Key: a process (tgid). Value: who put it into a container's cgroup. Made here at the move or the fork, removed by the
 * exec that makes it one of the container's programs, or by its end. At its bound, counted in stats.entering_full, a
 * runtime at work may be shown as the container.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTERING_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct entering);
} entering SEC(".maps");

static __always_inline struct cgroup *cgroup_at(struct css_set *set, __u32 index)
{
#ifdef PORTABLE
	struct cgroup_subsys_state *state = NULL;

	bpf_core_read(&state, sizeof(state), &set->subsys[index]);
	return BPF_CORE_READ(state, cgroup);
#else
	return set->subsys[index]->cgroup;
#endif
}

/* The cgroup of a task in the tracked hierarchy. */
static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
	/* Not in the expression below: there it would be relocated like a field of the kernel's. */
	__u32 index = tracked_subsys & 15;

	if (tracked_subsys == TRACKED_UNIFIED)
		return READ(task, cgroups, dfl_cgrp);
	return cgroup_at(READ(task, cgroups), index);
}

static __always_inline __u64 cgroup_id(struct task_struct *task)
{
	return tracked_subsys == TRACKED_NONE ? 0 : READ(cgroup_of(task), kn, id);
}

static __always_inline struct cgroup_entry *cgroup_find(__u64 id)
{
	struct cgroup_key key = { .id = id, .hierarchy = tracked_hierarchy };

	return bpf_map_lookup_elem(&cgroups, &key);
}

/* Whether the task belongs to a runtime at work. While none is, that costs one load. */
static __always_inline bool cgroup_entering(struct task_struct *task)
{
	__u32 tgid;

	if (tracked_subsys == TRACKED_NONE || !entering_count)
		return false;
	tgid = READ(task, tgid);
	return bpf_map_lookup_elem(&entering, &tgid);
}

static __always_inline void cgroup_entering_begin(__u32 tgid, const struct entering *from)
{
	struct stats *stats;

	/* Counted first: whoever ends it at once on another CPU must not take the table for empty and leave it there. */
	__sync_fetch_and_add(&entering_count, 1);
	if (!bpf_map_update_elem(&entering, &tgid, from, BPF_NOEXIST))
		return;
	__sync_fetch_and_add(&entering_count, -1);
	stats = stats_get();
	if (stats && !bpf_map_lookup_elem(&entering, &tgid))
		stats->entering_full++;
}

static __always_inline void cgroup_entering_end(__u32 tgid)
{
	if (entering_count && !bpf_map_delete_elem(&entering, &tgid))
		__sync_fetch_and_add(&entering_count, -1);
}

/* The root directory of a task. */
static __always_inline struct entering cgroup_root_of(struct task_struct *task)
{
	return (struct entering){
		.root_mount = (__u64)BPF_CORE_READ(task, fs, root.mnt),
		.root_dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry),
	};
}

/* The mount namespace that a task's program was found in; 0 or an error pointer for a file that is in none. */
static __always_inline __u64 cgroup_program_origin(struct task_struct *task)
{
	struct vfsmount *at = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	struct mount *mount;

	if (!at)
		return 0;
	mount = (void *)at - bpf_core_field_offset(struct mount, mnt);
	return (__u64)BPF_CORE_READ(mount, mnt_ns);
}

/* A sealed copy of a program lies in no namespace: runtimes run from one (CVE-2019-5736). */
static __always_inline bool cgroup_is_sealed(__u64 origin)
{
	return !origin || origin >= (__u64)-ERRNO_MAX;
}

/*
 * Whether `moved` is a runtime's process that prepares a container, and not one of a container's own: its program is in
 * the namespace of whoever moves it, or in none.
 */
static __always_inline bool cgroup_is_runtime(struct task_struct *mover, struct task_struct *moved)
{
	__u64 origin = cgroup_program_origin(moved);

	return cgroup_is_sealed(origin) || origin == cgroup_program_origin(mover);
}

#define ARRIVAL_NS 1000000000ULL

/* The cgroup that stands for the owner of another, as far as that is known. */
static __always_inline __u64 cgroup_tracking(struct cgroup_entry *entry, __u64 id)
{
	return entry && entry->tracking ? entry->tracking : id;
}

/* Whether a task runs the program of its parent, as a fork does and `runc init`. */
static __always_inline bool cgroup_runs_program_of_parent(struct task_struct *task)
{
	struct inode *program = BPF_CORE_READ(task, mm, exe_file, f_inode);

	return program && program == BPF_CORE_READ(task, real_parent, mm, exe_file, f_inode);
}

/* Whether a process began within the last second. For all but the first such call after that, it costs two loads. */
static __always_inline bool cgroup_is_young(struct task_struct *task)
{
	__u64 start = READ(task, group_leader, start_boottime), since;

	if (start < young_since)
		return false;
	since = bpf_ktime_get_boot_ns() - ARRIVAL_NS;
	/* Moved on in steps: all CPUs read it. */
	if (since - young_since > ARRIVAL_NS / 8)
		young_since = since;
	return start >= since;
}

/*
 * Whether the task belongs to a runtime that is at work without being noted: the kernel tells of a move some
 * microseconds after it, and the process and the other threads of a `runc init` go on meanwhile; and what was moved
 * before the programs were attached was never told. That is a young process whose parent is outside, of a sealed
 * program or of its parent's.
 */
static __always_inline bool cgroup_arrives(struct task_struct *task)
{
	struct cgroup_entry *entry;
	__u64 id, above;

	if (!cgroup_is_young(task) || READ(task, cgroups) == READ(task, real_parent, cgroups))
		return false;
	id = cgroup_id(task);
	above = cgroup_id(READ(task, real_parent));
	if (id == above)
		return false;
	entry = cgroup_find(id);
	/* What is the host's or a unit's has no inside. What found no room in the table may be a container's. */
	if ((entry && entry->decided && !entry->tracking) ||
	    cgroup_tracking(cgroup_find(above), above) == cgroup_tracking(entry, id))
		return false;
	return cgroup_is_sealed(cgroup_program_origin(task)) || cgroup_runs_program_of_parent(task);
}

/*
 * Whether a runtime at work makes the call, and not the container whose cgroup it is in. A filter asks this once it
 * knows the owner and the record asks anew, because the owner may have become known between the two.
 */
static __always_inline bool cgroup_at_work(struct task_struct *task)
{
	if (tracked_subsys == TRACKED_NONE)
		return false;
	return cgroup_entering(task) || cgroup_arrives(task);
}

/* The same of the current task; a function of its own, so that it is checked at load once and not for every record. */
__noinline int cgroup_current_at_work(void)
{
	return cgroup_at_work(task_current());
}

/* A task came into a cgroup other than that of whoever put it there. */
static __always_inline void cgroup_enters(struct task_struct *mover, struct task_struct *moved,
					  __u64 to)
{
	struct cgroup_entry *entry = cgroup_find(to), *mine;
	__u64 own = cgroup_id(mover);
	struct entering from;

	/* What is the host's or a unit's has no inside. */
	if (!entry || (entry->decided && !entry->tracking))
		return;
	/* A container that arranges its own processes is no runtime. */
	mine = cgroup_find(own);
	if (own == to || own == entry->tracking ||
	    (mine && mine->tracking && mine->tracking == entry->tracking))
		return;
	if (!cgroup_is_runtime(mover, moved))
		return;
	from = cgroup_root_of(mover);
	cgroup_entering_begin(READ(moved, tgid), &from);
}

/* A child is in its parent's cgroup, unless clone3 put it elsewhere (CLONE_INTO_CGROUP). */
static __always_inline void cgroup_fork(struct task_struct *parent, struct task_struct *child)
{
	struct entering *from;
	__u32 tgid = READ(parent, tgid);
	__u64 id;

	if (tracked_subsys == TRACKED_NONE || READ(child, pid) != READ(child, tgid))
		return;
	if (entering_count) {
		from = bpf_map_lookup_elem(&entering, &tgid);
		if (from) {
			struct entering copy = *from;

			return cgroup_entering_begin(READ(child, tgid), &copy);
		}
	}
	if (READ(parent, cgroups) == READ(child, cgroups))
		return;
	id = cgroup_id(child);
	if (id != cgroup_id(parent))
		cgroup_enters(parent, child, id);
}

/*
 * Another program begins. A runtime that runs a sealed copy of itself below its own root directory is still the
 * runtime; whatever else begins is the container's.
 */
static __always_inline void cgroup_exec(struct task_struct *task)
{
	__u32 tgid = READ(task, tgid);
	struct entering *from, now;

	if (tracked_subsys == TRACKED_NONE || !entering_count)
		return;
	from = bpf_map_lookup_elem(&entering, &tgid);
	if (!from)
		return;
	now = cgroup_root_of(task);
	if (now.root_mount != from->root_mount || now.root_dentry != from->root_dentry ||
	    !cgroup_is_sealed(cgroup_program_origin(task)))
		cgroup_entering_end(tgid);
}

#endif
