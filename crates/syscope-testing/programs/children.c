// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Every way to make a child. The kernel lets a child leave the call too, an exit that had no entry. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_main(void *argument)
{
	syscall(SYS_getppid);
	return (int)(intptr_t)argument;
}

static void reap(pid_t child)
{
	int status;

	if (child == 0)
		_exit(child_main(NULL));
	waitpid(child, &status, __WALL);
}

int main(void)
{
	struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD };
	char *stack = malloc(1 << 16);
	int pidfd = -1, number = 0;

	reap(syscall(SYS_fork));
	reap(fork());
	reap(syscall(SYS_clone, SIGCHLD | CLONE_PARENT_SETTID, 0, &number, 0, 0));
	reap(clone(child_main, stack + (1 << 16), CLONE_VM | CLONE_FS | SIGCHLD, (void *)3));
	reap(clone(child_main, stack + (1 << 16), CLONE_VFORK | CLONE_VM | SIGCHLD, (void *)4));
	args.pidfd = (uintptr_t)&pidfd;
	reap(syscall(SYS_clone3, &args, sizeof args));
	args.flags = CLONE_SIGHAND;
	syscall(SYS_clone3, &args, sizeof args);
	syscall(SYS_clone3, &args, 8);
	return 0;
}
