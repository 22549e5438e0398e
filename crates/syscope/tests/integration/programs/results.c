// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Results that need care; each is said as the program got it, before the C library made -1 and errno of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static long raw(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third)
			 : "rcx", "r11", "memory");
	return result;
}

static volatile sig_atomic_t handled;
static long long restored[8];

static void note_register(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	restored[handled] = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX];
	handled++;
}

/* What rt_sigreturn "returns" is what the interrupted code had in its register, and the handler can see it. */
static void handlers(void)
{
	static const long values[] = { 0x12345678, 0x7fff00001111, -2, 0 };
	struct sigaction action = { .sa_sigaction = note_register, .sa_flags = SA_SIGINFO };
	struct itimerval soon = { .it_value = { 0, 10000 } };

	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < 4; i++) {
		long value = values[i];

		setitimer(ITIMER_REAL, &soon, NULL);
		while (handled == i)
			__asm__ volatile("pause" : "+a"(value));
	}
	for (int i = 0; i < handled; i++)
		printf("restored %lld\n", restored[i]);
}

/* Waits until `pid` sleeps in the call `number`. */
static void wait_until_in(pid_t pid, int number)
{
	char path[64], text[64];
	int found = -1;

	snprintf(path, sizeof path, "/proc/%d/syscall", pid);
	while (found != number) {
		FILE *file = fopen(path, "r");

		if (!file || !fgets(text, sizeof text, file) || sscanf(text, "%d", &found) != 1)
			found = -1;
		if (file)
			fclose(file);
		usleep(1000);
	}
}

static int ack[2];

static void acknowledge(int signal)
{
	(void)signal;
	(void)!write(ack[1], "a", 1);
}

/* A read that three handled signals interrupt and that is made again each time. */
static void restart(void)
{
	struct sigaction action = { .sa_handler = acknowledge, .sa_flags = SA_RESTART };
	int ends[2], rounds = 3;
	char byte;
	pid_t child;

	(void)!pipe(ends);
	(void)!pipe(ack);
	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	if (child == 0) {
		printf("read %ld\n", raw(SYS_read, ends[0], (long)&byte, 1));
		exit(0);
	}
	printf("child %d\n", child);
	printf("interrupted %d\n", rounds);
	while (rounds--) {
		wait_until_in(child, SYS_read);
		kill(child, SIGUSR1);
		(void)!read(ack[0], &byte, 1);
	}
	wait_until_in(child, SYS_read);
	(void)!write(ends[1], "x", 1);
	waitpid(child, NULL, 0);
}

/* A sleep that goes on by restart_syscall after a stop. */
static void sleeping(void)
{
	struct timespec time = { 0, 500000000 };
	pid_t child = fork();
	int status;

	if (child == 0) {
		printf("nanosleep %ld\n", raw(SYS_nanosleep, (long)&time, 0, 0));
		exit(0);
	}
	printf("child %d\n", child);
	wait_until_in(child, SYS_nanosleep);
	kill(child, SIGSTOP);
	waitpid(child, &status, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, &status, 0);
}

static void high(void)
{
	static const unsigned long offsets[] = {
		0x7fffffff,	    0x80000000,		0xfffff000, 0xfffffffe,		0xffffffff,
		0xffffffffff600000, 0xffffffffffffefff, -4095UL,    0x7fffffffffffffff,
	};
	int memory = open("/proc/self/mem", O_RDONLY);

	for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
		printf("lseek %ld\n", raw(SYS_lseek, memory, offsets[i], SEEK_SET));
	printf("lseek %ld\n", raw(SYS_lseek, -1, 0, SEEK_SET));
}

static void forks(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	static const long numbers[] = { SYS_fork, SYS_clone, SYS_clone3, SYS_fork };

	for (int i = 0; i < 4; i++) {
		long first = numbers[i] == SYS_clone3 ? (long)&args : SIGCHLD;
		long child = raw(numbers[i], first, numbers[i] == SYS_clone3 ? sizeof args : 0, 0);

		if (child == 0)
			_exit(0);
		printf("child %ld\n", child);
		waitpid(child, NULL, 0);
	}
}

static long int80(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* 32-bit calls from 64-bit code, between 64-bit calls. Numbers mean other calls there. */
static void compat(void)
{
	int memory = memfd_create("", 0);

	printf("32 getpid %ld\n", int80(20, 0, 0, 0));
	printf("64 getppid %ld\n", raw(SYS_getppid, 0, 0, 0));
	printf("32 getpgid %ld\n", int80(132, 4000000, 0, 0));
	printf("32 lseek %ld\n", int80(19, memory, 0x7fffffff, SEEK_SET));
	printf("64 getpgid %ld\n", raw(SYS_getpgid, 4000000, 0, 0));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "handlers", handlers }, { "restart", restart }, { "sleeping", sleeping },
		{ "high", high },	  { "forks", forks },	  { "compat", compat },
	};

	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
		if (!strcmp(argv[1], modes[i].name)) {
			modes[i].run();
			return 0;
		}
	return 2;
}
