// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Arguments of execve: many, long, empty, not UTF-8; and the same for an exec that fails. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *path, char **argv, char **envp)
{
	if (fork() == 0) {
		execve(path, argv, envp);
		_exit(1);
	}
	wait(NULL);
}

int main(void)
{
	static char long_argument[3000];
	char *few[] = { "true", "", "caf\xc3\xa9", "\xff\n\"quoted\"", long_argument, NULL };
	char *many[101] = { "true" }, *none[] = { NULL };
	char *environment[] = { "EMPTY=", "LONG=0123456789012345678901234567890123456789", NULL };

	memset(long_argument, 'l', sizeof long_argument - 1);
	for (int i = 1; i < 100; i++)
		many[i] = "argument";
	run("/usr/bin/true", few, environment);
	run("/usr/bin/true", many, none);
	run("/usr/bin/true", none, none);
	run("/no/such/program", few, environment);
	run("/no/such/program", many, environment);
	run("/etc/passwd", few, none);
	run("/etc", few, none);
	return 0;
}
