// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Processes in nested pid namespaces, each of which calls getpgid(4000000 + N) again and again:
 * 0 outside, 1 in a new namespace, 2 in one below that. Says the two namespaces; ends with stdin. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void mark(int level, int ready)
{
	struct stat status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stat("/proc/self/ns/pid", &status);
	printf("namespace%d %lu\n", level, (unsigned long)status.st_ino);
	(void)!write(ready, "r", 1);
	for (;;) {
		syscall(SYS_getpgid, 4000000 + level);
		usleep(2000);
	}
}

static void descend(int level, int ready)
{
	if (unshare(CLONE_NEWPID) != 0)
		_exit(1);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (level < 2)
			descend(level + 1, ready);
		mark(level, ready);
	}
}

int main(void)
{
	int ready[2];
	char byte;

	setvbuf(stdout, NULL, _IONBF, 0);
	(void)!pipe(ready);
	descend(1, ready[1]);
	(void)!read(ready[0], &byte, 1);
	(void)!read(ready[0], &byte, 1);
	printf("ready %d\n", getpid());
	while (1) {
		fd_set set;
		struct timeval soon = { 0, 2000 };

		syscall(SYS_getpgid, 4000000);
		FD_ZERO(&set);
		FD_SET(0, &set);
		if (select(1, &set, NULL, NULL, &soon) == 1 && read(0, &byte, 1) < 1)
			return 0;
	}
}
