// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A process of nine threads that ends: `leader` first, `thread` by exit(9) in one of them, `killed` by SIGKILL. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char how;

static void *member(void *number)
{
	usleep(20000 + 2000 * (intptr_t)number);
	if (number == 0 && how == 't')
		exit(9);
	if (number == 0 && how == 'k')
		kill(getpid(), SIGKILL);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	how = argc > 1 ? argv[1][0] : 'l';
	for (intptr_t n = 0; n < 8; n++)
		pthread_create(&thread, NULL, member, (void *)n);
	if (how == 'l')
		pthread_exit(NULL);
	pause();
	return 1;
}
