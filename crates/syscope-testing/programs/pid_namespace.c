// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A child that is process 1 of a new pid namespace, and its own child: their numbers are not the host's. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_first(void)
{
	pid_t child;

	syscall(SYS_getpid);
	syscall(SYS_getppid);
	child = fork();
	if (child == 0) {
		syscall(SYS_getpid);
		syscall(SYS_getppid);
		kill(1, 0);
		_exit(4);
	}
	waitpid(child, NULL, 0);
}

int main(void)
{
	if (unshare(CLONE_NEWPID) != 0)
		return 1;
	if (fork() == 0) {
		be_first();
		_exit(3);
	}
	wait(NULL);
	return 0;
}
