// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Clocks, sleeps and timers. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static void clocks(void)
{
	struct timespec moment;
	struct timeval old;
	struct timezone zone;
	struct tms counted;
	time_t seconds;

	/* The C library asks the vDSO, which makes no call. */
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &moment);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &moment);
	syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &moment);
	syscall(SYS_clock_gettime, 99, &moment);
	syscall(SYS_clock_getres, CLOCK_MONOTONIC_COARSE, &moment);
	syscall(SYS_gettimeofday, &old, &zone);
	syscall(SYS_gettimeofday, &old, NULL);
	syscall(SYS_time, &seconds);
	times(&counted);
}

static void sleeps(void)
{
	struct timespec moment = { 0, 1000000 }, bad = { 0, 2000000000 };

	syscall(SYS_nanosleep, &moment, &moment);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
	syscall(SYS_nanosleep, &bad, NULL);
}

static void interval_timers(void)
{
	struct itimerval every = { { 100, 5 }, { 200, 6 } }, old;
	struct itimerspec precise = { { 100, 5 }, { 200, 6 } }, remaining;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGUSR1,
				  .sigev_value.sival_int = 7 };
	uint64_t expirations;
	timer_t timer;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	setitimer(ITIMER_REAL, &every, NULL);
	getitimer(ITIMER_REAL, &old);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, &old);
	setitimer(ITIMER_PROF, &every, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &precise, NULL);
	timer_gettime(timer, &remaining);
	timer_getoverrun(timer);
	timer_delete(timer);
	timerfd_settime(fd, 0, &precise, NULL);
	timerfd_gettime(fd, &remaining);
	precise = (struct itimerspec){ .it_value = { 0, 1 } };
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &precise, &remaining);
	(void)!read(fd, &expirations, sizeof expirations);
	alarm(0);
}

int main(void)
{
	clocks();
	sleeps();
	interval_timers();
	return 0;
}
