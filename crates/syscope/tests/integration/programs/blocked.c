// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Reads stdin, and says what it got; a second thread calls getpgid again and again, so that a trace shows when it
 * has begun. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *mark(void *unused)
{
	for (;;) {
		syscall(SYS_getpgid, 4000000);
		usleep(2000);
	}
	return unused;
}

int main(void)
{
	char buffer[64];
	pthread_t thread;
	ssize_t got;

	setvbuf(stdout, NULL, _IONBF, 0);
	pthread_create(&thread, NULL, mark, NULL);
	printf("ready %d\n", getpid());
	while ((got = read(0, buffer, sizeof buffer)) > 0)
		printf("read %zd\n", got);
	return 0;
}
