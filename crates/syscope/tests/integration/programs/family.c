// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A process with descendants and threads, each of which calls getpgid(4000000 + N) again and again:
 *
 *   1 the process   2 its thread   3 a child   4 the child's child   5 the child's thread
 *   6 a later child   7 a later thread   8 a later child of the child
 *
 * The later ones begin when a byte comes on stdin; all ends with the end of stdin. `family N` is a process alone. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void mark_once(long number)
{
	syscall(SYS_getpgid, 4000000 + number);
}

static void *mark(void *number)
{
	for (;;) {
		mark_once((intptr_t)number);
		usleep(2000);
	}
	return NULL;
}

static void begin_thread(long number)
{
	pthread_t thread;

	pthread_create(&thread, NULL, mark, (void *)number);
}

static pid_t begin_child(long number, void (*more)(void))
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (more)
			more();
		mark((void *)number);
	}
	return child;
}

static void fork_later(int signal)
{
	(void)signal;
	begin_child(8, NULL);
}

static void child(void)
{
	signal(SIGUSR1, fork_later);
	begin_child(4, NULL);
	begin_thread(5);
}

int main(int argc, char **argv)
{
	long number = argc > 1 ? atol(argv[1]) : 1;
	pid_t first = 0;
	char byte;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc == 1) {
		first = begin_child(3, child);
		begin_thread(2);
	}
	begin_thread(number);
	printf("ready %d\n", getpid());
	while (read(0, &byte, 1) == 1) {
		if (argc > 1)
			continue;
		begin_child(6, NULL);
		begin_thread(7);
		kill(first, SIGUSR1);
	}
	return 0;
}
