// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Sending, blocking and waiting for signals. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void handle(int signal)
{
	(void)signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART | SA_NODEFER },
			 old;
	struct timespec soon = { 0, 20000000 };
	siginfo_t info = { 0 };
	sigset_t some, none, all;
	pid_t child;

	sigemptyset(&none);
	sigfillset(&all);
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigaddset(&some, SIGHUP);
	sigaddset(&some, SIGRTMIN);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR1, NULL, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	sigaction(SIGKILL, &action, NULL);
	sigprocmask(SIG_BLOCK, &some, NULL);
	kill(getpid(), SIGUSR1);
	sigpending(&all);
	sigtimedwait(&some, &info, &soon);
	sigtimedwait(&some, &info, &soon);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 5 });
	sigwaitinfo(&some, &info);
	raise(SIGUSR1);
	sigsuspend(&none);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &some);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	syscall(SYS_tkill, gettid(), 0);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	syscall(SYS_kill, getpid(), 99);
	kill(-1000000, 0);
	syscall(SYS_rt_sigprocmask, 77, &all, NULL, 8);
	child = fork();
	if (child == 0)
		pause();
	usleep(50000);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	kill(0, 0);
	signal(SIGTERM, SIG_IGN);
	syscall(SYS_pidfd_send_signal, 99, SIGTERM, NULL, 0);
	return 0;
}
