// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Exactly N calls of getppid, N being the argument (1000 without). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000;

	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	return 0;
}
