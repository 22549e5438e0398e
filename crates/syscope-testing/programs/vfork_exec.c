// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* vfork, where the child borrows the parent's memory until it execs or exits. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	int status;
	pid_t child = vfork();

	if (child == 0) {
		execve("/usr/bin/true", argv, envp);
		_exit(1);
	}
	waitpid(child, &status, 0);
	child = vfork();
	if (child == 0) {
		execve("/no/such/program", argv, envp);
		_exit(3);
	}
	waitpid(child, &status, 0);
	return 0;
}
