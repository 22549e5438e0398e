// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Has the kernel do reads of io_uring in worker threads (IOSQE_ASYNC), and says how many were seen at work. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

int main(void)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 8, &params), pipes[2], most = 1;
	unsigned *array, *tail;
	struct io_uring_sqe *entries;
	char *queue, byte;

	if (ring < 0 || pipe(pipes))
		return perror("io_uring_setup"), 1;
	queue = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned),
		     PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE,
		       MAP_SHARED, ring, IORING_OFF_SQES);
	if (queue == MAP_FAILED || entries == MAP_FAILED)
		return perror("mmap"), 1;
	array = (unsigned *)(queue + params.sq_off.array);
	tail = (unsigned *)(queue + params.sq_off.tail);
	/* Four reads of an empty pipe, each of which a worker waits in. */
	for (int i = 0; i < 4; i++) {
		struct io_uring_sqe *entry = &entries[i];

		memset(entry, 0, sizeof(*entry));
		entry->opcode = IORING_OP_READ;
		entry->flags = IOSQE_ASYNC;
		entry->fd = pipes[0];
		entry->addr = (unsigned long)&byte;
		entry->len = 1;
		array[i] = i;
	}
	__atomic_store_n(tail, *tail + 4, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 4, 0, 0, NULL, 0) != 4)
		return perror("io_uring_enter"), 1;
	for (int i = 0; i < 1000 && most < 2; i++) {
		usleep(1000);
		most = threads();
	}
	printf("workers %d\n", most - 1);
	fflush(stdout);
	if (write(pipes[1], "1234", 4) != 4)
		return 1;
	return 0;
}
