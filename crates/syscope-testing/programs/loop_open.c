// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Exactly N calls of openat that fail, N being the argument (1000 without). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000;

	for (long i = 0; i < count; i++)
		openat(AT_FDCWD, "/no/such/directory/file", O_RDONLY);
	return 0;
}
