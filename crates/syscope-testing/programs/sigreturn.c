// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Signal handlers: rt_sigreturn returns what the interrupted code had in its register, not a result. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void handle(int signal, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	if (signal == SIGUSR1)
		syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2);
	else
		syscall(SYS_getppid);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };

	sigaltstack(&stack, NULL);
	sigaddset(&action.sa_mask, SIGHUP);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGRTMIN + 3, &action, NULL);
	for (int i = 0; i < 3; i++)
		raise(SIGUSR1);
	raise(SIGRTMIN + 3);
	return 0;
}
