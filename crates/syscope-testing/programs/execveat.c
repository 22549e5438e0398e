// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* execveat three ways: a path below a directory, a descriptor with AT_EMPTY_PATH, a memfd; and one that fails. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(int fd, const char *path, int flags)
{
	char *argv[] = { "true", "one", NULL }, *envp[] = { "A=1", NULL };

	if (fork() == 0) {
		syscall(SYS_execveat, fd, path, argv, envp, flags);
		_exit(1);
	}
	wait(NULL);
}

int main(void)
{
	int directory = open("/usr/bin", O_PATH | O_DIRECTORY);
	int file = open("/usr/bin/true", O_RDONLY);
	int memory = memfd_create("copy", 0);

	run(directory, "true", 0);
	run(file, "", AT_EMPTY_PATH);
	while (sendfile(memory, file, NULL, 1 << 20) > 0)
		;
	run(memory, "", AT_EMPTY_PATH);
	run(directory, "no-such-program", AT_SYMLINK_NOFOLLOW);
	run(AT_FDCWD, "/usr/bin/true", 0);
	return 0;
}
