// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Ways to exec. The new image is this program again and says what it was given; the old one says what it gave. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const image[] = { "given name", "image", "x y", "", NULL };
static char *const environment[] = { "A=1", "B=2", NULL };
static char self[4096];

static void new_image(int argc, char **argv, char **envp)
{
	int variables = 0;

	printf("pid %d\ntid %d\n", getpid(), gettid());
	for (int i = 0; i < argc; i++)
		printf("argv %s\n", argv[i]);
	while (envp[variables])
		variables++;
	printf("variables %d\n", variables);
}

static void at(int fd, const char *path, int flags)
{
	printf("dirfd %d\npath %s\n", fd, path);
	syscall(SYS_execveat, fd, path, image, environment, flags);
	perror("execveat");
	exit(1);
}

static void by_path(void)
{
	char directory[4096], base[4096];

	strcpy(directory, self);
	strcpy(base, self);
	at(open(dirname(directory), O_PATH | O_DIRECTORY), basename(base), 0);
}

static void by_memfd(void)
{
	int file = open(self, O_RDONLY), memory = memfd_create("copy", 0);

	while (sendfile(memory, file, NULL, 1 << 20) > 0)
		;
	close(file);
	at(memory, "", AT_EMPTY_PATH);
}

static void *execute(void *unused)
{
	printf("thread %d\n", gettid());
	execve(self, image, environment);
	perror("execve");
	return unused;
}

static void by_thread(void)
{
	pthread_t thread;

	printf("leader %d\n", getpid());
	pthread_create(&thread, NULL, execute, NULL);
	pause();
}

static void by_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execve(self, image, environment);
		_exit(1);
	}
	printf("child %d\n", child);
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv, char **envp)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "image")) {
		new_image(argc, argv, envp);
		return 0;
	}
	self[readlink("/proc/self/exe", self, sizeof self - 1)] = 0;
	if (!strcmp(argv[1], "path"))
		by_path();
	else if (!strcmp(argv[1], "fd"))
		at(open(self, O_RDONLY), "", AT_EMPTY_PATH);
	else if (!strcmp(argv[1], "memfd"))
		by_memfd();
	else if (!strcmp(argv[1], "thread"))
		by_thread();
	else if (!strcmp(argv[1], "vfork"))
		by_vfork();
	else if (!strcmp(argv[1], "run")) /* run FILE ARGV... */
		execve(argv[2], argv + 3, envp);
	return 1;
}
