// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Children that are killed inside a call that waits, and one that is killed in its own code. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void block(int fd)
{
	char byte;

	(void)!read(fd, &byte, 1);
}

static void wait_for_events(int fd)
{
	(void)fd;
	poll(NULL, 0, -1);
}

static void sleep_long(int fd)
{
	(void)fd;
	sleep(60);
}

static void spin(int fd)
{
	(void)fd;
	for (volatile unsigned long i = 0;; i++)
		;
}

static void abort_now(int fd)
{
	(void)fd;
	usleep(200000);
	raise(SIGABRT);
}

int main(void)
{
	static const struct {
		void (*work)(int);
		int signal;
	} cases[] = {
		{ block, SIGKILL },
		{ block, SIGTERM },
		{ wait_for_events, SIGKILL },
		{ wait_for_events, SIGINT },
		{ sleep_long, SIGTERM },
		{ spin, SIGKILL },
		{ abort_now, 0 },
	};
	int ends[2];

	(void)!pipe(ends);
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		pid_t child = fork();

		if (child == 0) {
			cases[i].work(ends[0]);
			_exit(1);
		}
		usleep(100000);
		kill(child, cases[i].signal);
		waitpid(child, NULL, 0);
	}
	return 0;
}
