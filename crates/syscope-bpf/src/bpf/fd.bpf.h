/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * What a descriptor of the current task refers to, read from its own table at the moment of the call: no table kept in
 * user space can be as right, and no look-up in /proc as timely.
 */
#ifndef SYSCOPE_FD_H
#define SYSCOPE_FD_H

#define S_IFMT 0170000
#define S_IFREG 0100000
#define SOCKFS_MAGIC 0x534f434b
#define AT_FDCWD_VALUE (-100)

/* Appends one name of a path. */
__noinline int append_name(__u64 name)
{
	struct scratch *s = scratch_get();
	__u64 at;
	long got;

	if (!s)
		return 1;
	at = s->used;
	barrier_var(at);
	if (at > BLOBS_MAX - 512)
		return 1;
	got = bpf_probe_read_kernel_str(s->blobs + at, 256, (void *)name);
	if (got <= 0)
		return 1;
	s->used = at + got;
	return 0;
}

/* Appends the names from `dentry` up to the task's root directory, leaf first, each closed by a NUL. 1: cut. */
__noinline int append_path(__u64 dentry_at, __u64 mnt_at)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct dentry *dentry = (void *)dentry_at, *root_dentry, *parent, *mnt_root;
	struct vfsmount *vfsmnt = (void *)mnt_at, *root_mnt;

	root_dentry = BPF_CORE_READ(task, fs, root.dentry);
	root_mnt = BPF_CORE_READ(task, fs, root.mnt);
	mnt_root = BPF_CORE_READ(vfsmnt, mnt_root);
	for (int i = 0; i < PATH_NAMES_MAX; i++) {
		if (dentry == root_dentry && vfsmnt == root_mnt)
			return 0;
		if (dentry == mnt_root) {
			struct mount *mnt =
				(void *)vfsmnt - bpf_core_field_offset(struct mount, mnt);
			struct mount *up = BPF_CORE_READ(mnt, mnt_parent);

			if (up == mnt)
				return 0;
			dentry = BPF_CORE_READ(mnt, mnt_mountpoint);
			vfsmnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
			mnt_root = BPF_CORE_READ(vfsmnt, mnt_root);
			continue;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
		if (append_name((__u64)BPF_CORE_READ(dentry, d_name.name)))
			return 1;
		if (parent == dentry)
			return 0;
		dentry = parent;
	}
	return 1;
}

static __always_inline void fd_socket(struct fd_info *info, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);

	info->sock_type = BPF_CORE_READ(socket, type);
	if (!sk)
		return;
	info->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	info->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (info->family == 2) {
		__u32 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		__u32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		__builtin_memcpy(info->local, &local, 4);
		__builtin_memcpy(info->remote, &remote, 4);
	} else if (info->family == 10) {
		BPF_CORE_READ_INTO(&info->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&info->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	} else {
		return;
	}
	info->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	info->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

/* Appends a blob that describes a file (0: only a path is known, as for the current directory). */
__noinline int capture_file(__u64 file_at, __u64 dentry_at, __u64 mnt_at, __u32 tag)
{
	struct scratch *s = scratch_get();
	struct file *file = (void *)file_at;
	struct dentry *dentry = (void *)dentry_at;
	struct fd_info *info;
	struct blob *blob;
	struct inode *inode;
	__u32 start;

	if (!s || !dentry)
		return 0;
	blob = blob_begin(s, tag, tag >> 8);
	if (!blob || s->used > BLOBS_MAX - 1024)
		return 0;
	info = (void *)(blob + 1);
	__builtin_memset(info, 0, sizeof(*info));
	inode = file ? BPF_CORE_READ(file, f_inode) : BPF_CORE_READ(dentry, d_inode);
	info->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	info->mode = BPF_CORE_READ(inode, i_mode);
	info->inode = BPF_CORE_READ(inode, i_ino);
	if (file && info->magic == SOCKFS_MAGIC) {
		fd_socket(info, file);
		blob_end(s, blob, sizeof(*info));
		return 0;
	}
	if (!BPF_CORE_READ(dentry, d_hash.pprev)) {
		if (BPF_CORE_READ(dentry, d_parent) != dentry)
			info->flags |= FD_UNLINKED;
		else if ((info->mode & S_IFMT) == S_IFREG)
			info->flags |= FD_NAMELESS;
	}
	start = s->used;
	s->used = start + sizeof(*blob) + sizeof(*info);
	if (append_path((__u64)dentry, mnt_at))
		info->flags |= FD_PATH_CUT;
	blob_close(s, blob, start);
	return 0;
}

/* Appends what descriptor `fd` refers to, or the current directory for AT_FDCWD. */
__noinline int capture_fd(__u64 value, __u32 tag)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **table, *file = NULL;
	struct fdtable *fdt;
	int fd = (int)value;

	if (fd == AT_FDCWD_VALUE)
		return capture_file(0, (__u64)BPF_CORE_READ(task, fs, pwd.dentry),
				    (__u64)BPF_CORE_READ(task, fs, pwd.mnt), tag);
	fdt = BPF_CORE_READ(task, files, fdt);
	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	table = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	if (!file)
		return 0;
	return capture_file((__u64)file, (__u64)BPF_CORE_READ(file, f_path.dentry),
			    (__u64)BPF_CORE_READ(file, f_path.mnt), tag);
}

#endif
