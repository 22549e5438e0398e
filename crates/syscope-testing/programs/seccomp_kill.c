// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Calls that a seccomp filter answers with a signal: one that is handled, one that kills. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER(call, action) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)

static void handle(int signal)
{
	(void)signal;
}

static void filtered(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ANSWER(SYS_getppid, SECCOMP_RET_TRAP),
		ANSWER(SYS_getpgrp, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	signal(SIGSYS, handle);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
	syscall(SYS_getppid);
	syscall(SYS_getuid);
	syscall(SYS_getpgrp);
}

int main(void)
{
	if (fork() == 0) {
		filtered();
		_exit(0);
	}
	wait(NULL);
	return 0;
}
