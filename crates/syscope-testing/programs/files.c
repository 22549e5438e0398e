// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Names and attributes of files: everything that takes a path. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

static void open_ways(int directory)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT,
				.mode = 0644,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	close(syscall(SYS_openat2, directory, "file", &how, sizeof how));
	close(syscall(SYS_openat2, directory, "../out", &how, sizeof how));
	close(syscall(SYS_open, "file", O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_DSYNC));
	close(syscall(SYS_creat, "created", 0600));
	close(openat(directory, ".", O_TMPFILE | O_RDWR, 0600));
	close(openat(directory, "file", O_PATH | O_NOFOLLOW));
	open("file", O_CREAT | O_EXCL, 04755);
	open("file/below", O_RDONLY);
	open("missing", O_RDONLY | O_DIRECTORY);
}

static void look(int directory)
{
	struct stat status;
	struct statx more;
	struct statfs system;
	char target[16];

	syscall(SYS_stat, "file", &status);
	syscall(SYS_lstat, "link", &status);
	syscall(SYS_fstat, directory, &status);
	syscall(SYS_newfstatat, directory, "link", &status, AT_SYMLINK_NOFOLLOW);
	statx(directory, "file", AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_SIZE,
	      &more);
	statx(AT_FDCWD, "missing", 0, STATX_ALL, &more);
	statfs(".", &system);
	fstatfs(directory, &system);
	access("file", R_OK | W_OK);
	syscall(SYS_faccessat2, directory, "file", X_OK, AT_EACCESS);
	readlinkat(directory, "link", target, sizeof target);
	syscall(SYS_readlink, "link", target, 3);
	(void)!getcwd(target, 1);
}

static void change(int directory)
{
	struct timespec times[2] = { { 1700000000, 5 }, { 0, UTIME_OMIT } };
	struct timeval old_times[2] = { { 1700000000, 5 }, { 1700000001, 6 } };

	linkat(directory, "file", directory, "hard", 0);
	syscall(SYS_link, "file", "hard");
	symlinkat("../elsewhere", directory, "dangling");
	syscall(SYS_renameat2, directory, "hard", directory, "file", RENAME_EXCHANGE);
	syscall(SYS_renameat2, directory, "hard", directory, "file", RENAME_NOREPLACE);
	syscall(SYS_rename, "hard", "harder");
	renameat(directory, "harder", directory, "hardest");
	mkdirat(directory, "sub", 0711);
	mknod("fifo", S_IFIFO | 0600, 0);
	mknodat(directory, "null", S_IFCHR | 0666, makedev(1, 3));
	syscall(SYS_chmod, "file", 0751);
	fchmodat(directory, "file", 02755, 0);
	syscall(SYS_chown, "file", 0, -1);
	fchownat(directory, "link", 1, 2, AT_SYMLINK_NOFOLLOW);
	utimensat(directory, "file", times, 0);
	utimensat(directory, "file", NULL, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_utimes, "file", old_times);
	(void)!truncate("file", 0x180000000);
	(void)!chdir("sub");
	(void)!fchdir(directory);
	unlinkat(directory, "sub", AT_REMOVEDIR);
	syscall(SYS_unlink, "fifo");
	syscall(SYS_rmdir, "file");
	umask(022);
}

static void attributes(int directory)
{
	char value[64];

	setxattr("file", "user.one", "value\1", 6, XATTR_CREATE);
	setxattr("file", "user.one", "again", 5, XATTR_CREATE);
	lsetxattr("link", "user.two", "", 0, 0);
	fsetxattr(directory, "user.three", "v", 1, XATTR_REPLACE);
	getxattr("file", "user.one", value, sizeof value);
	getxattr("file", "user.missing", value, sizeof value);
	listxattr("file", value, sizeof value);
	removexattr("file", "user.one");
}

static void watch(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), watch;
	char events[256];

	watch = inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	inotify_add_watch(fd, "missing", IN_ALL_EVENTS);
	close(creat("watched", 0600));
	(void)!read(fd, events, sizeof events);
	inotify_rm_watch(fd, watch);
	close(fd);
}

int main(void)
{
	char entries[4096];
	int directory = open(".", O_RDONLY | O_DIRECTORY);

	open_ways(directory);
	(void)!symlink("file", "link");
	look(directory);
	attributes(directory);
	watch();
	change(directory);
	while (syscall(SYS_getdents64, directory, entries, sizeof entries) > 0)
		;
	lseek(directory, 0, SEEK_SET);
	syscall(SYS_getdents, directory, entries, 64);
	return 0;
}
