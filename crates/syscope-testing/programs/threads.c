// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Four threads at once: each does its own calls, and they meet at a lock and a barrier. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	THREADS = 4,
	ROUNDS = 50
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static int total;

static void *work(void *argument)
{
	char name[32];
	struct stat status;

	snprintf(name, sizeof name, "/no/such/file-%d", *(int *)argument);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		stat(name, &status);
		access("/etc/hosts", R_OK);
		pthread_mutex_lock(&lock);
		total++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, work, &numbers[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return total != THREADS * ROUNDS;
}
