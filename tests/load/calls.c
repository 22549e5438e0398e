/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Makes system calls for the load tests.
 *
 *   calls pace RATE SECONDS CPU     RATE calls a second on one CPU, twenty kinds in turn; prints what was reached
 *   calls names                     the names of the twenty kinds, those that fail last
 *   calls cgroups FILE ROUNDS       a process for each cgroup directory that FILE names, one a line: it makes forty kinds of
 *                                   calls ROUNDS times in it and then waits until this process ends; prints "ready"
 *
 * Ends at SIGTERM; what it started ends with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Cheap calls that take what they are given here and change nothing. The first ten succeed, the others fail with EBADF. */
static const struct {
	const char *name;
	long nr;
	long arg;
} KINDS[] = {
	{ "getppid", SYS_getppid, 0 },
	{ "getuid", SYS_getuid, 0 },
	{ "geteuid", SYS_geteuid, 0 },
	{ "getgid", SYS_getgid, 0 },
	{ "getegid", SYS_getegid, 0 },
	{ "gettid", SYS_gettid, 0 },
	{ "getsid", SYS_getsid, 0 },
	{ "getpgid", SYS_getpgid, 0 },
	{ "umask", SYS_umask, 022 },
	{ "getpriority", SYS_getpriority, 0 },
	{ "dup", SYS_dup, -1 },
	{ "fchdir", SYS_fchdir, -1 },
	{ "fchmod", SYS_fchmod, -1 },
	{ "lseek", SYS_lseek, -1 },
	{ "fsync", SYS_fsync, -1 },
	{ "fdatasync", SYS_fdatasync, -1 },
	{ "ftruncate", SYS_ftruncate, -1 },
	{ "flock", SYS_flock, -1 },
	{ "fchown", SYS_fchown, -1 },
	{ "getsockname", SYS_getsockname, -1 },
};
enum {
	KINDS_COUNT = sizeof(KINDS) / sizeof(KINDS[0])
};

/* Twenty more for the process of a cgroup. All fail with EBADF, ESRCH or EINVAL, or read something. */
static const struct {
	long nr;
	long arg;
} MORE[] = {
	{ SYS_getpid, 0 },
	{ SYS_getpeername, -1 },
	{ SYS_listen, -1 },
	{ SYS_shutdown, -1 },
	{ SYS_fstat, -1 },
	{ SYS_fcntl, -1 },
	{ SYS_dup3, -1 },
	{ SYS_read, -1 },
	{ SYS_write, -1 },
	{ SYS_pread64, -1 },
	{ SYS_pwrite64, -1 },
	{ SYS_readv, -1 },
	{ SYS_writev, -1 },
	{ SYS_getdents64, -1 },
	{ SYS_ioctl, -1 },
	{ SYS_fallocate, -1 },
	{ SYS_readahead, -1 },
	{ SYS_sched_getscheduler, 0 },
	{ SYS_sched_get_priority_max, 0 },
	{ SYS_syncfs, -1 },
};
enum {
	MORE_COUNT = sizeof(MORE) / sizeof(MORE[0])
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int pace(double rate, double seconds, int cpu)
{
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
		perror("calls: sched_setaffinity");
	/* What comes late is made up for within 20 ms; more of it would be a burst that nobody asked for. */
	const uint64_t slack = 20000000;
	uint64_t begin = now_ns(), until = begin + (uint64_t)(seconds * 1e9), from = begin,
		 made = 0, of_turn = 0;
	while (!ended) {
		uint64_t now = now_ns();
		if (now >= until)
			break;
		if (now - from > slack && of_turn < (uint64_t)(rate * (now - from - slack) / 1e9)) {
			from = now - slack;
			of_turn = 0;
		}
		uint64_t due = (uint64_t)(rate * (now - from) / 1e9);
		if (of_turn >= due) {
			struct timespec pause = { 0, 500000 };
			nanosleep(&pause, NULL);
			continue;
		}
		for (; of_turn < due; of_turn += KINDS_COUNT, made += KINDS_COUNT)
			for (int kind = 0; kind < KINDS_COUNT; kind++)
				syscall(KINDS[kind].nr, KINDS[kind].arg, 0, 0);
	}
	double took = (now_ns() - begin) / 1e9;
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	double spent = used.ru_utime.tv_sec + used.ru_stime.tv_sec +
		       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	printf("{\"calls\": %llu, \"seconds\": %.3f, \"cpu\": %.3f}\n", (unsigned long long)made,
	       took, spent);
	return 0;
}

static int join(const char *cgroup)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	FILE *file = fopen(path, "w");
	if (!file)
		return -1;
	fprintf(file, "%d", getpid());
	return fclose(file);
}

static void child(const char *cgroup, int rounds, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (join(cgroup) != 0) {
		fprintf(stderr, "calls: join %s: %s\n", cgroup, strerror(errno));
		_exit(1);
	}
	/* A fork that is younger than a second and whose parent is outside passes for a runtime at work. */
	struct timespec grown_up = { .tv_sec = 1, .tv_nsec = 200000000 };
	while (nanosleep(&grown_up, &grown_up) != 0)
		;
	for (int round = 0; round < rounds; round++) {
		for (int kind = 0; kind < KINDS_COUNT; kind++)
			syscall(KINDS[kind].nr, KINDS[kind].arg, 0, 0);
		for (int kind = 0; kind < MORE_COUNT; kind++)
			syscall(MORE[kind].nr, MORE[kind].arg, 0, 0);
	}
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static int cgroups(const char *list, int rounds)
{
	FILE *file = fopen(list, "r");
	int ready[2];
	if (!file || pipe(ready) != 0) {
		perror("calls: the list of cgroups");
		return 1;
	}
	char *line = NULL;
	size_t size = 0;
	int begun = 0, done = 0;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		pid_t pid = fork();
		if (pid == 0)
			child(line, rounds, ready[1]);
		begun += pid > 0;
	}
	close(ready[1]);
	char byte;
	while (done < begun && !ended && read(ready[0], &byte, 1) == 1)
		done++;
	printf("ready %d\n", done);
	fflush(stdout);
	while (!ended)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (argc == 5 && strcmp(argv[1], "pace") == 0)
		return pace(atof(argv[2]), atof(argv[3]), atoi(argv[4]));
	if (argc == 4 && strcmp(argv[1], "cgroups") == 0)
		return cgroups(argv[2], atoi(argv[3]));
	if (argc == 2 && strcmp(argv[1], "names") == 0) {
		for (int kind = 0; kind < KINDS_COUNT; kind++)
			puts(KINDS[kind].name);
		return 0;
	}
	fprintf(stderr, "usage: calls pace RATE SECONDS CPU | names | cgroups FILE ROUNDS\n");
	return 2;
}
