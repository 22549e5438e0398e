// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Calls that end in unusual ways. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER(call, code)                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))

static void say(const char *name, long result)
{
	printf("%s %ld\n", name, result == -1 ? -(long)errno : result);
}

static void install_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ANSWER(SYS_getppid, EPERM),
		ANSWER(SYS_getpgrp, ENOSYS),
		ANSWER(SYS_getsid, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Calls that seccomp answers, and one that it lets through. */
static void seccomp(void)
{
	install_filter();
	say("getppid", syscall(SYS_getppid));
	say("getpgrp", syscall(SYS_getpgrp));
	say("getsid", syscall(SYS_getsid, 0));
	say("getpgid", syscall(SYS_getpgid, 4000000));
}

/* The same call again and again, always answered by seccomp. */
static void denied(void)
{
	install_filter();
	printf("ready %d\n", getpid());
	for (;;) {
		syscall(SYS_getppid);
		usleep(2000);
	}
}

/* A child that is killed while it waits in read. */
static void killed(void)
{
	char path[64], text[64] = "", byte;
	int ends[2], number = -1, status;
	pid_t child;

	(void)!pipe(ends);
	child = fork();
	if (child == 0)
		_exit(read(ends[0], &byte, 1));
	snprintf(path, sizeof path, "/proc/%d/syscall", child);
	while (number != SYS_read) {
		FILE *file = fopen(path, "r");

		if (!file || !fgets(text, sizeof text, file) || sscanf(text, "%d", &number) != 1)
			number = -1;
		if (file)
			fclose(file);
		usleep(1000);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	printf("child %d\nsignal %d\n", child, WTERMSIG(status));
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1 && !strcmp(argv[1], "seccomp"))
		seccomp();
	else if (argc > 1 && !strcmp(argv[1], "killed"))
		killed();
	else if (argc > 1 && !strcmp(argv[1], "denied"))
		denied();
	return 0;
}
