/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * calls GOOD BAD [wait]: makes exactly GOOD calls of openat that succeed and BAD that fail with ENOENT, and no other openat; then
 * ends, or waits for its end. Linked statically, so that nothing opens files before main.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (long left = atol(argv[1]); left > 0; left--) {
		long fd = syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);

		if (fd < 0)
			return 1;
		close(fd);
	}
	for (long left = atol(argv[2]); left > 0; left--) {
		if (syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDONLY) != -1)
			return 1;
	}
	while (argc > 3)
		pause();
	return 0;
}
