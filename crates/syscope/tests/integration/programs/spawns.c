// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/*
 * spawns COUNT [EVERY]: starts /bin/true so many times, one after the other, with its number as the argument. Every
 * EVERYth has 20 more arguments of 100,000 bytes: "NUMBER.PLACE." and then one letter to the end.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LONG_ARGS 20
#define LONG_BYTES 100000

static char texts[LONG_ARGS][LONG_BYTES + 1];

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1, every = argc > 2 ? atoi(argv[2]) : 0;
	char number[16], *no_environment[] = { NULL };

	for (int n = 0; n < count; n++) {
		char *arguments[LONG_ARGS + 3] = { "/bin/true", number };
		int status = -1;
		pid_t child;

		snprintf(number, sizeof(number), "%d", n);
		for (int i = 0; every && n % every == 0 && i < LONG_ARGS; i++) {
			memset(texts[i], 'a' + (n / every + i) % 26, LONG_BYTES);
			texts[i][sprintf(texts[i], "%d.%d.", n, i)] = 'a' + (n / every + i) % 26;
			arguments[i + 2] = texts[i];
		}
		if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, no_environment) != 0)
			return 1;
		if (waitpid(child, &status, 0) != child || status != 0)
			return 1;
	}
	return 0;
}
