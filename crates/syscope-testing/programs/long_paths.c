// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Paths around the limit of 4096 bytes: the longest that is valid, and longer ones. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path of this length that means /etc/hosts: /././.../etc/hosts. */
static void fill(char *path, size_t length)
{
	static const char tail[] = "/etc/hosts";
	size_t start = length - strlen(tail);

	for (size_t i = 0; i < start; i++)
		path[i] = i % 2 ? '.' : '/';
	if (start % 2 == 1)
		path[start - 1] = '/';
	strcpy(path + start, tail);
}

int main(void)
{
	static char path[8192];
	static const size_t lengths[] = { 255, 256, 4000, 4094, 4095, 4096, 4097, 6000 };
	struct stat status;

	for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		fill(path, lengths[i]);
		close(open(path, O_RDONLY));
		stat(path, &status);
	}
	memset(path, 'n', 300);
	path[300] = 0;
	mkdir(path, 0700);
	path[255] = 0;
	mkdir(path, 0700);
	rmdir(path);
	return 0;
}
