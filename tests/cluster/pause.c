// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
// The process of a pod's sandbox: waits, reaps orphans when the pod shares its process ids, and ends on
// SIGTERM or SIGINT.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void done(int sig)
{
	(void)sig;
	_exit(0);
}

static void reap(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

int main(void)
{
	struct sigaction end = { .sa_handler = done };
	struct sigaction child = { .sa_handler = reap, .sa_flags = SA_NOCLDSTOP };
	if (sigaction(SIGINT, &end, NULL) || sigaction(SIGTERM, &end, NULL) ||
	    sigaction(SIGCHLD, &child, NULL))
		return 1;
	for (;;)
		pause();
}
