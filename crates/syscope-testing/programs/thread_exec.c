// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A thread that is not the leader calls execve: all others die, and it takes the leader's number. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static int pipe_ends[2];

static void *wait_for_input(void *unused)
{
	char byte;

	(void)!read(pipe_ends[0], &byte, 1);
	return unused;
}

static void *execute(void *unused)
{
	usleep(200000);
	execl("/usr/bin/true", "true", "from a thread", (char *)NULL);
	return unused;
}

int main(void)
{
	pthread_t threads[2];

	(void)!pipe(pipe_ends);
	pthread_create(&threads[0], NULL, wait_for_input, NULL);
	usleep(50000);
	pthread_create(&threads[1], NULL, execute, NULL);
	pause();
	return 1;
}
