// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/*
 * race COUNT: execs itself so many times while a thread rewrites the memory of the arguments. Each image says
 * `cmdline PID HEX`: what it really got.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char moving[4096];

static void *rewrite(void *unused)
{
	for (unsigned int n = 0;; n++) {
		volatile char *text = moving;
		int len = 100 + n % 3 * 1900;

		for (int i = 0; i < len; i++)
			text[i] = 'A' + n % 26;
		text[len] = 0;
	}
	return unused;
}

static int image(void)
{
	static char line[20000] = "";
	unsigned char text[8192];
	int file = open("/proc/self/cmdline", O_RDONLY);
	ssize_t len = read(file, text, sizeof(text));
	int at = sprintf(line, "cmdline %d ", getpid());

	for (int i = 0; i < len; i++)
		at += sprintf(line + at, "%02x", text[i]);
	line[at++] = '\n';
	return write(1, line, at) != at;
}

int main(int argc, char **argv)
{
	char *arguments[] = { "race", "image", moving, "end", NULL };
	pthread_t thread;

	if (argc > 1 && !strcmp(argv[1], "image"))
		return image();
	memset(moving, 'A', 100);
	pthread_create(&thread, NULL, rewrite, NULL);
	for (int n = atoi(argv[1]); n > 0; n--) {
		/* It shares our memory, and only this thread waits for it. */
		pid_t child = vfork();

		if (child == 0) {
			execve("/proc/self/exe", arguments, NULL);
			_exit(1);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
