// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A process whose first thread is gone when another, of another name, ends it with status 3. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The state of the first thread, as in /proc/PID/stat. */
static char first_thread(void)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = '?';
		fclose(file);
	}
	return state;
}

static void *last(void *unused)
{
	prctl(PR_SET_NAME, "worker");
	while (first_thread() != 'Z')
		usleep(1000);
	_exit(3);
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, last, NULL);
	syscall(SYS_exit, 0);
}
