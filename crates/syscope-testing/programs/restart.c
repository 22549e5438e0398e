// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Interrupted calls: nanosleep stopped and continued (restart_syscall), and reads that a handler interrupts,
 * with SA_RESTART and without. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void stop_and_continue(pid_t target)
{
	if (fork() == 0) {
		usleep(150000);
		kill(target, SIGSTOP);
		usleep(150000);
		kill(target, SIGCONT);
		/* The end of this process shall find the parent waiting for it. */
		usleep(700000);
		_exit(0);
	}
}

static void handle(int signal)
{
	(void)signal;
}

int main(void)
{
	struct timespec pause_time = { 0, 700000000 };
	struct itimerval soon = { .it_value = { 0, 100000 } };
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	int ends[2], empty[2];
	char byte;

	(void)!pipe(ends);
	(void)!pipe(empty);
	stop_and_continue(getpid());
	nanosleep(&pause_time, NULL);
	wait(NULL);
	stop_and_continue(getpid());
	poll(&(struct pollfd){ .fd = empty[0], .events = POLLIN }, 1, 700);
	wait(NULL);

	sigaction(SIGALRM, &action, NULL);
	if (fork() == 0) {
		usleep(300000);
		(void)!write(ends[1], "x", 1);
		_exit(0);
	}
	setitimer(ITIMER_REAL, &soon, NULL);
	(void)!read(ends[0], &byte, 1);
	wait(NULL);
	action.sa_flags = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	(void)!read(ends[0], &byte, 1);
	return 0;
}
