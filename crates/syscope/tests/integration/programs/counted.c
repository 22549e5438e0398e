// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Known numbers of calls: `counted CALL NUMBER...`. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	CALLS_OF_A_THREAD = 1000
};

static void *thread(void *unused)
{
	for (int i = 0; i < CALLS_OF_A_THREAD; i++)
		syscall(SYS_getppid);
	return unused;
}

static void threads(long number)
{
	pthread_t started[number];

	for (long i = 0; i < number; i++)
		pthread_create(&started[i], NULL, thread, NULL);
	for (long i = 0; i < number; i++)
		pthread_join(started[i], NULL);
}

static void call(const char *name)
{
	struct timespec time = { 0, 60000000 };

	if (!strcmp(name, "getppid"))
		syscall(SYS_getppid);
	else if (!strcmp(name, "missing"))
		syscall(SYS_rmdir, "/no/such/directory");
	else if (!strcmp(name, "badfd"))
		syscall(SYS_fsync, -1);
	else if (!strcmp(name, "sleep"))
		syscall(SYS_nanosleep, &time, NULL);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		long number = atol(argv[i + 1]);

		if (!strcmp(argv[i], "threads")) {
			threads(number);
			continue;
		}
		while (number-- > 0)
			call(argv[i]);
	}
	return 0;
}
