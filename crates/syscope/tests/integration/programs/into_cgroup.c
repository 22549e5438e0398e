// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
// into_cgroup DIRECTORY PROGRAM [ARGUMENT...]: runs a program in a v2 cgroup. The child is made in it
// (CLONE_INTO_CGROUP); it never was in that of its parent.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	int directory = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0) {
		perror(argv[1]);
		return 1;
	}
	struct clone_args args;
	memset(&args, 0, sizeof(args));
	args.flags = CLONE_INTO_CGROUP;
	args.exit_signal = SIGCHLD;
	args.cgroup = (unsigned)directory;
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	int status = 0;
	if (pid < 0 || waitpid((pid_t)pid, &status, 0) < 0) {
		perror("clone3");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
