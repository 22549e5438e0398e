// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The load of the benchmark: one thread, pinned to one CPU, that makes the same system calls over
// and over and tells what one of them cost.
//
//   load [-c CPU] [-b BATCHES] [-w] WORKLOAD ITERATIONS   one measurement (-w: first wait for a line on stdin)
//   load [-c CPU]                                         one measurement per line of stdin:
//                                                         "WORKLOAD BATCHES ITERATIONS"
//
// The second form is what run.py uses: a tracer attaches to the sleeping process, then "go" is the
// next line. Each answer is one line: WORKLOAD CALLS MEDIAN MIN, where CALLS is how many calls were
// made in all and MEDIAN and MIN are ns per call over the batches. It ends with stdin.
//
// Between the two clock reads of a batch nothing runs but the calls: no libc wrapper, no errno, no
// cancellation point. The clock is the vDSO's, which no tracer sees.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_BATCHES 1000
#define PATH_FOUND "/etc/hosts"
#define PATH_MISSING "/etc/syscope-bench-no-such-file"

static int zero_fd, null_fd;
static char *spawn_path = "./nop";
static char buffer[128];

static inline long call4(long nr, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#else
	return syscall(nr, a, b, c, d) < 0 ? -errno : 0;
#endif
}

static void fail(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static void do_getppid(void)
{
	call4(SYS_getppid, 0, 0, 0, 0);
}

static void do_rw(void)
{
	if (call4(SYS_read, zero_fd, (long)buffer, sizeof(buffer), 0) != sizeof(buffer) ||
	    call4(SYS_write, null_fd, (long)buffer, sizeof(buffer), 0) != sizeof(buffer))
		fail("read or write");
}

static void do_openclose(void)
{
	long fd = call4(SYS_openat, AT_FDCWD, (long)PATH_FOUND, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		fail("open " PATH_FOUND);
	call4(SYS_close, fd, 0, 0, 0);
}

static void do_stat(void)
{
	struct stat st;

#ifdef SYS_newfstatat
	if (call4(SYS_newfstatat, AT_FDCWD, (long)PATH_FOUND, (long)&st, 0) < 0)
#else
	if (fstatat(AT_FDCWD, PATH_FOUND, &st, 0) < 0)
#endif
		fail("stat " PATH_FOUND);
}

static void do_openfail(void)
{
	if (call4(SYS_openat, AT_FDCWD, (long)PATH_MISSING, O_RDONLY | O_CLOEXEC, 0) >= 0)
		fail(PATH_MISSING " exists");
}

// The child is a static program of one instruction or two (nop.c), so what is timed is process
// creation, exec and exit.
static void do_spawn(void)
{
	char *const argv[] = { spawn_path, NULL }, *const envp[] = { NULL };
	pid_t pid;

	if (posix_spawn(&pid, spawn_path, NULL, NULL, argv, envp) != 0)
		fail("posix_spawn");
	if (waitpid(pid, NULL, 0) != pid)
		fail("waitpid");
}

// A slow, steady stream of events: something for a tracer to show as soon as it can.
static void do_tick(void)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	call4(SYS_getppid, 0, 0, 0, 0);
	nanosleep(&pause, NULL);
}

#define LOOP(call) for (uint64_t i = 0; i < iterations; i++) call()

// One loop per workload, so that the compiler inlines the calls instead of jumping through a pointer.
static void run_getppid(uint64_t iterations) { LOOP(do_getppid); }
static void run_rw(uint64_t iterations) { LOOP(do_rw); }
static void run_openclose(uint64_t iterations) { LOOP(do_openclose); }
static void run_stat(uint64_t iterations) { LOOP(do_stat); }
static void run_openfail(uint64_t iterations) { LOOP(do_openfail); }
static void run_spawn(uint64_t iterations) { LOOP(do_spawn); }
static void run_tick(uint64_t iterations) { LOOP(do_tick); }

static const struct workload {
	const char *name;
	void (*run)(uint64_t iterations);
	int calls; // per iteration; a spawn counts as one
} workloads[] = {
	{ "getppid", run_getppid, 1 },	 { "rw", run_rw, 2 },		  { "openclose", run_openclose, 2 },
	{ "stat", run_stat, 1 },	 { "openfail", run_openfail, 1 }, { "spawn", run_spawn, 1 },
	{ "tick", run_tick, 1 },
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, int batches, uint64_t iterations)
{
	static double cost[MAX_BATCHES];
	const struct workload *w = NULL;

	for (size_t i = 0; i < sizeof(workloads) / sizeof(*workloads); i++)
		if (!strcmp(workloads[i].name, name))
			w = &workloads[i];
	if (!w)
		fail("no such workload");
	if (batches < 1 || batches > MAX_BATCHES || iterations < 1)
		fail("batches must be 1 to 1000, iterations at least 1");

	for (int b = 0; b < batches; b++) {
		uint64_t start = now_ns();

		w->run(iterations);
		cost[b] = (double)(now_ns() - start) / (double)(iterations * w->calls);
	}
	qsort(cost, batches, sizeof(*cost), compare);
	double median = (cost[(batches - 1) / 2] + cost[batches / 2]) / 2;

	printf("%s %llu %.2f %.2f\n", name, (unsigned long long)batches * iterations * w->calls, median,
	       cost[0]);
	fflush(stdout);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fail("cannot pin to that CPU");
}

int main(int argc, char **argv)
{
	int option, batches = 5, wait_for_go = 0;
	char line[256], name[32];
	unsigned long long iterations;

	while ((option = getopt(argc, argv, "c:b:s:w")) != -1) {
		if (option == 'c')
			pin(atoi(optarg));
		else if (option == 'b')
			batches = atoi(optarg);
		else if (option == 's')
			spawn_path = optarg;
		else if (option == 'w')
			wait_for_go = 1;
		else
			fail("usage: load [-c CPU] [-s PROGRAM] [-b BATCHES] [-w] [WORKLOAD ITERATIONS]");
	}
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (zero_fd < 0 || null_fd < 0)
		fail("cannot open /dev/zero and /dev/null");

	if (argc - optind == 2) {
		if (wait_for_go && !fgets(line, sizeof(line), stdin))
			return 0;
		measure(argv[optind], batches, strtoull(argv[optind + 1], NULL, 10));
		return 0;
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%31s %d %llu", name, &batches, &iterations) != 3)
			fail("expected WORKLOAD BATCHES ITERATIONS");
		measure(name, batches, iterations);
	}
	return 0;
}
